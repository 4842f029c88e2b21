import pytest

from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import interview_plans as plans
from jobs.models import ScorecardRating
from tests.conftest import NOON
from tests.factories import JobFactory
from tests.hiring import ScorecardAttributeFactory, ScorecardFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def common(recruiter):
    return {"by": recruiter, "now": NOON}


def step(stage, name, common, minutes=45):
    return plans.add_step(stage=stage, name=name, minutes=minutes, instructions="Ask.", **common)


def names(stage):
    return list(stage.plan.order_by("position").values_list("name", flat=True))


def test_steps_are_added_moved_and_taken_out(common, events):
    stage = JobFactory().stages.get(kind="interview")
    first, second, third = (step(stage, name, common) for name in ("Phone", "Technical", "Values"))
    plans.move_step(step=third, up=True, **common)
    assert names(stage) == ["Phone", "Values", "Technical"]
    plans.move_step(step=first, up=True, **common)
    plans.remove_step(step=first, **common)
    assert names(stage) == ["Values", "Technical"]
    assert list(stage.plan.order_by("position").values_list("position", flat=True)) == [0, 1]
    plans.change_step(step=second, name="Deep dive", minutes=90, instructions="", **common)
    assert names(stage) == ["Values", "Deep dive"]
    assert len(events("interview_plan.step_moved")) == 2


@pytest.mark.parametrize(("name", "minutes"), [("  ", 45), ("Phone", 4), ("Phone", 601)])
def test_a_step_has_a_name_and_a_length(common, name, minutes):
    with pytest.raises(DomainError):
        step(JobFactory().stages.first(), name, common, minutes=minutes)


def test_must_haves_become_attributes_once(common):
    job = JobFactory(must_have="Python\n\n  PostgreSQL \nPython")
    assert plans.propose_attributes(job=job, **common) == 2
    assert plans.propose_attributes(job=job, **common) == 0
    assert list(job.scorecard_attributes.values_list("name", flat=True)) == ["Python", "PostgreSQL"]


def test_an_attribute_that_was_rated_stays(common):
    attribute = ScorecardAttributeFactory()
    ScorecardRating.objects.create(scorecard=ScorecardFactory(), attribute=attribute, rating=3)
    with pytest.raises(Conflict, match="stays on the scorecard"):
        plans.remove_attribute(attribute=attribute, **common)


def test_an_attribute_is_there_once_whatever_its_case(common):
    job = JobFactory()
    plans.add_attribute(job=job, name="Curiosity", category="trait", **common)
    with pytest.raises(DomainError, match="already"):
        plans.add_attribute(job=job, name="curiosity ", category="trait", **common)


def test_a_copied_plan_lands_in_stages_alike_and_beside_what_is_there(common):
    source = JobFactory()
    step(source.stages.get(name="Interview"), "Technical", common)
    step(source.stages.get(name="Screening"), "Phone", common)
    plans.add_attribute(job=source, name="Curiosity", category="trait", **common)
    job = JobFactory(stages=[("Applied", "applied"), ("Talks", "interview"), ("Hired", "hired")])
    talks = job.stages.get(name="Talks")
    step(talks, "Lunch", common)
    assert plans.copy_plan(job=job, source=source, **common) == (1, 1)
    assert plans.copy_plan(job=job, source=source, **common) == (0, 0)
    assert names(talks) == ["Lunch", "Technical"]
