"""The days at each step that the database keeps are those that all steps of all applications give."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.actions import applications
from jobs.actions.applications import advance, undo
from jobs.models import StageTransition, StageWait
from jobs.reports.scope import STANDS, rows
from tests.factories import CandidateFactory, JobFactory
from tests.jobs.reports.conftest import DAY_ZERO

SLOWLY = f"""
    WITH entered AS (SELECT application_id, at FROM jobs_stagetransition WHERE from_stage_id IS NULL), stay AS (
        SELECT application.job_id, step.application_id, entered.at AS came_at, stage.kind, stage.position,
               step.to_status AS status, step.at AS since, lead(step.at) OVER life AS until,
               lead(stage.position) OVER life AS next_position
        FROM entered
        JOIN jobs_application application ON application.id = entered.application_id
        JOIN jobs_stagetransition step ON step.application_id = entered.application_id
        JOIN jobs_stage stage ON stage.id = step.to_stage_id
        WHERE {STANDS}
        WINDOW life AS (PARTITION BY step.application_id ORDER BY step.at, step.id)
    )
    SELECT application_id, job_id, kind, came_at,
           sum(extract(epoch FROM until - since)::float8) / 86400.0 AS days, bool_or(until IS NULL) AS still
    FROM stay
    WHERE status = 'active'
      AND NOT (until IS NOT NULL AND next_position < position AND until - since < interval '10 minutes')
    GROUP BY application_id, job_id, kind, came_at
"""  # noqa: S608  constants
COLUMNS = ("application_id", "job_id", "kind", "came_at")


def slowly():
    found = [row for row in rows(SLOWLY, {}) if not row["still"] and row["kind"] != "hired"]
    return {tuple(row[name] for name in COLUMNS): pytest.approx(row["days"]) for row in found}


def kept():
    return {row[:-1]: row[-1] for row in StageWait.objects.values_list(*COLUMNS, "days")}


def a_life(dice):
    """Steps of somebody, in any order, some of them taken within minutes."""
    day, steps = 0.0, []
    for _ in range(dice.randrange(7)):
        day += dice.choice([0.002, 0.005, 1, dice.uniform(0.01, 30)])
        steps.append((day, dice.choice(["applied", "screen", "interview", "offer", "rejected", "active", "hired"])))
    return steps


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_to_steps_the_kept_days_are_those_of_all_steps(db, life, seed):
    dice = random.Random(seed)
    jobs = [JobFactory(), JobFactory()]
    for number in range(25):
        life(dice.choice(jobs), *a_life(dice), came=number)
    assert len(kept()) > 20
    assert kept() == slowly()
    steps = list(StageTransition.objects.filter(from_stage__isnull=False))
    for step in dice.sample(steps, 8):
        StageTransition.objects.create(
            application=step.application, from_stage=step.to_stage, to_stage=step.from_stage,
            from_status=step.to_status, to_status=step.from_status, at=step.at + timedelta(hours=1), undoes=step,
        )  # fmt: skip
    assert kept() == slowly()
    StageTransition.objects.filter(pk__in=[one.pk for one in dice.sample(steps, 6)]).update(at=DAY_ZERO)
    assert kept() == slowly()
    StageTransition.objects.filter(undoes__isnull=False).first().delete()
    dice.choice(steps).application.delete()
    assert kept() == slowly()


def test_another_kind_or_order_of_steps_counts_for_those_who_were_there(db, life):
    job, other = JobFactory(), JobFactory()
    for one in (job, other):
        life(one, (2, "interview"), (2.003, "screen"), (6, "offer"), (9, "rejected"))
    before = kept()
    assert before == slowly()
    screen, interview = job.stages.get(kind="screen"), job.stages.get(kind="interview")
    screen.kind = "offer"
    screen.save()
    assert kept() == slowly() != before
    # After the exchange the slip forwards is one backwards, and counts.
    before = kept()
    screen.position, interview.position = interview.position, screen.position
    type(screen).objects.bulk_update([screen, interview], ["position"])
    assert kept() == slowly() != before


def test_a_step_of_a_recruiter_is_counted_with_it_and_its_undo_takes_it_back(recruiter):
    now = timezone.now()
    one = applications.apply(
        candidate=CandidateFactory(), job=JobFactory(team={recruiter: "recruiter"}), by=recruiter,
        now=now - timedelta(days=4), source="Fair",
    )  # fmt: skip
    assert kept() == {}
    advance(application=one, by=recruiter, now=now)
    assert [(one.kind, one.days) for one in StageWait.objects.all()] == [("applied", pytest.approx(4.0))]
    undo(application=one, by=recruiter, now=now + timedelta(minutes=1))
    assert kept() == {}


def test_a_note_that_is_emptied_counts_nothing_again(db, life, django_assert_num_queries):
    life(JobFactory(), (2, "screen"))
    before = StageWait.objects.get().pk
    StageTransition.objects.update(note="")
    assert StageWait.objects.get().pk == before
