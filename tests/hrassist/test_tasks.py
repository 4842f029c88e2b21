from datetime import timedelta

from procrastinate.contrib.django import app

from hrassist.lib import throttle
from hrassist.models import IdempotencyRecord
from hrassist.tasks import forget_answers, sweep_throttle
from tests.hrassist.lib.test_throttle import take, wind_back


def test_counters_that_ran_out_are_swept(db):
    take()
    wind_back(60)
    sweep_throttle(timestamp=0)
    assert throttle.sweep() == 0


def test_answers_to_repeated_posts_are_forgotten_after_a_day_and_not_before(recruiter, noon):
    for key, age in (("old", 24 * 60 + 1), ("exact", 24 * 60), ("young", 1)):
        IdempotencyRecord.objects.create(
            user=recruiter, key=key, route="/api/v1/candidates", body_sha256="0" * 64, status=201,
            answer={"body": {"full_name": "Jane Doe"}}, created_at=noon - timedelta(minutes=age),
        )  # fmt: skip
    forget_answers(timestamp=int(noon.timestamp()))
    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {"exact", "young"}


def test_both_run_every_hour_without_being_asked():
    crons = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    assert crons["hrassist.tasks.sweep_throttle"] == "17 * * * *"
    assert crons["hrassist.tasks.forget_answers"] == "23 * * * *"
