"""Editing a pipeline: order, kinds, and nobody left without a stage."""

from __future__ import annotations

from typing import Any

import pytest

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import User
from jobs.actions import applications, stages
from jobs.models import Job, Stage
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def how(recruiter: User) -> dict[str, Any]:
    return {"by": recruiter, "now": NOON}


def names(job: Job) -> list[str]:
    return list(job.stages.order_by("position").values_list("name", flat=True))


def named(job: Job, name: str) -> Stage:
    return job.stages.get(name=name)


def test_a_new_stage_comes_before_the_hired_or_where_it_is_put(how: dict[str, Any]) -> None:
    job = JobFactory()
    stages.add(job=job, name="Reference", kind="offer", **how)
    stages.add(job=job, name="Work sample", kind="interview", before=named(job, "Interview"), **how)
    assert names(job) == ["Applied", "Screening", "Work sample", "Interview", "Offer", "Reference", "Hired"]
    assert list(job.stages.order_by("position").values_list("position", flat=True)) == list(range(7))


@pytest.mark.parametrize(("name", "kind"), [("", "screen"), ("screening", "screen"), ("Second", "hired"), ("X", "odd")])
def test_no_empty_or_second_name_and_one_hired_stage(how: dict[str, Any], name: str, kind: str) -> None:
    job = JobFactory()
    with pytest.raises(DomainError):
        stages.add(job=job, name=name, kind=kind, **how)
    assert job.stages.count() == 5


def test_names_and_kinds_change_and_people_stay(how: dict[str, Any], events: Any) -> None:
    job = JobFactory()
    application = ApplicationFactory(job=job, stage=named(job, "Screening"))
    stages.change(stage=named(job, "Screening"), name="Phone call", kind="interview", **how)
    application.refresh_from_db()
    assert (application.stage.name, application.stage.kind) == ("Phone call", "interview")
    with pytest.raises(DomainError):
        stages.change(stage=named(job, "Hired"), name="Hired", kind="offer", **how)
    assert [event.changes["kind"] for event in events("job.stage_changed")] == ["interview"]


def test_stages_move_but_never_behind_the_hired(how: dict[str, Any]) -> None:
    job = JobFactory()
    stages.shift(stage=named(job, "Interview"), by_steps=-1, **how)
    assert names(job) == ["Applied", "Interview", "Screening", "Offer", "Hired"]
    stages.shift(stage=named(job, "Applied"), by_steps=-1, **how)
    with pytest.raises(DomainError, match="stays last"):
        stages.shift(stage=named(job, "Offer"), by_steps=1, **how)
    order = [named(job, name).pk for name in ("Screening", "Applied", "Offer", "Interview", "Hired")]
    stages.reorder(job=job, order=order, **how)
    assert names(job)[:2] == ["Screening", "Applied"]
    with pytest.raises(stages.StagesChanged):
        stages.reorder(job=job, order=order[1:], **how)


def test_a_stage_with_people_names_how_many_must_move_first(how: dict[str, Any]) -> None:
    job = JobFactory()
    for _ in range(3):
        ApplicationFactory(job=job, stage=named(job, "Screening"))
    with pytest.raises(stages.StageInUse, match="3 people are in Screening"):
        stages.remove(stage=named(job, "Screening"), **how)


def test_an_empty_stage_goes_unless_somebody_went_through_it(how: dict[str, Any], recruiter: User) -> None:
    job = JobFactory()
    application = applications.apply(candidate=CandidateFactory(), job=job, **how)
    applications.move(application=application, to=named(job, "Interview"), **how)
    with pytest.raises(stages.StageInUse, match="Rename it instead"):
        stages.remove(stage=named(job, "Applied"), **how)
    stages.remove(stage=named(job, "Screening"), **how)
    assert names(job) == ["Applied", "Interview", "Offer", "Hired"]
    assert list(job.stages.order_by("position").values_list("position", flat=True)) == [0, 1, 2, 3]


def test_two_people_who_edit_at_once_are_told(how: dict[str, Any]) -> None:
    job = JobFactory()
    seen = list(job.stages.order_by("position").values_list("pk", flat=True))
    stages.add(job=job, name="Test", kind="screen", expected=seen, **how)
    with pytest.raises(stages.StagesChanged):
        stages.remove(stage=named(job, "Offer"), expected=seen, **how)


def test_an_archived_job_keeps_its_stages(how: dict[str, Any]) -> None:
    with pytest.raises(Conflict, match="archived"):
        stages.add(job=JobFactory(status="archived"), name="Test", kind="screen", **how)
