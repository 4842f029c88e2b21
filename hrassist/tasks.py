"""Background work of the site itself."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from hrassist import long_tasks, notification_mail
from hrassist.lib import throttle
from hrassist.models import IdempotencyRecord


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


@app.periodic(cron="* * * * *")
@app.task(queue="mail", queueing_lock="mail_notifications", pass_context=False)
def mail_notifications(timestamp: int) -> None:
    """Mail what people were told and have not read: at once, or once a day, as each of them chose."""
    notification_mail.send_due(now=datetime.fromtimestamp(timestamp, tz=UTC))
