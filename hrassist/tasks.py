"""Background work of the site itself."""

from procrastinate.contrib.django import app

from hrassist.lib import throttle


@app.periodic(cron="17 * * * *")
@app.task(queue="maintenance", queueing_lock="sweep_throttle", pass_context=False)
def sweep_throttle(timestamp: int) -> None:
    """Remove counters that have run out."""
    del timestamp
    throttle.sweep()
