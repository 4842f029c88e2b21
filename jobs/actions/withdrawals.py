"""What ends in hiring when somebody takes a consent back: mail that rested on it, and the application itself."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from audit import actions as audit
from candidates.models import ConsentRecord
from hrassist import notifications
from hrassist.models import Notification
from jobs.models import Application, HiringTeamMember, Message

Purpose = ConsentRecord.Purpose


def ends(consent: ConsentRecord, now: datetime) -> None:
    """Called in the transaction of the withdrawal."""
    if consent.purpose in {Purpose.TALENT_POOL, Purpose.CONTACT}:
        _stop_mail(consent)
    if consent.purpose == Purpose.APPLICATION:
        _tell_recruiters(consent, now=now)


def _stop_mail(consent: ConsentRecord) -> None:
    # Mail about other jobs is what has no application behind it.
    waiting = Message.objects.queued().filter(candidate=consent.candidate_id, application__isnull=True)
    for message in waiting.select_for_update(of=("self",)):
        message.state = Message.State.CANCELLED
        message.save(update_fields=["state"])
        audit.record("message.cancelled", target=message, subject=consent.candidate_id, reason_code="consent_withdrawn")


def _tell_recruiters(consent: ConsentRecord, *, now: datetime) -> None:
    active = Application.objects.active().filter(candidate=consent.candidate_id).select_related("job", "candidate")
    for one in active.filter(job=consent.job_ref) if consent.job_ref else active:
        team = one.job.team.filter(role=HiringTeamMember.Role.RECRUITER).select_related("user")
        notifications.tell(
            users=[member.user for member in team],
            kind=Notification.Kind.PRIVACY,
            text=f"{one.candidate} withdrew their consent: end the application for {one.job}",
            url=reverse("admin:jobs_application_change", args=[one.pk]),
            now=now,
            subject=consent.candidate_id,
            job=one.job_id,
        )
