"""Who wants to be read by people only: for one job or for all, as often as they change their mind."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from candidates.models import Candidate, Channel
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.models import Application, HiringTeamMember, Job, Match, MatchEvidence, RankingOptOut

if TYPE_CHECKING:
    from hrassist.models import User


@transaction.atomic
def opt_out(
    *, candidate: Candidate, channel: str, now: datetime, job: Job | None = None, by: User | None = None
) -> RankingOptOut:
    """Leave somebody out of rankings from now on, and out of those that are stored; doing it again changes nothing.

    Their application stays where it is, and the recruiters of its job are told that a person must read it. Raises
    DomainError without the way in which they said so.
    """
    _require_channel(channel)
    candidate = _locked(candidate)
    standing = RankingOptOut.objects.standing().filter(candidate=candidate, job=job).first()
    if standing is not None:
        return standing
    made = RankingOptOut.objects.create(candidate=candidate, job=job, channel=channel, by=by, at=now)
    _leave_stored_rankings(candidate, job)
    audit.record("ranking.opted_out", target=made, by=by, subject=candidate, job=job, channel=channel)
    for application in _affected(candidate, job):
        team = application.job.team.filter(role=HiringTeamMember.Role.RECRUITER).select_related("user")
        notifications.tell(
            users=[one.user for one in team],
            kind=Notification.Kind.APPLICATION,
            text=f"{candidate} is to be read without a ranking",
            url=reverse("admin:jobs_application_change", args=[application.pk]),
            now=now,
            subject=candidate,
            job=application.job_id,
            by=by,
        )
    return made


@transaction.atomic
def opt_in(
    *, candidate: Candidate, channel: str, now: datetime, job: Job | None = None, by: User | None = None
) -> RankingOptOut | None:
    """Take an opt-out back; the next ranking looks at the person again. None without one. Raises as `opt_out`."""
    _require_channel(channel)
    candidate = _locked(candidate)
    row = RankingOptOut.objects.standing().filter(candidate=candidate, job=job).first()
    if row is None:
        return None
    row.ended_at, row.ended_channel, row.ended_by = now, channel, by
    row.save(update_fields=["ended_at", "ended_channel", "ended_by"])
    audit.record("ranking.opted_in", target=row, by=by, subject=candidate, job=job, channel=channel)
    return row


def _require_channel(channel: str) -> None:
    if channel not in Channel.values:
        raise DomainError("Say how they told you.", code="no_channel")


def _locked(candidate: Candidate) -> Candidate:
    row = Candidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
    if row.merged_into_id is not None:
        raise Conflict("This record was merged into another one. Use that one.", code="candidate_merged")
    return row


def _leave_stored_rankings(candidate: Candidate, job: Job | None) -> None:
    # What a ranking said about them is what they object to; a decision that was taken with it keeps its own record.
    places = Match.objects.filter(candidate=candidate)
    if job is not None:
        places = places.filter(run__job=job)
    undecided = places.filter(decisions__isnull=True)
    MatchEvidence.objects.filter(match__in=undecided).delete()
    undecided.delete()


def _affected(candidate: Candidate, job: Job | None) -> list[Application]:
    rows = Application.objects.active().filter(candidate=candidate).select_related("job")
    return list(rows.filter(job=job) if job is not None else rows)
