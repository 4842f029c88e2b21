"""Who is told of an interview, and how: calendars of ours and of the candidate, and the bell in the admin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from candidates.models import CandidateEmail
from hrassist import notifications
from hrassist.lib import local_time
from hrassist.models import Notification
from jobs.actions import messages
from jobs.calendars import invitations
from jobs.emails.placeholders import first_name
from jobs.emails.render import render
from jobs.models import CalendarInvitation, EmailTemplate, Interview
from jobs.tasks import send_calendar_invitation

if TYPE_CHECKING:
    from hrassist.models import User

Method = CalendarInvitation.Method


def to_interviewers(
    interview: Interview, users: Iterable[User], *, method: str, sentence: str, by: User, now: datetime
) -> None:
    """Put the calendar mail of each on its way and ring the bell; whoever did it themselves gets the mail alone."""
    told = list(users)
    rows = CalendarInvitation.objects.bulk_create(
        CalendarInvitation(interview=interview, user=user, method=method, sequence=interview.sequence, created_at=now)
        for user in told
        if user.email
    )
    for row in rows:
        send_calendar_invitation.defer(invitation_id=str(row.pk))
    made = notifications.tell(
        users=told, kind=Notification.Kind.INTERVIEW, text=sentence, url=page(interview), now=now,
        subject=interview.application.candidate_id, by=by,
    )  # fmt: skip
    # The calendar mail says the same: a second one about it would only be noise.
    mailed = [one.pk for one in made if any(row.user_id == one.user_id for row in rows)]
    Notification.objects.filter(pk__in=mailed).update(mailed_at=now)


def to_candidate(interview: Interview, *, cancelled: bool, word: str, by: User, now: datetime) -> None:
    """Queue the mail with the calendar object as attachment. Raises messages.NoAddress."""
    application = interview.application
    candidate = application.candidate
    subject, body, template = _mail(interview, cancelled=cancelled, word=word, by=by)
    address = candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk").first()
    if address is None:
        raise messages.NoAddress
    content = invitations.for_candidate(
        interview, name=candidate.full_name, address=address.address, cancelled=cancelled, now=now
    )
    method = "CANCEL" if cancelled else "REQUEST"
    messages.queue(
        candidate=candidate, subject=subject, body=body, by=by, now=now, application=application, template=template,
        to=address.address,
        attachments=[{"filename": invitations.FILENAME, "content_type": invitations.content_type(method),
                      "text": content}],
    )  # fmt: skip


def page(interview: Interview) -> str:
    return reverse("admin:jobs_interview_change", args=[interview.pk])


def _mail(interview: Interview, *, cancelled: bool, word: str, by: User) -> tuple[str, str, EmailTemplate | None]:
    """Subject and text to the candidate: the first template for interviews that can be filled, or our own words."""
    application = interview.application
    title = application.job.title
    greeting = f"Dear {first_name(application.candidate.full_name)}"
    when = local_time.span(interview.starts_at, interview.ends_at, zone_name=interview.time_zone)
    if cancelled:
        body = (
            f"{greeting},\n\nthis meeting does not take place:\n\n{interview.title}\n{when}\n\n{word}\n\n"
            f"Your calendar removes it with the attached file.\n\nKind regards\n{by.display_name}"
        )
        return f"Cancelled: {interview.title} for {title}", _tidy(body), None
    changed = "" if interview.sequence == 0 else "Changed: "
    template = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.INTERVIEW, active=True).order_by("pk").first()
    if template is not None:
        mail = render(
            template, candidate=application.candidate, application=application, interview=interview, sender=by
        )
        if not mail.missing:
            return changed + mail.subject, mail.body, template
    body = (
        f"{greeting},\n\nwe would like to meet you.\n\n{when}\n{interview.place}\n\n{interview.note_to_candidate}\n\n"
        f"Kind regards\n{by.display_name}"
    )
    return f"{changed}Interview for {title}", _tidy(body), None


def _tidy(body: str) -> str:
    """Without the holes that empty values leave."""
    return re.sub(r"\n{3,}", "\n\n", body).strip()


def about(interview: Interview) -> dict[str, Any]:
    """What every event of an interview names."""
    return {"target": interview, "subject": interview.application.candidate_id, "job": interview.application.job_id}
