"""From a queued message to a mail that left, at most once, and what is kept of it.

A worker takes a message up by one conditional UPDATE and sends it outside any transaction. Whoever dies in between
leaves it "being sent"; `settle_forgotten` calls that unclear and asks its sender. It is not sent again by itself: a
person who is rejected twice is worse off than a colleague who has to look.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.lib import failpoint, mail, storage
from hrassist.models import Notification
from jobs.models import EmailTemplate, Message

logger = logging.getLogger(__name__)

State = Message.State
# After a day the news in a mail is old: somebody decides whether it still should go.
GIVE_UP_AFTER = timedelta(hours=24)
# Longer than any mail system takes to answer; a worker that has been silent for so long is dead.
SILENT_FOR = timedelta(minutes=10)


def deliver(message_id: str, *, now: datetime) -> None:
    """Send it if it still waits and is due. Raises MailUnavailable or StorageUnavailable, after which it waits on."""
    due = Message.objects.filter(pk=message_id, state=State.QUEUED, send_at__lte=now)
    if not due.update(state=State.SENDING, claimed_at=now):
        return
    message = Message.objects.select_related("by", "template", "candidate", "application").get(pk=message_id)
    failpoint.reach("message_claimed")
    try:
        outgoing = compose(message)
        name = mail.send(outgoing)
    except mail.MailUnclear:
        _settle(message, now=now, state=State.UNCLEAR, why="The connection broke while the mail was handed over.")
    except (mail.MailUnavailable, storage.StorageUnavailable) as error:
        if now - message.send_at < GIVE_UP_AFTER:
            _settle(message, now=now, state=State.QUEUED)
            raise
        _settle(message, now=now, state=State.FAILED, why=f"For a day: {error.message}")
    except (mail.MailRefused, storage.ObjectMissing) as error:
        _settle(message, now=now, state=State.FAILED, why=error.message)
    else:
        failpoint.reach("message_sent")
        _settle(message, now=now, state=State.SENT, message_id=name)


def message_id_of(message: Message) -> str:
    """The same for every try: reports about any of them find the row."""
    return f"<{message.pk}@{mail.own_domain()}>"


def compose(message: Message) -> mail.Outgoing:
    """The mail exactly as it leaves. Raises ObjectMissing, StorageUnavailable for its attachments."""
    by, headers = message.by, {}
    if message.template is not None and message.template.kind == EmailTemplate.Kind.RECEIVED:
        # Nobody wrote it: an absence notice must not answer (RFC 3834).
        headers["Auto-Submitted"] = "auto-generated"
    return mail.Outgoing(
        to=message.to,
        subject=message.subject,
        text=message.body,
        html=html_of(message),
        from_name=f"{by.display_name}, {settings.COMPANY_NAME}" if by else settings.COMPANY_NAME,
        reply_to=by.email if by else "",
        message_id=message_id_of(message),
        attachments=[_attachment(one) for one in message.attachments],
        headers=headers,
        metadata={"message": str(message.pk)},
    )


def html_of(message: Message) -> str:
    """The text as simple HTML; what somebody wrote stays text."""
    language = message.template.language if message.template else "en"
    return render_to_string("jobs/mail.html", {"subject": message.subject, "body": message.body, "language": language})


def settle_forgotten(*, now: datetime) -> list[str]:
    """Call unclear what a dead worker left, and give the messages that are due and have waited long without a task."""
    for message in Message.objects.filter(state=State.SENDING, claimed_at__lt=now - SILENT_FOR).select_related("by"):
        logger.warning("message %s was left by a worker while it was being sent", message.pk)
        _settle(message, now=now, state=State.UNCLEAR, why="The work stopped while the mail was handed over.")
    late = Message.objects.queued().filter(send_at__lt=now - SILENT_FOR)
    return [str(pk) for pk in late.order_by("send_at").values_list("pk", flat=True)[:1000]]


@transaction.atomic
def _settle(message: Message, *, now: datetime, state: str, why: str = "", message_id: str = "") -> None:
    columns: dict[str, Any] = {"state": state, "failed_for": why[:300], "message_id": message_id_of(message)}
    if state == State.SENT:
        columns |= {"sent_at": now, "failed_at": None, "message_id": message_id[:200]}
    elif why:
        columns |= {"failed_at": now}
    # Only its own claim: a report of a mail system may have been quicker than we.
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING, claimed_at=message.claimed_at)
    if not mine.update(**columns) or state == State.QUEUED:
        return
    audit.record(
        f"message.{state}", target=message, subject=message.candidate_id,
        job=message.application.job_id if message.application else None,
    )  # fmt: skip
    if state != State.SENT:
        tell_sender(message, now=now)


def tell_sender(message: Message, *, now: datetime) -> None:
    """Say to whoever wrote it that it did not arrive, or may not have."""
    if message.by is None:
        return
    notifications.tell(
        users=[message.by],
        kind=Notification.Kind.MESSAGE_FAILED,
        text=f"A mail was not delivered or may not have been: {message.subject}",
        url=reverse("admin:jobs_message_change", args=[message.pk]),
        now=now,
        subject=message.candidate_id,
        job=message.application.job_id if message.application else None,
    )


def _attachment(one: dict[str, str]) -> mail.Attachment:
    content = b"".join(storage.clean().open(one["key"])) if "key" in one else one["text"].encode()
    return mail.Attachment(filename=one["filename"], content_type=one["content_type"], content=content)
