"""Background work of the site itself."""

from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hrassist import long_tasks
from hrassist.lib import throttle
from hrassist.models import IdempotencyRecord
from jobs.actions import intake, settling
from jobs.models import IntakeSubmission


@app.periodic(cron="17 * * * *")
@app.task(queue="upkeep", queueing_lock="sweep_throttle", pass_context=False)
def sweep_throttle(timestamp: int) -> None:
    """Remove counters that have run out."""
    del timestamp
    throttle.sweep()


@app.periodic(cron="23 * * * *")
@app.task(queue="upkeep", queueing_lock="forget_answers", pass_context=False)
def forget_answers(timestamp: int) -> None:
    """Remove answers to repeated POSTs that nobody may ask for any more: they hold what people wrote."""
    IdempotencyRecord.objects.expired(now=datetime.fromtimestamp(timestamp, tz=UTC)).delete()


@app.task(queue=long_tasks.QUEUE, name=long_tasks.RUNNER)
def run_long_task(*, long_task_id: str) -> None:
    """Run an import, an export or a bulk change that somebody started on a page."""
    long_tasks.run(long_task_id)


class StillBeingRead(Exception):
    """The file of a submission is not read yet."""


@app.task(
    queue="upkeep",
    name=intake.SETTLE,
    retry=RetryStrategy(max_attempts=8, exponential_wait=2, retry_exceptions={StillBeingRead}),
)
def settle_submission(*, submission_id: str) -> None:
    """Turn what somebody sent into an application as soon as its file is read; the periodic task has the patience."""
    if settling.settle(submission_id=UUID(submission_id), now=timezone.now()) == IntakeSubmission.State.WAITING:
        raise StillBeingRead


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="settle_submissions", pass_context=False)
def settle_submissions(timestamp: int) -> None:
    """Turn everything that was sent and read since into applications."""
    del timestamp
    settling.settle_waiting(now=timezone.now())
