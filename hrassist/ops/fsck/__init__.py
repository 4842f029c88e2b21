"""Whether this installation holds what it promises: invariants I1 to I12, each with its check and its repair.

It is the judge of every restore, drill and chaos test, and it runs nightly.
"""

from hrassist.ops.fsck.judge import INVARIANTS, Verdict, judge

__all__ = ["INVARIANTS", "Verdict", "judge"]
