"""Background work of this app."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job, Status

from candidates import disclosure, duplicates, erasure
from candidates.models import UploadTicket
from candidates.resumes import claims, pipeline, sweeping
from hrassist.lib.errors import Unavailable

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 300
STALLED_AFTER = 60
STALLED_RETRIES = 3
KEEP_DONE_HOURS = 72
KEEP_FAILED_HOURS = 30 * 24


class UntilSettled(BaseRetryStrategy):
    """Try again with growing pauses while something we depend on is away; the ticket's own attempts bound the rest."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, claims.Held | erasure.Later):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        if isinstance(exception, claims.Superseded | erasure.Superseded):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), LONGEST_PAUSE)})


@app.task(queue="ingest", retry=UntilSettled())
def ingest_upload(*, ticket_id: str) -> None:
    """Take one confirmed upload to a resume or a rejection; doing it twice does it once."""
    claim = claims.claim(ticket_id)
    if claim is None:
        return
    try:
        pipeline.run(claim)
    except claims.Superseded:
        logger.warning("upload %s was taken over; this worker's result is dropped", ticket_id)
    except Unavailable as error:
        claims.release(claim, spent=False, reason=error.code)
        raise
    except Exception as error:
        # The trace is logged once, here; the queue only learns that it should try again.
        logger.exception("upload %s: attempt %s failed", ticket_id, claim.ticket.attempts)
        if claims.release(claim, spent=True, reason=type(error).__name__):
            raise


@app.periodic(cron="*/15 * * * *")
@app.task(queue="upkeep", queueing_lock="sweep_uploads")
def sweep_uploads(timestamp: int) -> None:
    """Expire abandoned tickets and clear what they left in the stores."""
    sweeping.sweep(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="resume_uploads")
def resume_uploads(timestamp: int) -> None:
    """Give every confirmed upload that nobody works on a task again."""
    del timestamp
    for ticket_id in forgotten_uploads(now=timezone.now()):
        ingest_upload.defer(ticket_id=ticket_id)


def forgotten_uploads(*, now: datetime) -> list[str]:
    """Identifiers of uploads that were confirmed over two minutes ago, with no lease and no task."""
    waiting = UploadTicket.objects.waiting().filter(confirmed_at__lt=now - timedelta(minutes=2))
    idle = [str(pk) for pk in waiting.exclude(claimed_until__gt=now).values_list("pk", flat=True)[:1000]]
    if not idle:
        return []
    alive = ProcrastinateJob.objects.filter(
        task_name=ingest_upload.name, status__in=["todo", "doing"], args__ticket_id__in=idle
    )
    with_task = {args["ticket_id"] for args in alive.values_list("args", flat=True)}
    return [pk for pk in idle if pk not in with_task]


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="retry_stalled_tasks", pass_context=False)
async def retry_stalled_tasks(timestamp: int) -> None:
    """Put back the tasks of workers that died: a killed worker's task stays "doing" for ever by itself."""
    del timestamp
    stalled: Iterable[Job] = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER)
    for job in stalled:
        # The ingest task counts its attempts in the ticket and parks what kills workers.
        if job.task_name != ingest_upload.name and job.attempts >= STALLED_RETRIES:
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            logger.warning("task %s (%s) was left by a dead worker and runs again", job.id, job.task_name)
            await app.job_manager.retry_job(job)


@app.periodic(cron="11 * * * *")
@app.task(queue="upkeep", queueing_lock="delete_old_tasks")
async def delete_old_tasks(timestamp: int) -> None:
    """Forget tasks that ended: done ones after three days, failed ones after thirty."""
    del timestamp
    await app.job_manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
    await app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="*/3 * * * *")
@app.task(queue="upkeep", queueing_lock="search_duplicates")
def search_duplicates(timestamp: int) -> None:
    """Look for records that are one person among the people who changed since the last time."""
    del timestamp
    duplicates.catch_up(now=timezone.now())


@app.task(queue="privacy", retry=UntilSettled())
def run_erasure(*, erasure_id: str) -> None:
    """Remove everything that says who somebody was; doing it twice does it once."""
    erasure.run(erasure_id)


@app.task(queue="privacy", retry=UntilSettled())
def make_data_export(*, data_export_id: str) -> None:
    """Make the copy of what is held about somebody."""
    disclosure.make(data_export_id)
