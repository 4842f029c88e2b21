"""Interviews of somebody who is erased: they do not take place, and the calendars of our own people are told so."""

from __future__ import annotations

from candidates.models import erasing
from candidates.models.erasing import Person
from jobs.models import CalendarInvitation, Interview
from jobs.tasks import send_calendar_invitation


def call_off(person: Person) -> dict[str, int]:
    """Cancel what is planned; the mail is written when it is sent, and by then names nobody."""
    planned = Interview.objects.scheduled().filter(application__candidate__in=person.ids, ends_at__gt=person.now)
    count = 0
    for one in planned.select_for_update(of=("self",)).prefetch_related("interviewers__user").order_by("pk"):
        one.status, one.sequence = Interview.Status.CANCELLED, one.sequence + 1
        one.save(update_fields=["status", "sequence", "updated_at"])
        rows = CalendarInvitation.objects.bulk_create(
            CalendarInvitation(
                interview=one, user=met.user, method=CalendarInvitation.Method.CANCEL, sequence=one.sequence,
                created_at=person.now,
            )
            for met in one.interviewers.all()
            if met.user.email
        )  # fmt: skip
        for row in rows:
            send_calendar_invitation.defer(invitation_id=str(row.pk))
        count += 1
    return {"interviews called off": count}


def register() -> None:
    erasing.stop(call_off)
