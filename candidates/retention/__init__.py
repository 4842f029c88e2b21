"""How long people are kept: pure rules, the facts they judge, and who falls due."""

from candidates.retention.engine import Fact, Rule, Timeline, Verdict, judge, minimum, shift
from candidates.retention.facts import rules, tell, tell_contacts, timelines

__all__ = [
    "Fact",
    "Rule",
    "Timeline",
    "Verdict",
    "judge",
    "minimum",
    "rules",
    "shift",
    "tell",
    "tell_contacts",
    "timelines",
]
