"""The mail that brings an interview into a colleague's calendar."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from hrassist.lib import local_time, mail
from jobs.calendars.invitations import FILENAME, Attendee, content_type, for_interviewers
from jobs.models import CalendarInvitation, Interview

Method = CalendarInvitation.Method


def send(invitation_id: str, *, now: datetime) -> None:
    """Send it if it still waits and nothing later overtook it. Raises MailUnavailable, after which it waits on."""
    # Locked while it is sent: two workers with the same task must not both write.
    with transaction.atomic():
        one = (
            CalendarInvitation.objects.select_for_update(of=("self",))
            .select_related("user", "interview__created_by", "interview__application__candidate",
                            "interview__application__job")
            .filter(pk=invitation_id, settled_at__isnull=True)
            .first()
        )  # fmt: skip
        if one is None:
            return
        later = CalendarInvitation.objects.filter(interview=one.interview_id, user=one.user_id)
        if one.user.email and not later.filter(sequence__gt=one.sequence).exists():
            try:
                mail.send(_outgoing(one))
            except mail.MailRefused as error:
                one.failed_for = error.message[:300]
        one.settled_at = now
        one.save(update_fields=["settled_at", "failed_for"])


def _outgoing(one: CalendarInvitation) -> mail.Outgoing:
    interview, cancelled = one.interview, one.method == Method.CANCEL
    others = [
        Attendee(met.user.display_name, met.user.email, met.response)
        for met in interview.interviewers.select_related("user").order_by("pk")
        if met.user.email
    ]
    # Somebody who was taken out gets a cancellation with themselves in it, and no word on who stays (RFC 5546 3.2.5).
    attendees = others if any(met.address == one.user.email for met in others) else [
        Attendee(one.user.display_name, one.user.email)
    ]  # fmt: skip
    page = page_address(interview)
    content = for_interviewers(
        interview, attendees=attendees, page=page, cancelled=cancelled, sequence=one.sequence, now=one.created_at
    )
    when = local_time.span(interview.starts_at, interview.ends_at, zone_name=interview.time_zone)
    person = interview.application.candidate.full_name
    said = "Cancelled: " if cancelled else "" if one.sequence == 0 else "Changed: "
    lines = [f"{interview.title} with {person} for {interview.application.job.title}", when]
    theirs = local_time.or_utc(one.user.time_zone)
    if not local_time.same_clock(interview.time_zone, theirs, at=interview.starts_at):
        lines.append(local_time.span(interview.starts_at, interview.ends_at, zone_name=theirs))
    if interview.place:
        lines.append(interview.place)
    lines.append("\nYou need not keep this time any longer." if cancelled else f"\nPlan, resume and scorecard: {page}")
    return mail.Outgoing(
        to=one.user.email,
        subject=f"{said}{interview.title} with {person}",
        text="\n".join(lines),
        reply_to=interview.created_by.email,
        attachments=[
            mail.Attachment(
                filename=FILENAME,
                content_type=content_type("CANCEL" if cancelled else "REQUEST"),
                content=content.encode(),
            )
        ],
    )


def page_address(interview: Interview) -> str:
    """The address of its page, for a mail."""
    path = reverse("admin:jobs_interview_change", args=[interview.pk])
    return f"{settings.PUBLIC_URL}{path}"
