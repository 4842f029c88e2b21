"""The notice after a rejection, where the law of a place asks for one: reasons in plain words, and what one can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from candidates.actions import notices
from candidates.models import CandidateEmail, Channel, Notice
from jobs.actions import job_notices, own_page
from jobs.matching import lawful
from jobs.models import Application, EmailTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What the person is told of a step: it leaves at `send_at` and can be taken back until then."""

    subject: str
    body: str
    send_at: datetime | None = None
    template: EmailTemplate | None = None


def added(application: Application, mail: Mail | None, *, now: datetime) -> Mail | None:
    """The mail of a rejection with the notice behind it; the notice alone where there is no mail but an address."""
    text = text_for(application, now=now)
    if text is None:
        return mail
    notice, body = text
    if mail is None:
        known = application.candidate.emails.filter(status=CandidateEmail.Status.CURRENT)
        if not known.exists():
            return None
        mail = Mail(subject=f"{settings.COMPANY_NAME}: {notice.title}", body="")
    notices.deliver(
        candidate=application.candidate, notice=notice, channel=Channel.MAIL, at=now, job=application.job_id
    )
    return replace(mail, body="\n\n".join(part for part in (mail.body.strip(), f"{notice.title}\n\n{body}") if part))


def text_for(application: Application, *, now: datetime) -> tuple[Notice, str] | None:
    """The notice and its text; None where no place asks for one or no ranking was made of the person."""
    places = lawful.of_person_and_job(application.candidate, application.job)
    place = next((one for one in places if one.post_adverse), None)
    explanation = own_page.explanation_of(application) if place is not None else None
    if place is None or explanation is None:
        return None
    notice = notices.standing(Notice.Kind.POST_ADVERSE, place.code, "en", now=now)
    values = job_notices.values(place, job=application.job, reasons=own_page.in_words(explanation))
    return notice, notices.shown(notice, values)
