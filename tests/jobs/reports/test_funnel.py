import pytest

from jobs.reports.funnel import funnel
from tests.factories import JobFactory


@pytest.fixture
def job(db):
    return JobFactory()


def reached(scope):
    return {step.kind: (step.reached, step.now, step.ended) for step in funnel(scope)}


def test_everybody_counts_at_the_furthest_step_and_at_all_before_it(job, life, scope, recruiter):
    life(job)
    life(job, (2, "screen"), (5, "rejected"))
    life(job, (1, "interview"))
    life(job, (2, "screen"), (4, "interview"), (9, "offer"), (12, "withdrawn"))
    life(job, (1, "screen"), (2, "interview"), (3, "offer"), (4, "hired"))
    steps = funnel(scope(recruiter))
    assert {step.kind: (step.reached, step.now, step.ended) for step in steps} == {
        "applied": (5, 1, 0),
        "screen": (4, 0, 1),
        "interview": (3, 1, 0),
        "offer": (2, 0, 1),
        "hired": (1, 0, 0),
    }
    assert [step.from_before for step in steps] == [None, 4 / 5, 3 / 4, 2 / 3, 1 / 2]
    assert [step.from_first for step in steps] == [1, 4 / 5, 3 / 5, 2 / 5, 1 / 5]


def test_steps_that_were_taken_back_do_not_count(job, life, scope, recruiter):
    life(job, (2, "interview"), (2.001, "applied"))
    life(job, (2, "screen"), (3, "offer"), (4, "hired"), (5, "active"), (5.1, "offer"))
    life(job, (2, "screen"), (3, "rejected"), (4, "active"))
    assert reached(scope(recruiter)) == {
        "applied": (3, 1, 0),
        "screen": (2, 1, 0),
        "interview": (1, 0, 0),
        "offer": (1, 1, 0),
        "hired": (0, 0, 0),
    }


def test_only_who_came_in_in_the_period_counts_whole_days_included(job, life, scope, recruiter):
    life(job, came=-0.51)
    life(job, came=-0.49)
    life(job, came=29.49)
    life(job, came=29.51)
    assert reached(scope(recruiter))["applied"] == (2, 2, 0)


def test_nobody_counts_whom_one_may_not_see(job, life, scope, recruiter, hiring_manager):
    mine = JobFactory(team={hiring_manager: "hiring_manager"})
    life(job)
    life(mine, (1, "screen"))
    life(JobFactory(confidential=True))
    assert reached(scope(recruiter))["applied"][0] == 2
    assert reached(scope(hiring_manager))["applied"][0] == 1
    assert reached(scope(hiring_manager, job=job.pk))["applied"][0] == 0


def test_filters_narrow_by_job_department_and_recruiter(life, scope, recruiter, coordinator):
    sales = JobFactory(department="Sales", team={coordinator: "recruiter"})
    other = JobFactory(department="IT")
    life(sales)
    life(other)
    life(other)
    assert reached(scope(recruiter, job=other.pk))["applied"][0] == 2
    assert reached(scope(recruiter, department="Sales"))["applied"][0] == 1
    assert reached(scope(recruiter, recruiter=coordinator.pk))["applied"][0] == 1
    assert reached(scope(recruiter, recruiter=coordinator.pk, department="IT"))["applied"][0] == 0


def test_a_heavy_figure_is_kept_for_a_while_but_rights_count_at_once(job, life, scope, recruiter):
    life(job)
    assert reached(scope(recruiter))["applied"][0] == 1
    life(job)
    assert reached(scope(recruiter))["applied"][0] == 1
    job.confidential = True
    job.save()
    assert reached(scope(recruiter))["applied"][0] == 0


def test_an_empty_period_has_no_shares(scope, recruiter):
    assert {(step.reached, step.from_before, step.from_first) for step in funnel(scope(recruiter))} == {(0, None, None)}
