"""Mail to candidates: queued in the same transaction as what it tells of, sent by a task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import Application, EmailTemplate, Message
from jobs.tasks import send_message

if TYPE_CHECKING:
    from hrassist.models import User


class NoAddress(DomainError):
    """Nothing to write to."""

    code = "no_address"
    default_message = "This person has no current e-mail address. Add one first."


class MailLeft(Conflict):
    """A mail that was sent cannot be taken back."""

    code = "mail_left"
    default_message = "The mail to this person has left ({state}). Bring them back by hand and write to them again."


@transaction.atomic
def queue(
    *,
    candidate: Candidate,
    subject: str,
    body: str,
    by: User,
    now: datetime,
    application: Application | None = None,
    template: EmailTemplate | None = None,
    to: str = "",
    attachments: Sequence[dict[str, str]] = (),
    send_at: datetime | None = None,
) -> Message:
    """Put a mail on its way, in the caller's transaction; with `send_at` it can be taken back until then.

    `attachments` are {filename, content_type} with `key` (an object in the store) or `text`. `to` must be a current
    address of the person, by default the first. Raises NoAddress; DomainError for an empty subject or text.
    """
    if not subject.strip() or not body.strip():
        raise DomainError("A mail has a subject and a text.", code="empty_mail",
                          fields={"subject": ["Write something."]} if not subject.strip() else
                          {"body": ["Write something."]})  # fmt: skip
    current = [
        one.address
        for one in candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk")
        if not to or one.address == to.strip().lower()
    ]
    if not current:
        raise NoAddress
    message = Message.objects.create(
        candidate=candidate, application=application, template=template, to=current[0],
        subject=" ".join(subject.split())[:200], body=body.strip(), attachments=list(attachments),
        send_at=send_at or now, by=by, created_at=now,
    )  # fmt: skip
    about: dict[str, Any] = {"template": template.pk if template else None}
    audit.record("message.queued", target=message, by=by, subject=candidate,
                 job=application.job_id if application else None, **about)  # fmt: skip
    send_message.configure(schedule_at=message.send_at if message.send_at > now else None).defer(
        message_id=str(message.pk)
    )
    return message


@transaction.atomic
def take_back(*, message: Message, by: User, now: datetime) -> Message:
    """Keep a mail that still waits from being sent. Raises MailLeft when it is too late."""
    # Who sends it holds the row while it is sent, so this waits and then sees how it went.
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if not message.can_move(Message.State.CANCELLED):
        raise MailLeft(state=message.get_state_display().lower())
    message.state = Message.State.CANCELLED
    message.save(update_fields=["state"])
    audit.record("message.cancelled", target=message, by=by, subject=message.candidate_id,
                 job=message.application.job_id if message.application else None)  # fmt: skip
    return message
