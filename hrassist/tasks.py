"""Background work of the site itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from audit.actions import upkeep
from candidates.actions import privacy_upkeep, self_service, talent_pools
from hrassist import long_tasks, notification_mail, security_alerts, task_files, tokens
from hrassist.identity import break_glass, notices, resets
from hrassist.identity.sessions import SessionStore
from hrassist.lib import mail, tally, throttle
from hrassist.models import IdempotencyRecord
from jobs.actions import (
    demographics,
    intake,
    ranking_log,
    report_documents,
    report_schedules,
    scorecards,
    settling,
    tailorings,
)
from jobs.models import IntakeSubmission
from jobs.tailoring import events as tailoring_events

Work = Callable[[datetime], None]


def every(cron: str, *, queue: str = "upkeep") -> Callable[[Work], Any]:
    """Have this done at these times; one that still waits for its turn is not put in the queue a second time."""

    def periodic(work: Work) -> Any:
        @wraps(work)
        def at(timestamp: int) -> None:
            work(datetime.fromtimestamp(timestamp, tz=UTC))

        task = app.task(queue=queue, queueing_lock=work.__name__, pass_context=False)(at)
        return app.periodic(cron=cron)(task)

    return periodic


# How often a submission is looked at within its first minute.
SOON = 5


@every("17 * * * *")
def sweep_throttle(now: datetime) -> None:
    """Remove counters that have run out."""
    del now
    throttle.sweep()


@every("37 */6 * * *")
def keep_marks_of_buckets(now: datetime) -> None:
    """Say again in the object store to which environment it belongs, before its own rules for old files forget it."""
    del now
    if settings.STORAGE_BACKEND == "s3":
        from hrassist.ops import own_buckets  # noqa: PLC0415  boto3 takes 0.3 s; a disk needs none

        own_buckets.keep_marks()


@every("43 3 * * *")
def forget_tallies(now: datetime) -> None:
    """Remove counters of refusals that no page shows any more."""
    tally.forget(before=now - tally.KEPT)


@every("*/10 * * * *")
def tell_of_security(now: datetime) -> None:
    """Tell operators of what turned serious on the security page."""
    security_alerts.tell(now=now)


@every("23 * * * *")
def forget_answers(now: datetime) -> None:
    """Remove answers to repeated POSTs that nobody may ask for any more: they hold what people wrote."""
    IdempotencyRecord.objects.expired(now=now).delete()


@every("*/5 * * * *")
def remind_of_scorecards(now: datetime) -> None:
    """Tell interviewers, an hour after they met somebody, that their scorecard is due; each once."""
    scorecards.remind_all(now=now)


@app.task(queue=long_tasks.QUEUE, name=long_tasks.RUNNER)
def run_long_task(*, long_task_id: str) -> None:
    """Run an import, an export or a bulk change that somebody started on a page."""
    long_tasks.run(long_task_id)


@every("*/10 * * * *")
def expire_task_files(now: datetime) -> None:
    """Delete the files of long work after their day: they are copies of what people told us."""
    task_files.expire(now=now)


@every("*/2 * * * *")
def end_forgotten_long_tasks(now: datetime) -> None:
    """Say of long work that it failed when no worker will take it up again."""
    long_tasks.end_forgotten(now=now)


@every("* * * * *", queue="mail")
def mail_notifications(now: datetime) -> None:
    """Mail what people were told and have not read: at once, or once a day, as each of them chose."""
    notification_mail.send_due(now=now)


@every("41 6 * * *")
def tell_of_token_expiry(now: datetime) -> None:
    """Tell people of tokens of theirs that end within a week; each once."""
    tokens.tell_of_expiry(now=now)


@every("* * * * *")
def shut_break_glass(now: datetime) -> None:
    """Tidy up the emergency account after its hour; nobody is signed in to it by then, with or without this task."""
    break_glass.close_expired(now=now)


@every("29 * * * *")
def forget_sessions(now: datetime) -> None:
    """Remove sessions that have ended by the clock."""
    del now
    SessionStore.clear_expired()


@app.task(queue="mail", name=notices.TASK, retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def mail_security_notice(*, user_id: str, what: str, by: str = "") -> None:
    """Warn somebody by mail that something about signing in to their account changed."""
    notices.send(user_id=user_id, what=what, by=by)


@app.task(queue="mail", name=resets.TASK, retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def mail_password_reset(*, user_ids: list[str]) -> None:
    """Mail the link for a new password; a request for nobody comes here too and mails nobody."""
    resets.send(user_ids=user_ids)


@app.task(
    queue="mail",
    name=self_service.SEND,
    retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions={mail.MailUnavailable}),
)
def send_self_service_link(*, link_id: str) -> None:
    """Mail somebody the key to their own page; the key is made here and kept nowhere."""
    self_service.send(link_id=UUID(link_id), now=timezone.now())


@every("*/10 * * * *")
def end_pool_memberships(now: datetime) -> None:
    """Take people out of talent pools when their time is over, and ask those whose time ends soon."""
    talent_pools.remove_expired(now=now)
    talent_pools.ask_those_who_end_soon(now=now)


@every("* * * * *")
def take_up_tailorings(now: datetime) -> None:
    """Give the tailoring of a resume whose worker died to another one, which goes on where it stopped."""
    tailorings.take_up(now=now)


@every("*/5 * * * *")
def forget_tailoring_texts(now: datetime) -> None:
    """Delete what the agents of tailored resumes said while they worked, some minutes after they are done."""
    tailoring_events.forget_texts(now=now)


@every("* * * * *")
def take_up_reports(now: datetime) -> None:
    """Give the report whose worker died to another one, which makes it from the start."""
    report_documents.take_up(now=now)


@every("7 * * * *")
def make_scheduled_reports(now: datetime) -> None:
    """Have every report made whose day has come, once for each of its recipients."""
    report_schedules.run_due(now=now)


@every("52 3 * * *")
def delete_expired_reports(now: datetime) -> None:
    """Delete reports whose time is over: they are copies of what people told us."""
    report_documents.delete_expired(now=now)


@every("46 3 * * *")
def forget_old_demographics(now: datetime) -> None:
    """Delete answers about sex and race that no audit needs any more."""
    demographics.delete_expired(now=now)


@every("41 3 * * *")
def forget_old_rankings(now: datetime) -> None:
    """Delete rankings whose time in the log is over."""
    ranking_log.forget_old(now=now)


@app.task(queue="upkeep", name=intake.SETTLE)
def settle_submission(*, submission_id: str, tries: int = 0) -> None:
    """Turn what somebody sent into an application as soon as its file is read; the next task finds who takes longer."""
    state = settling.settle(submission_id=UUID(submission_id), now=timezone.now())
    if state == IntakeSubmission.State.WAITING and tries < SOON:
        again = settle_submission.configure(schedule_in={"seconds": 2 ** (tries + 1)})
        again.defer(submission_id=submission_id, tries=tries + 1)


@every("* * * * *")
def settle_submissions(now: datetime) -> None:
    """Turn everything that was sent and read since into applications."""
    del now
    settling.settle_waiting(now=timezone.now())


@every("41 2 * * *", queue="privacy")
def apply_retention(now: datetime) -> None:
    """Erase everybody whose time is over, find who falls due next, and remind whoever answers for them."""
    privacy_upkeep.daily(now=now)


@every("*/5 * * * *", queue="privacy")
def tend_privacy_requests(now: datetime) -> None:
    """Take up erasures and copies whose worker died, delete copies that ran out, and tell of what is overdue."""
    privacy_upkeep.often(now=now)


@every("* * * * *")
def seal_audit_trail(now: datetime) -> None:
    """Seal what was put on record within the minute, copy the seals away, and raise the alarm where that fails."""
    del now
    upkeep.every_minute()
