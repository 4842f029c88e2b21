"""Who waits for a reviewer's decision, in which order, and how far the reviewer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from jobs.models import Application, HiringTeamMember, HumanDecision, Job, RankingOptOut, Stage

LOOKED_AHEAD, COUNTED = 1_000, 1_000
REVIEWED = (Stage.Kind.APPLIED, Stage.Kind.SCREEN)
# Decisions of one sitting count as done; after a night the count begins anew.
SITTING = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose applications: of one job, of one's own jobs (the usual), or of every job one sees."""

    job: Job | None = None
    everything: bool = False
    # Only those who asked to be read without a ranking.
    human: bool = False

    @property
    def query(self) -> str:
        of_jobs = f"job={self.job.pk}" if self.job else "job=all" if self.everything else ""
        return "&".join(part for part in (of_jobs, "human=1" if self.human else "") if part)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an application stands in the queue: its number of `total`, and its neighbours."""

    number: int
    total: int
    previous: UUID | None
    following: UUID | None


def waiting(user: Any, scope: Scope) -> Any:
    """Active applications at the first steps without a decision of this user that stands, longest waiting first."""
    rows = Application.objects.visible_to(user).active().filter(stage_kind__in=REVIEWED)
    mine = HumanDecision.objects.standing().filter(application=OuterRef("pk"), by=user.pk)
    return _within(rows, user, scope).filter(~Exists(mine)).order_by("entered_stage_at", "pk")


def _within(rows: Any, user: Any, scope: Scope) -> Any:
    if scope.human:
        standing = RankingOptOut.objects.standing().filter(candidate=OuterRef("candidate"))
        rows = rows.filter(Exists(standing.filter(Q(job__isnull=True) | Q(job=OuterRef("job")))))
    if scope.job is not None:
        return rows.filter(job=scope.job)
    if scope.everything:
        return rows
    return rows.filter(job__in=HiringTeamMember.objects.filter(user=user.pk).values("job"))


def count(user: Any) -> int:
    """How many wait in the jobs of this user; beyond a thousand nobody reads the exact number."""
    return int(waiting(user, Scope()).order_by()[:COUNTED].count())


def place_of(application: Application | None, *, user: Any, scope: Scope, now: datetime) -> tuple[Place, UUID | None]:
    """The place of this application, or of the first that waits; and which one that is."""
    keys = list(waiting(user, scope).values_list("pk", flat=True)[:LOOKED_AHEAD])
    done = _within(
        Application.objects.visible_to(user).filter(
            decisions__by=user.pk, decisions__undone_at__isnull=True, decisions__at__gt=now - SITTING
        ),
        user,
        scope,
    ).count()
    shown = application.pk if application else keys[0] if keys else None
    total = done + len(keys)
    if shown not in keys:
        return Place(number=done, total=total, previous=None, following=keys[0] if keys else None), shown
    at = keys.index(shown)
    return (
        Place(
            number=done + at + 1,
            total=total,
            previous=keys[at - 1] if at else None,
            following=keys[at + 1] if at + 1 < len(keys) else None,
        ),
        shown,
    )


def jobs_with_waiting(user: Any) -> list[Job]:
    """The jobs one may choose from: one's own first."""
    mine = HiringTeamMember.objects.filter(job=OuterRef("pk"), user=user.pk)
    jobs = Job.objects.visible_to(user).filter(status__in=[Job.Status.OPEN, Job.Status.ON_HOLD])
    return list(jobs.annotate(mine=Exists(mine)).order_by("-mine", "title")[:100])
