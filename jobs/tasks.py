"""Background work of this app."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hrassist.lib import mail
from jobs import emails
from jobs.calendars import sending


@app.task(
    queue="mail", retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions={mail.MailUnavailable})
)
def send_message(*, message_id: str) -> None:
    """Send one queued mail to a candidate; doing it twice sends it once."""
    emails.deliver(message_id, now=timezone.now())


@app.task(
    queue="mail", retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions={mail.MailUnavailable})
)
def send_calendar_invitation(*, invitation_id: str) -> None:
    """Bring an interview into the calendar of one of ours; doing it twice sends it once."""
    sending.send(invitation_id, now=timezone.now())
