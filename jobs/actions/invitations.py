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
from jobs.models import CalendarInvitation, EmailTemplate, Interview
from jobs.tasks import send_calendar_invitation

if TYPE_CHECKING:
    from hrassist.models import User

Method = CalendarInvitation.Method
_PLACEHOLDER = re.compile(r"{{\s*([a-z_.]+)\s*}}")


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


def values(interview: Interview, *, by: User) -> dict[str, str]:
    """What the placeholders of an interview's mail stand for."""
    candidate = interview.application.candidate
    return {
        "candidate.first_name": candidate.full_name.split()[0],
        "candidate.name": candidate.full_name,
        "job.title": interview.application.job.title,
        "interview.when": local_time.span(interview.starts_at, interview.ends_at, zone_name=interview.time_zone),
        "interview.place": interview.place,
        "interview.note": interview.note_to_candidate,
        "sender.name": by.display_name,
    }


def _mail(interview: Interview, *, cancelled: bool, word: str, by: User) -> tuple[str, str, EmailTemplate | None]:
    """Subject and text to the candidate: the first template for interviews, or our own words."""
    known = values(interview, by=by)
    if cancelled:
        body = (
            f"Dear {known['candidate.first_name']},\n\nthis meeting does not take place:\n\n{interview.title}\n"
            f"{known['interview.when']}\n\n{word}\n\nYour calendar removes it with the attached file.\n\n"
            f"Kind regards\n{known['sender.name']}"
        )
        return f"Cancelled: {interview.title} for {known['job.title']}", _tidy(body), None
    template = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.INTERVIEW, active=True).order_by("pk").first()
    changed = "" if interview.sequence == 0 else "Changed: "
    if template is None:
        body = (
            f"Dear {known['candidate.first_name']},\n\nwe would like to meet you.\n\n{known['interview.when']}\n"
            f"{interview.place}\n\n{interview.note_to_candidate}\n\nKind regards\n{known['sender.name']}"
        )
        return f"{changed}Interview for {known['job.title']}", _tidy(body), None
    return changed + _filled(template.subject, known), _tidy(_filled(template.body, known)), template


def _filled(words: str, known: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], ""), words)


def _tidy(body: str) -> str:
    """Without the holes that empty values leave."""
    return re.sub(r"\n{3,}", "\n\n", body).strip()


def about(interview: Interview) -> dict[str, Any]:
    """What every event of an interview names."""
    return {"target": interview, "subject": interview.application.candidate_id, "job": interview.application.job_id}
