from datetime import date

import pytest

from jobs.reports.time_in_stage import time_in_stage
from jobs.reports.time_to_hire import Taken, time_to_hire
from tests.factories import JobFactory


@pytest.fixture
def job(db):
    return JobFactory(department="IT")


def hired(life, job, days, **options):
    return life(job, (1, "offer"), (days, "hired"), **options)


def test_days_to_hire_by_month_and_department(job, life, scope, recruiter):
    sales = JobFactory(department="Sales")
    for days in (4, 10, 20):
        hired(life, job, days)
    hired(life, sales, 40)
    hired(life, sales, 30, came=20)
    found = time_to_hire(scope(recruiter, until=date(2026, 10, 31)))
    # 4, 10, 20, 30, 40: the middle one is 20, nine tenths of the way from the first to the last lies at 36.
    assert found.total == Taken(5, 20.0, 36.0)
    assert found.months == {date(2026, 9, 1): Taken(3, 10.0, 18.0), date(2026, 10, 1): Taken(2, 35.0, 39.0)}
    assert found.departments == {"IT": Taken(3, 10.0, 18.0), "Sales": Taken(2, 35.0, 39.0)}


def test_a_hire_counts_in_the_period_of_the_hire_whenever_they_came_in(job, life, scope, recruiter):
    hired(life, job, 60, came=-50)
    hired(life, job, 60)
    assert time_to_hire(scope(recruiter)).total == Taken(1, 60.0, 60.0)


def test_an_undone_hire_does_not_count_and_hired_again_the_last_one_does(job, life, scope, recruiter):
    life(job, (3, "offer"), (5, "hired"), (6, "active"))
    life(job, (3, "offer"), (5, "hired"), (6, "active"), (6.1, "offer"), (15, "hired"))
    assert time_to_hire(scope(recruiter)).total == Taken(1, 15.0, 15.0)


def test_a_rejection_that_was_taken_back_is_time_they_waited(job, life, scope, recruiter):
    life(job, (2, "rejected"), (12, "active"), (14, "hired"))
    assert time_to_hire(scope(recruiter)).total.median == 14.0


def test_without_a_hire_there_is_no_median(scope, recruiter):
    assert time_to_hire(scope(recruiter)).total == Taken(0, None, None)


def test_hires_of_jobs_one_may_not_see_do_not_count(job, life, scope, hiring_manager):
    hired(life, job, 4)
    assert time_to_hire(scope(hiring_manager)).total.hires == 0


def waited(scope):
    return {one.kind: (one.people, one.median, one.p75) for one in time_in_stage(scope).kinds if one.people}


def test_days_at_each_step_once_it_was_left(job, life, scope, recruiter):
    life(job, (2, "screen"), (5, "interview"))
    life(job, (4, "screen"), (9, "rejected"))
    life(job, (8, "rejected"))
    life(job)
    # Applied: 2, 4, 8 (the fourth still stands there). Screen: 3 and 5. Interview: nobody left it.
    assert waited(scope(recruiter)) == {"applied": (3, 4.0, 6.0), "screen": (2, 4.0, 4.5)}


def test_several_stays_add_up_and_the_time_while_it_had_ended_does_not(job, life, scope, recruiter):
    life(job, (2, "screen"), (5, "applied"), (6, "interview"), (8, "rejected"), (20, "active"), (21, "offer"))
    # Applied 0–2 and 5–6, screen 2–5, interview 6–8 and 20–21; offer still lasts.
    assert waited(scope(recruiter)) == {
        "applied": (1, 3.0, 3.0), "screen": (1, 3.0, 3.0), "interview": (1, 3.0, 3.0),
    }  # fmt: skip


def test_a_slip_that_was_taken_back_within_ten_minutes_is_no_stay(job, life, scope, recruiter):
    minute = 1 / 24 / 60
    life(job, (2, "interview"), (2 + 5 * minute, "applied"), (4, "screen"), (4 + 20 * minute, "applied"), (6, "offer"))
    found = waited(scope(recruiter))
    assert "interview" not in found
    assert found["screen"] == (1, pytest.approx(20 * minute), pytest.approx(20 * minute))
    assert found["applied"] == (1, pytest.approx(6 - 25 * minute), pytest.approx(6 - 25 * minute))


def test_each_job_has_its_own_medians(job, life, scope, recruiter):
    other = JobFactory(title="Nurse")
    life(job, (2, "screen"))
    life(other, (6, "screen"))
    life(other, (8, "screen"))
    jobs = {
        title: {kind: one.median for kind, one in kinds.items()}
        for title, kinds in time_in_stage(scope(recruiter)).jobs
    }
    assert jobs == {job.title: {"applied": 2.0}, "Nurse": {"applied": 7.0}}


def test_jobs_one_may_not_see_are_not_named(job, life, scope, hiring_manager):
    life(job, (2, "screen"))
    assert time_in_stage(scope(hiring_manager)).jobs == []
