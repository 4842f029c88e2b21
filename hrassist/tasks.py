"""Background work of the site itself."""

from datetime import UTC, datetime
from uuid import UUID

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
from jobs.actions import intake, ranking_log, scorecards, settling, tailorings
from jobs.models import IntakeSubmission

# How often a submission is looked at within its first minute.
SOON = 5


@app.periodic(cron="17 * * * *")
@app.task(queue="upkeep", queueing_lock="sweep_throttle", pass_context=False)
def sweep_throttle(timestamp: int) -> None:
    """Remove counters that have run out."""
    del timestamp
    throttle.sweep()


@app.periodic(cron="43 3 * * *")
@app.task(queue="upkeep", queueing_lock="forget_tallies", pass_context=False)
def forget_tallies(timestamp: int) -> None:
    """Remove counters of refusals that no page shows any more."""
    tally.forget(before=datetime.fromtimestamp(timestamp, tz=UTC) - tally.KEPT)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="upkeep", queueing_lock="tell_of_security", pass_context=False)
def tell_of_security(timestamp: int) -> None:
    """Tell operators of what turned serious on the security page."""
    security_alerts.tell(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="23 * * * *")
@app.task(queue="upkeep", queueing_lock="forget_answers", pass_context=False)
def forget_answers(timestamp: int) -> None:
    """Remove answers to repeated POSTs that nobody may ask for any more: they hold what people wrote."""
    IdempotencyRecord.objects.expired(now=datetime.fromtimestamp(timestamp, tz=UTC)).delete()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="upkeep", queueing_lock="remind_of_scorecards", pass_context=False)
def remind_of_scorecards(timestamp: int) -> None:
    """Tell interviewers, an hour after they met somebody, that their scorecard is due; each once."""
    scorecards.remind_all(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.task(queue=long_tasks.QUEUE, name=long_tasks.RUNNER)
def run_long_task(*, long_task_id: str) -> None:
    """Run an import, an export or a bulk change that somebody started on a page."""
    long_tasks.run(long_task_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="upkeep", queueing_lock="expire_task_files", pass_context=False)
def expire_task_files(timestamp: int) -> None:
    """Delete the files of long work after their day: they are copies of what people told us."""
    task_files.expire(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="*/2 * * * *")
@app.task(queue="upkeep", queueing_lock="end_forgotten_long_tasks", pass_context=False)
def end_forgotten_long_tasks(timestamp: int) -> None:
    """Say of long work that it failed when no worker will take it up again."""
    long_tasks.end_forgotten(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="* * * * *")
@app.task(queue="mail", queueing_lock="mail_notifications", pass_context=False)
def mail_notifications(timestamp: int) -> None:
    """Mail what people were told and have not read: at once, or once a day, as each of them chose."""
    notification_mail.send_due(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="41 6 * * *")
@app.task(queue="upkeep", queueing_lock="tell_of_token_expiry", pass_context=False)
def tell_of_token_expiry(timestamp: int) -> None:
    """Tell people of tokens of theirs that end within a week; each once."""
    tokens.tell_of_expiry(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="shut_break_glass", pass_context=False)
def shut_break_glass(timestamp: int) -> None:
    """Tidy up the emergency account after its hour; nobody is signed in to it by then, with or without this task."""
    break_glass.close_expired(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="29 * * * *")
@app.task(queue="upkeep", queueing_lock="forget_sessions", pass_context=False)
def forget_sessions(timestamp: int) -> None:
    """Remove sessions that have ended by the clock."""
    del timestamp
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


@app.periodic(cron="*/10 * * * *")
@app.task(queue="upkeep", queueing_lock="end_pool_memberships", pass_context=False)
def end_pool_memberships(timestamp: int) -> None:
    """Take people out of talent pools when their time is over, and ask those whose time ends soon."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    talent_pools.remove_expired(now=now)
    talent_pools.ask_those_who_end_soon(now=now)


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="take_up_tailorings", pass_context=False)
def take_up_tailorings(timestamp: int) -> None:
    """Give the tailoring of a resume whose worker died to another one, which goes on where it stopped."""
    tailorings.take_up(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="41 3 * * *")
@app.task(queue="upkeep", queueing_lock="forget_old_rankings", pass_context=False)
def forget_old_rankings(timestamp: int) -> None:
    """Delete rankings whose time in the log is over."""
    ranking_log.forget_old(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.task(queue="upkeep", name=intake.SETTLE)
def settle_submission(*, submission_id: str, tries: int = 0) -> None:
    """Turn what somebody sent into an application as soon as its file is read; the next task finds who takes longer."""
    state = settling.settle(submission_id=UUID(submission_id), now=timezone.now())
    if state == IntakeSubmission.State.WAITING and tries < SOON:
        again = settle_submission.configure(schedule_in={"seconds": 2 ** (tries + 1)})
        again.defer(submission_id=submission_id, tries=tries + 1)


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="settle_submissions", pass_context=False)
def settle_submissions(timestamp: int) -> None:
    """Turn everything that was sent and read since into applications."""
    del timestamp
    settling.settle_waiting(now=timezone.now())


@app.periodic(cron="41 2 * * *")
@app.task(queue="privacy", queueing_lock="apply_retention", pass_context=False)
def apply_retention(timestamp: int) -> None:
    """Erase everybody whose time is over, find who falls due next, and remind whoever answers for them."""
    privacy_upkeep.daily(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="*/5 * * * *")
@app.task(queue="privacy", queueing_lock="tend_privacy_requests", pass_context=False)
def tend_privacy_requests(timestamp: int) -> None:
    """Take up erasures and copies whose worker died, delete copies that ran out, and tell of what is overdue."""
    privacy_upkeep.often(now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="seal_audit_trail", pass_context=False)
def seal_audit_trail(timestamp: int) -> None:
    """Seal what was put on record within the minute, copy the seals away, and raise the alarm where that fails."""
    del timestamp
    upkeep.every_minute()
