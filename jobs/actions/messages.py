"""Mail to candidates: queued in the same transaction as what it tells of, sent by a task, followed until it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit import actions as audit
from candidates.actions import contacts
from candidates.models import Candidate, CandidateEmail, ConsentRecord
from hrassist.lib.errors import Conflict, DomainError
from jobs.emails import deliver
from jobs.emails.render import require_filled
from jobs.emails.reports import Report, Verdict
from jobs.models import Application, EmailTemplate, Message, Offer
from jobs.tasks import send_message

if TYPE_CHECKING:
    from hrassist.models import User

State = Message.State
UNDO_WINDOW = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=90)


class NoAddress(DomainError):
    """Nothing to write to."""

    code = "no_address"
    default_message = "This person has no current e-mail address. Add one first."


class NotWished(DomainError):
    """They do not want to hear of other jobs."""

    code = "not_wished"
    default_message = "This person withdrew their consent: they do not want mail about other jobs."


class TooManyMails(DomainError):
    """Somebody's mails of a day are used up."""

    code = "too_many_mails"
    status = 429
    default_message = "You have written {count} mails within 24 hours, which is the most one may. Go on tomorrow."


class TooLate(Conflict):
    """The mail has left, or leaves at this moment."""

    code = "too_late"
    default_message = "It is too late to take this mail back: it is {state}."


@transaction.atomic
def queue(
    *,
    candidate: Candidate,
    subject: str,
    body: str,
    by: User,
    now: datetime,
    application: Application | None = None,
    offer: Offer | None = None,
    template: EmailTemplate | None = None,
    to: str = "",
    attachments: Sequence[dict[str, str]] = (),
    send_at: datetime | None = None,
    key: UUID | None = None,
) -> Message:
    """Put a mail on its way, in the caller's transaction; with `send_at` it can be taken back until then.

    `attachments` are {filename, content_type} with `key` (an object in the store) or `text`. `to` must be a current
    address of the person, by default the first. With `offer` only those read it who may see the offer. The same `key`
    twice gives the message of the first time. Raises NoAddress, TooManyMails, Unfilled for a placeholder that is left;
    DomainError for an empty subject or text.
    """
    if key is not None and (earlier := Message.objects.filter(pk=key).first()):
        return earlier
    _require_text(subject, body)
    if send_at is not None and send_at > now + LONGEST_WAIT:
        raise DomainError("A mail can wait 90 days at most.", code="too_far",
                          fields={"send_at": ["Choose an earlier day."]})  # fmt: skip
    if application is None and offer is None:
        _require_wish(candidate)
    _require_within_the_day(by, now=now)
    message = Message.objects.create(
        **({"pk": key} if key else {}),
        candidate=candidate, application=application, offer=offer, template=template, to=_address(candidate, to),
        subject=" ".join(subject.split())[:200], body=body.strip(), attachments=list(attachments),
        send_at=send_at or now, by=by, created_at=now,
    )  # fmt: skip
    _put_down("message.queued", message, by=by, template=template.pk if template else None)
    _send_in_time(message, now=now)
    return message


@transaction.atomic
def take_back(*, message: Message, by: User, now: datetime) -> Message:
    """Stop a mail that still waits. Raises TooLate."""
    message = _locked(message, by)
    if not message.can_move(State.CANCELLED):
        raise TooLate(state=message.get_state_display().lower())
    del now
    message.state = State.CANCELLED
    message.save(update_fields=["state"])
    _put_down("message.cancelled", message, by=by)
    return message


@transaction.atomic
def retry(*, message: Message, by: User, now: datetime) -> Message:
    """Send a mail again that was not sent or perhaps not; if its address is no longer current, to the one that is.

    Raises NoAddress; Conflict in any other state.
    """
    message = _locked(message, by)
    message.require_move(State.QUEUED)
    try:
        message.to = _address(message.candidate, message.to)
    except NoAddress:
        message.to = _address(message.candidate, "")
    message.state, message.send_at, message.claimed_at = State.QUEUED, now, None
    message.failed_at, message.failed_for = None, ""
    message.save(update_fields=["to", "state", "send_at", "claimed_at", "failed_at", "failed_for"])
    _put_down("message.retried", message, by=by)
    _send_in_time(message, now=now)
    return message


@transaction.atomic
def mark_sent(*, message: Message, by: User, now: datetime) -> Message:
    """Somebody found out that an unclear mail did leave."""
    message = _locked(message, by)
    message.require_move(State.SENT)
    message.state, message.sent_at = State.SENT, message.claimed_at or now
    message.failed_at, message.failed_for = None, ""
    message.save(update_fields=["state", "sent_at", "failed_at", "failed_for"])
    _put_down("message.marked_sent", message, by=by)
    return message


@transaction.atomic
def record_bounce(*, report: Report, now: datetime) -> Message | None:
    """Write down what a mail system reported about a mail of ours; None for one that is not ours.

    Reports come from strangers: one counts only for the address that the mail went to, and only once. A wrong address
    is no longer offered to anybody; a late mail is only put on record.
    """
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("by", "candidate", "application")
        .filter(pk=report.message)
        .first()
    )
    if message is None or report.recipient not in {"", message.to.lower()}:
        return None
    if report.verdict == Verdict.LATE:
        _put_down("message.delayed", message)
        return message
    if not message.can_move(State.BOUNCED):
        return message
    message.state, message.bounced_at, message.bounced_for = State.BOUNCED, now, report.why[:300] or "refused"
    message.save(update_fields=["state", "bounced_at", "bounced_for"])
    wrong = report.verdict == Verdict.WRONG_ADDRESS
    if wrong:
        contacts.mark_address_invalid(address=message.to, now=now)
    _put_down("message.bounced", message, wrong_address=wrong)
    deliver.tell_sender(message, now=now)
    return message


def left_today(by: User, *, now: datetime) -> int:
    """How many mails this user may still write within these 24 hours."""
    since = Message.objects.filter(by=by, created_at__gt=now - timedelta(hours=24), created_at__lte=now)
    return max(settings.MAIL_PER_SENDER_DAY - since.exclude(state=State.CANCELLED).count(), 0)


def _require_wish(candidate: Candidate) -> None:
    """Raises NotWished where the latest word on being written to, or kept for later jobs, is no."""
    purposes = [ConsentRecord.Purpose.CONTACT, ConsentRecord.Purpose.TALENT_POOL]
    said = ConsentRecord.objects.filter(candidate=candidate, purpose__in=purposes).order_by("-given_at", "-pk")
    latest = said.first()
    in_process = Application.objects.active().filter(candidate=candidate).exists()
    if latest is not None and latest.withdrawn_at is not None and not in_process:
        raise NotWished


def _require_within_the_day(by: User, *, now: datetime) -> None:
    if left_today(by, now=now) == 0:
        raise TooManyMails(count=settings.MAIL_PER_SENDER_DAY)


def _require_text(subject: str, body: str) -> None:
    empty = {name: ["Write something."] for name, text in (("subject", subject), ("body", body)) if not text.strip()}
    if empty:
        raise DomainError("A mail has a subject and a text.", code="empty_mail", fields=empty)
    require_filled(subject, body)


def _address(candidate: Candidate, wanted: str) -> str:
    current = candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk")
    if wanted:
        current = current.filter(address=wanted.strip().lower())
    found = current.values_list("address", flat=True).first()
    if found is None:
        raise NoAddress
    return str(found)


def _locked(message: Message, by: User) -> Message:
    rows = Message.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("candidate", "application", "by").get(pk=message.pk)


def _send_in_time(message: Message, *, now: datetime) -> None:
    # Deferred in this transaction: the task exists exactly when the message does.
    later = message.send_at if message.send_at > now else None
    send_message.configure(schedule_at=later).defer(message_id=str(message.pk))


def _put_down(action: str, message: Message, *, by: User | None = None, **about: Any) -> None:
    job = message.application.job_id if message.application else None
    audit.record(action, target=message, by=by, subject=message.candidate_id, job=job, **about)
