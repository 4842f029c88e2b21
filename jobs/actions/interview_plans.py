"""What the interviews of a job are to find out: the steps of each stage, and the attributes that are rated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import InterviewPlanStep, Job, ScorecardAttribute, Stage

if TYPE_CHECKING:
    from hrassist.models import User

MOST_ATTRIBUTES = 30
Placed = TypeVar("Placed", InterviewPlanStep, ScorecardAttribute)


@transaction.atomic
def add_step(*, stage: Stage, name: str, minutes: int, instructions: str, by: User, now: datetime) -> InterviewPlanStep:
    """One more interview at the end of a stage's plan."""
    del now
    _lock(stage.job_id)
    step = InterviewPlanStep.objects.create(
        stage=stage, name=_named(name), minutes=_length(minutes), instructions=instructions.strip(),
        position=stage.plan.count(),
    )  # fmt: skip
    _record(stage.job_id, "step_added", by=by, step=step.pk)
    return step


@transaction.atomic
def change_step(
    *, step: InterviewPlanStep, name: str, minutes: int, instructions: str, by: User, now: datetime
) -> InterviewPlanStep:
    """Other words or another length; interviews that were scheduled keep theirs."""
    del now
    _lock(step.stage.job_id)
    step.name, step.minutes, step.instructions = _named(name), _length(minutes), instructions.strip()
    step.save(update_fields=["name", "minutes", "instructions"])
    _record(step.stage.job_id, "step_changed", by=by, step=step.pk)
    return step


@transaction.atomic
def move_step(*, step: InterviewPlanStep, up: bool, by: User, now: datetime) -> None:
    """One place up or down within its stage; at the end it stays."""
    del now
    _lock(step.stage.job_id)
    _swap(list(step.stage.plan.order_by("position")), step, up=up)
    _record(step.stage.job_id, "step_moved", by=by, step=step.pk)


@transaction.atomic
def remove_step(*, step: InterviewPlanStep, by: User, now: datetime) -> None:
    """Take a step out; interviews that were scheduled from it stay."""
    del now
    _lock(step.stage.job_id)
    _record(step.stage.job_id, "step_removed", by=by, step=step.pk)
    stage = step.stage
    step.delete()
    _number(stage.plan.order_by("position"))


@transaction.atomic
def add_attribute(*, job: Job, name: str, category: str, by: User, now: datetime) -> ScorecardAttribute:
    """One more thing to rate. Raises DomainError for one that is there, and for more than anybody would fill in."""
    del now
    _lock(job.pk)
    name = _named(name)
    if category not in ScorecardAttribute.Category.values:
        raise DomainError("Choose skill, trait or qualification.", code="bad_category")
    if job.scorecard_attributes.filter(name__iexact=name).exists():
        raise DomainError("“{name}” is on the scorecard already.", code="attribute_twice", name=name)
    count = job.scorecard_attributes.count()
    if count >= MOST_ATTRIBUTES:
        raise DomainError("A scorecard has at most 30 attributes.", code="too_many_attributes")
    attribute = ScorecardAttribute.objects.create(job=job, name=name, category=category, position=count)
    _record(job.pk, "attribute_added", by=by, attribute=attribute.pk)
    return attribute


@transaction.atomic
def move_attribute(*, attribute: ScorecardAttribute, up: bool, by: User, now: datetime) -> None:
    """One place up or down on the card."""
    del now
    _lock(attribute.job_id)
    _swap(list(attribute.job.scorecard_attributes.order_by("position", "pk")), attribute, up=up)
    _record(attribute.job_id, "attribute_moved", by=by, attribute=attribute.pk)


@transaction.atomic
def remove_attribute(*, attribute: ScorecardAttribute, by: User, now: datetime) -> None:
    """Take an attribute off the card. Raises Conflict when somebody has rated it: what was said stays."""
    del now
    _lock(attribute.job_id)
    count = attribute.ratings.count()
    if count:
        # Not how they were rated, and not by whom: only that it cannot go.
        raise Conflict("Somebody has rated “{name}”, so it stays on the scorecard.", code="attribute_rated",
                       name=attribute.name)  # fmt: skip
    job = attribute.job
    _record(job.pk, "attribute_removed", by=by, attribute=attribute.pk)
    attribute.delete()
    _number(job.scorecard_attributes.order_by("position", "pk"))


@transaction.atomic
def propose_attributes(*, job: Job, by: User, now: datetime) -> int:
    """Put the job's must-haves on the scorecard, as skills, unless they are there; gives how many are new."""
    _lock(job.pk)
    lines = [" ".join(line.split())[:80] for line in job.must_have.splitlines()]
    return _add_missing(job, [(line, ScorecardAttribute.Category.SKILL) for line in lines if line], by=by, now=now)


@transaction.atomic
def copy_plan(*, job: Job, source: Job, by: User, now: datetime) -> tuple[int, int]:
    """Bring the steps and attributes of another job here, beside what is there; gives how many of each are new.

    A step goes to the stage of the same name, else to the first one of the same kind; without either it is left out.
    """
    if job.pk == source.pk:
        raise DomainError("Choose another job to copy from.", code="same_job")
    _lock(job.pk)
    stages = list(job.stages.order_by("position"))
    steps = 0
    for step in InterviewPlanStep.objects.filter(stage__job=source).select_related("stage"):
        to = _alike(step.stage, stages)
        if to is None or to.plan.filter(name=step.name).exists():
            continue
        InterviewPlanStep.objects.create(
            stage=to, name=step.name, minutes=step.minutes, instructions=step.instructions, position=to.plan.count()
        )
        steps += 1
    wanted = [(one.name, one.category) for one in source.scorecard_attributes.order_by("position", "pk")]
    attributes = _add_missing(job, wanted, by=by, now=now)
    _record(job.pk, "plan_copied", by=by, source=source.pk, steps=steps, attributes=attributes)
    return steps, attributes


def _alike(stage: Stage, stages: list[Stage]) -> Stage | None:
    same_name = next((one for one in stages if one.name.lower() == stage.name.lower()), None)
    return same_name or next((one for one in stages if one.kind == stage.kind), None)


def _add_missing(job: Job, wanted: Iterable[tuple[str, str]], *, by: User, now: datetime) -> int:
    there = {name.lower() for name in job.scorecard_attributes.values_list("name", flat=True)}
    added = 0
    for name, category in wanted:
        if name.lower() in there or len(there) >= MOST_ATTRIBUTES:
            continue
        add_attribute(job=job, name=name, category=category, by=by, now=now)
        there.add(name.lower())
        added += 1
    return added


def _lock(job_pk: Any) -> None:
    """Two people who edit a plan at once take turns, so that no two steps get the same place."""
    Job.objects.select_for_update(no_key=True).get(pk=job_pk)


def _swap(rows: list[Placed], row: Placed, *, up: bool) -> None:
    place = next(number for number, one in enumerate(rows) if one.pk == row.pk)
    other = place + (-1 if up else 1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    _number(rows)


def _number(rows: Iterable[Placed]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _named(name: str) -> str:
    tidy = " ".join(name.split())[:80]
    if not tidy:
        raise DomainError("Give it a name.", code="no_name", fields={"name": ["Give it a name."]})
    return tidy


def _length(minutes: int) -> int:
    if not 5 <= minutes <= 600:
        raise DomainError("An interview takes between 5 and 600 minutes.", code="bad_length",
                          fields={"minutes": ["Between 5 and 600."]})  # fmt: skip
    return minutes


def _record(job_pk: Any, what: str, *, by: User, **changes: Any) -> None:
    audit.record(f"interview_plan.{what}", target=Job(pk=job_pk), by=by, job=job_pk, **changes)
