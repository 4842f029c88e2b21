"""Background work of this app."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hrassist.lib import mail, storage
from jobs.calendars import sending
from jobs.emails import deliver
from jobs.reports.documents import making
from jobs.tailoring import export, pipeline


@app.task(
    queue="mail",
    retry=RetryStrategy(
        max_attempts=5, exponential_wait=4, retry_exceptions={mail.MailUnavailable, storage.StorageUnavailable}
    ),
)
def send_message(*, message_id: str) -> None:
    """Send one queued mail to a candidate; doing it twice sends it once."""
    deliver.deliver(message_id, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="upkeep", queueing_lock="settle_messages", pass_context=False)
def settle_messages(timestamp: int) -> None:
    """Tell of mails that a dead worker left in its hands, and try those again that the mail system did not take."""
    del timestamp
    for message_id in deliver.settle_forgotten(now=timezone.now()):
        send_message.defer(message_id=message_id)


@app.task(
    queue="mail", retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions={mail.MailUnavailable})
)
def send_calendar_invitation(*, invitation_id: str) -> None:
    """Bring an interview into the calendar of one of ours; doing it twice sends it once."""
    sending.send(invitation_id, now=timezone.now())


@app.task(queue="tailoring", retry=RetryStrategy(max_attempts=3, exponential_wait=4))
def tailor(*, run_id: str) -> None:
    """Let the agents work on one resume; doing it twice does it once."""
    pipeline.work(UUID(run_id))


@app.task(
    queue="tailoring",
    retry=RetryStrategy(max_attempts=5, exponential_wait=4, retry_exceptions={storage.StorageUnavailable}),
)
def make_tailored_files(*, run_id: str) -> None:
    """Make the files of an approved tailored resume; doing it twice keeps them once."""
    export.make(UUID(run_id))


@app.task(
    queue="bulk",
    retry=RetryStrategy(max_attempts=5, exponential_wait=4, retry_exceptions={storage.StorageUnavailable}),
)
def make_report(*, document_id: str) -> None:
    """Make one report; doing it twice makes it once."""
    making.make(UUID(document_id))
