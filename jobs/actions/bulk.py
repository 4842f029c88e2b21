"""The steps of an application for many at once: each row is its own action, and what one refuses stops no other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from candidates.models import Candidate
from hrassist.lib.errors import DomainError, NotFound
from hrassist.lib.outcomes import Followed, Outcome
from jobs.actions import applications, tailorings
from jobs.actions.applications import AlreadyApplied
from jobs.models import Application, Job, RejectionReason, Stage, TailoringRun

if TYPE_CHECKING:
    from hrassist.models import LongTask, User

logger = logging.getLogger(__name__)
RunState = TailoringRun.State
CHANGED_MEANWHILE = "Somebody moved this application after you chose it."


@transaction.atomic
def add_to_job(*, keys: Sequence[UUID], job: UUID | str, source: str, by: User, now: datetime) -> Outcome:
    """Put these people into a job's pipeline; who is in it already is left alone. Raises NotFound for an unseen job."""
    found = Job.objects.visible_to(by).filter(pk=job).first()
    if found is None:
        raise NotFound("This job is not there any more.")
    people = Candidate.objects.visible_to(by).filter(pk__in=keys).order_by("pk")

    def step(candidate: Candidate) -> bool:
        try:
            with transaction.atomic():
                applications.apply(candidate=candidate, job=found, by=by, now=now, source=source)
        except AlreadyApplied:
            return False
        return True

    return _each(people, step)


@transaction.atomic
def move(*, keys: Sequence[UUID], to: str, seen_at: str, by: User, now: datetime) -> Outcome:
    """Put these applications into a stage: `stage:<id>` of their one job, or `kind:<kind>` in each one's own job.

    An application that was moved after `seen_at` (ISO) is refused: it is not where it was when it was chosen.
    """
    how, _, what = to.partition(":")

    def step(one: Application) -> bool:
        stages = one.job.stages.order_by("position")
        stage = stages.filter(pk=int(what)).first() if how == "stage" else stages.filter(kind=what).first()
        if stage is None:
            raise DomainError("Its job has no such stage.", code="bad_stage")
        if stage.pk == one.stage_id and one.status == Application.Status.ACTIVE:
            return False
        applications.move(application=one, to=stage, by=by, now=now)
        return True

    return _each_application(keys, step, by=by, seen_at=seen_at)


@transaction.atomic
def reject(*, keys: Sequence[UUID], reason: int, note: str, seen_at: str, by: User, now: datetime) -> Outcome:
    """End these applications by our decision, each with the reason; moved ones are refused as in `move`."""
    found = RejectionReason.objects.filter(pk=reason, active=True).first()
    if found is None:
        raise DomainError("Choose a reason: the person may ask for it.", code="no_reason")

    def step(one: Application) -> bool:
        applications.reject(application=one, reason=found, by=by, now=now, note=note)
        return True

    return _each_application(keys, step, by=by, seen_at=seen_at)


@transaction.atomic
def unreject(*, keys: Sequence[UUID], by: User, now: datetime, **_said: Any) -> Outcome:
    """Bring these applications back to the stage where each ended."""

    def step(one: Application) -> bool:
        applications.unreject(application=one, by=by, now=now)
        return True

    return _each_application(keys, step, by=by)


@transaction.atomic
def tailor(
    *, keys: Sequence[UUID], provider: str, language: str, with_letter: bool, batch: LongTask, by: User, now: datetime
) -> Outcome:  # fmt: skip
    """Begin to tailor the resumes of these applications, each to its own job; the worker takes one after another.

    What `batch` began already counts as begun and is not begun again.
    """
    begun = set(TailoringRun.objects.filter(batch=batch).values_list("application", flat=True))

    def step(one: Application) -> bool:
        if one.pk in begun:
            return True
        run = tailorings.start(
            application=one, by=by, now=now, provider=provider, language=language, with_letter=with_letter, batch=batch
        )
        return run.batch_id == batch.pk

    return _each_application(keys, step, by=by)


def tailored_so_far(batch: LongTask) -> Followed:
    """How far the tailored resumes are that this work began."""
    states = TailoringRun.objects.filter(batch=batch).order_by().values_list("state").annotate(count=Count("pk"))
    of: Counter[str] = Counter(dict(states))
    working = of[RunState.QUEUED] + of[RunState.RUNNING]
    counts = {
        "begun": of.total(),
        "to_review": of[RunState.REVIEW],
        "approved": of[RunState.APPROVED] + of[RunState.READY],
        "failed": of[RunState.FAILED],
        "stopped": of[RunState.CANCELLED],
    }
    return Followed(open=working, ended=of.total() - working, counts=counts)


def stop_tailoring(batch: LongTask) -> None:
    """Stop the resumes of this work that are not tailored yet; each on its own, whatever becomes of the others."""
    for run in TailoringRun.objects.unfinished().filter(batch=batch):
        try:
            tailorings.cancel(run=run, by=batch.created_by, now=timezone.now())
        except DomainError as refused:
            logger.info("tailoring run %s was not stopped: %s", run.pk, refused.code)


def _each_application(
    keys: Sequence[UUID], step: Callable[[Application], bool], *, by: User, seen_at: str = ""
) -> Outcome:
    seen = datetime.fromisoformat(seen_at) if seen_at else None

    def careful(one: Application) -> bool:
        if seen is not None and one.updated_at > seen:
            raise DomainError(CHANGED_MEANWHILE, code="application_moved")
        return step(one)

    # In one order, so that two people who move the same rows never wait for each other in a circle.
    rows = (
        Application.objects.visible_to(by).filter(pk__in=keys).select_related("job", "stage").order_by("job_id", "pk")
    )
    return _each(rows, careful)


def _each(rows: Any, step: Callable[[Any], bool]) -> Outcome:
    outcome = Outcome()
    for row in rows:
        try:
            with transaction.atomic():
                changed = step(row)
        except DomainError as refused:
            outcome.refused.append((row.pk, refused.message))
            continue
        if changed:
            outcome.changed.append(row.pk)
        else:
            outcome.unchanged += 1
    return outcome


def stage_choices(job_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """Where applications of these jobs may be moved to together: the stages of one job, or the kinds that all share."""
    if len(job_ids) == 1:
        stages = Stage.objects.filter(job=job_ids[0]).exclude(kind=Stage.Kind.HIRED).order_by("position")
        return [(f"stage:{one.pk}", one.name) for one in stages]
    kinds = [kind for kind in Stage.Kind if kind != Stage.Kind.HIRED]
    return [(f"kind:{kind.value}", f"{kind.label} (the first such stage of each job)") for kind in kinds]
