"""How often people decide otherwise than a ranking would suggest: whether it is they who decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, FloatField, Q
from django.db.models.functions import Cast

from jobs.models import HumanDecision

Verdict = HumanDecision.Verdict


@dataclass(frozen=True, slots=True)
class Overrides:
    """Decisions with a ranking before the reviewer, and those of them that went against it.

    Against: rejected out of the best third, or shortlisted out of the last third of those who were ranked.
    """

    decided: int
    against: int
    rejected_from_top: int
    shortlisted_from_bottom: int

    @property
    def rate(self) -> float | None:
        return self.against / self.decided if self.decided else None


def overrides(*, since: datetime, until: datetime) -> Overrides:
    """Over all standing decisions of a time, in one query."""
    rows = HumanDecision.objects.standing().filter(at__gte=since, at__lt=until, match__isnull=False)
    placed = rows.exclude(match__run__ranked=0).annotate(
        part=Cast(F("match__rank"), FloatField()) / Cast(F("match__run__ranked"), FloatField())
    )
    found = placed.aggregate(
        decided=Count("pk"),
        top=Count("pk", filter=Q(verdict=Verdict.REJECT, part__lte=1 / 3)),
        bottom=Count("pk", filter=Q(verdict=Verdict.SHORTLIST, part__gt=2 / 3)),
    )
    return Overrides(found["decided"], found["top"] + found["bottom"], found["top"], found["bottom"])
