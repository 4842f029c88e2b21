"""The steps of one job's pipeline: what they are called, what kind they are, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import Application, Job, Stage, StageTransition

if TYPE_CHECKING:
    from hrassist.models import User

Kind = Stage.Kind
MOST = 30


class StagesChanged(Conflict):
    """The pipeline is not the one that was read."""

    code = "stages_changed"
    default_message = "Somebody changed the stages since you read them. Look at them again, then repeat your change."


class StageInUse(Conflict):
    """Somebody stands there, or stood there once."""

    code = "stage_in_use"


@transaction.atomic
def add(
    *, job: Job, name: str, kind: str, by: User, now: datetime, before: Stage | None = None,
    expected: Sequence[int] | None = None,
) -> Stage:  # fmt: skip
    """A further step, before the one that is named, or else as the last one before people are hired."""
    job, steps = _locked(job, expected)
    name = _name(name, others=steps)
    if kind == Kind.HIRED or kind not in Kind.values:
        raise DomainError("A pipeline ends with its only stage of the kind hired. Choose another kind.",
                          code="bad_pipeline", fields={"kind": ["Choose another kind."]})  # fmt: skip
    if len(steps) >= MOST:
        raise DomainError("A pipeline has at most {most} stages.", code="bad_pipeline", most=MOST)
    keys = [step.pk for step in steps]
    if before is not None and before.pk not in keys:
        raise DomainError("This stage belongs to another job.", code="bad_stage")
    at = keys.index(before.pk) if before is not None else max(len(steps) - 1, 0)
    _hold(job)
    behind = max((one.position for one in steps), default=0) + 1
    made = Stage.objects.create(job=job, name=name, kind=kind, position=behind)
    _put([*steps[:at], made, *steps[at:]])
    _record("job.stage_added", job, by=by, now=now, stage=made.pk, kind=kind)
    return made


@transaction.atomic
def change(
    *, stage: Stage, name: str, kind: str, by: User, now: datetime, expected: Sequence[int] | None = None
) -> Stage:
    """Another name or kind; the people in it stay where they are."""
    job, steps = _locked(stage.job, expected)
    stage = next((one for one in steps if one.pk == stage.pk), stage)
    name = _name(name, others=[one for one in steps if one.pk != stage.pk])
    if kind not in Kind.values or (kind == Kind.HIRED) != (stage.kind == Kind.HIRED):
        raise DomainError("The last stage, and only the last one, is of the kind hired.", code="bad_pipeline",
                          fields={"kind": ["Choose another kind."]})  # fmt: skip
    if (stage.name, stage.kind) == (name, kind):
        return stage
    changes = {"kind": kind} if stage.kind != kind else {}
    if changes:
        _hold(job)
    stage.name, stage.kind = name, kind
    stage.save(update_fields=["name", "kind"])
    _record("job.stage_changed", job, by=by, now=now, stage=stage.pk, **changes)
    return stage


@transaction.atomic
def shift(*, stage: Stage, by: User, now: datetime, by_steps: int, expected: Sequence[int] | None = None) -> None:
    """Move a step so many places on (or back, where negative); the step of the hired stays last."""
    job, steps = _locked(stage.job, expected)
    keys = [one.pk for one in steps]
    at = keys.index(stage.pk)
    to = min(max(at + by_steps, 0), len(steps) - 1)
    order = [*keys]
    order.insert(to, order.pop(at))
    _reorder(job, steps, order, by=by, now=now)


@transaction.atomic
def reorder(*, job: Job, order: Sequence[int], by: User, now: datetime, expected: Sequence[int] | None = None) -> None:
    """Put all steps into this order, given by their primary keys."""
    job, steps = _locked(job, expected)
    _reorder(job, steps, order, by=by, now=now)


@transaction.atomic
def remove(*, stage: Stage, by: User, now: datetime, expected: Sequence[int] | None = None) -> None:
    """Take a step away through which nobody has gone. Raises StageInUse, which names how many stand in the way."""
    job, steps = _locked(stage.job, expected)
    stage = next((one for one in steps if one.pk == stage.pk), stage)
    if stage.kind == Kind.HIRED or len(steps) <= 2:
        raise DomainError("A pipeline keeps a first stage and the one of the hired.", code="bad_pipeline")
    waiting = Application.objects.active().filter(stage=stage).count()
    if waiting:
        people = "1 person is" if waiting == 1 else f"{waiting} people are"
        raise StageInUse(f"{people} in {stage.name}. Move them to another stage first.")
    ended = Application.objects.filter(stage=stage).count()
    if (
        ended
        or StageTransition.objects.filter(from_stage=stage).exists()
        or (StageTransition.objects.filter(to_stage=stage).exists())
    ):
        raise StageInUse(
            f"{stage.name} is empty, but it is on record that people went through it: figures would change. "
            "Rename it instead."
        )
    key, rest = stage.pk, [one for one in steps if one.pk != stage.pk]
    _hold(job)
    stage.delete()
    _put(rest)
    _record("job.stage_removed", job, by=by, now=now, stage=key)


def _reorder(job: Job, steps: list[Stage], order: Sequence[int], *, by: User, now: datetime) -> None:
    by_key = {one.pk: one for one in steps}
    if sorted(order) != sorted(by_key):
        raise StagesChanged
    wanted = [by_key[key] for key in order]
    if wanted[-1].kind != Kind.HIRED:
        raise DomainError("The stage of the hired stays last.", code="bad_pipeline")
    if wanted == steps:
        return
    _hold(job)
    _put(wanted)
    _record("job.stages_reordered", job, by=by, now=now, order=list(order))


def _locked(job: Job, expected: Sequence[int] | None) -> tuple[Job, list[Stage]]:
    """The job, locked as every step of an application locks it, and its stages in order."""
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.status == Job.Status.ARCHIVED:
        raise Conflict("This job is archived. Bring it back first.", code="job_status")
    steps = list(job.stages.order_by("position"))
    if expected is not None and list(expected) != [one.pk for one in steps]:
        raise StagesChanged
    return job, steps


def _hold(job: Job) -> None:
    """Lock the job's applications, as the database does when kinds or positions change, but before their stages.

    Whoever writes a step holds its application and then asks for its stage: erasure does so without the job's lock.
    """
    list(Application.objects.select_for_update(no_key=True).filter(job=job).order_by("pk").values_list("pk"))


def _name(given: str, *, others: Sequence[Stage]) -> str:
    name = " ".join(given.split())[:60]
    if not name:
        raise DomainError("Give the stage a name.", code="no_name", fields={"name": ["This must not be empty."]})
    if name.lower() in {one.name.lower() for one in others}:
        raise DomainError("Two stages have the same name.", code="bad_pipeline", fields={"name": ["Each name once."]})
    return name


def _put(steps: Sequence[Stage]) -> None:
    for position, one in enumerate(steps):
        one.position = position
    Stage.objects.bulk_update(steps, ["position"])


def _record(action: str, job: Job, *, by: User, now: datetime, **changes: Any) -> None:
    del now
    job.save(update_fields=["updated_at"])
    audit.record(action, target=job, by=by, job=job, **changes)
