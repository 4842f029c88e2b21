"""Whether this installation holds what it promises: invariants I1 to I12, each with its check and its repair.

It is the judge of every restore and drill; run it as often as you like, it only reads until it is told to repair.
"""

from hrassist.ops.fsck.judge import INVARIANTS, Verdict, judge

__all__ = ["INVARIANTS", "Verdict", "judge"]
