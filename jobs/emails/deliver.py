"""From a queued message to a mail that left, and what is kept of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from hrassist.lib import mail, storage
from jobs.models import Message

State = Message.State


def deliver(message_id: str, *, now: datetime) -> None:
    """Send it if it still waits. Raises MailUnavailable, after which it waits on."""
    # Locked while it is sent: two workers with the same task must not both write to the person.
    with transaction.atomic():
        message = Message.objects.select_for_update(of=("self",)).select_related("by").filter(pk=message_id).first()
        if message is None or message.state != State.QUEUED or message.send_at > now:
            return
        try:
            message.message_id = mail.send(
                mail.Outgoing(
                    to=message.to,
                    subject=message.subject,
                    text=message.body,
                    reply_to=message.by.email if message.by else "",
                    attachments=[_attachment(one) for one in message.attachments],
                )
            )
        except mail.MailRefused as error:
            message.state, message.failed_at, message.failed_for = State.FAILED, now, error.message[:300]
        else:
            message.state, message.sent_at = State.SENT, now
        message.save(update_fields=["state", "sent_at", "failed_at", "failed_for", "message_id"])


def _attachment(one: dict[str, str]) -> mail.Attachment:
    content = b"".join(storage.clean().open(one["key"])) if "key" in one else one["text"].encode()
    return mail.Attachment(filename=one["filename"], content_type=one["content_type"], content=content)
