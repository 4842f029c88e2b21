"""People move through a pipeline while somebody else changes its steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from jobs.actions import applications, stages
from jobs.models import Application, Stage, StageTransition
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.jobs.reports.test_kept_waits import kept, slowly
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def withdrawn_by_nobody(one: Application) -> None:
    """As erasure does it: over several jobs, so that it locks applications and no job."""
    with transaction.atomic():
        row = Application.objects.select_for_update(of=("self",)).select_related("stage").get(pk=one.pk)
        if row.status != "active":
            return
        StageTransition.objects.create(
            application=row, from_stage=row.stage, to_stage=row.stage, from_status="active", to_status="withdrawn",
            at=NOON,
        )  # fmt: skip
        Application.objects.filter(pk=row.pk).update(status="withdrawn", ended_at=NOON)


@pytest.mark.parametrize("seed", range(12))
def test_whoever_moves_people_and_whoever_changes_steps_never_wait_for_each_other(seed: int) -> None:
    dice = random.Random(seed)
    job, rosa, cora = JobFactory(), UserFactory(), UserFactory()
    people = [applications.apply(candidate=one.candidate, job=job, by=rosa, now=NOON)
              for one in ApplicationFactory.create_batch(4)]  # fmt: skip
    applied, screening, interview, offer, _hired = job.stages.all()
    order = [one.pk for one in job.stages.all()]

    def change(stage: Stage, kind: str) -> Callable[[], Any]:
        return lambda: stages.change(stage=stage, name=f"{stage.name} {seed}", kind=kind, by=cora, now=NOON)

    works: list[Callable[[], Any]] = [
        change(screening, "interview"),
        change(applied, "screen"),
        lambda: stages.reorder(job=job, order=[order[1], order[0], *order[2:]], by=cora, now=NOON),
        lambda: applications.move(application=people[0], to=screening, by=rosa, now=NOON),
        lambda: applications.move(application=people[1], to=dice.choice([interview, offer]), by=rosa, now=NOON),
        lambda: withdrawn_by_nobody(people[2]),
        lambda: withdrawn_by_nobody(people[3]),
    ]
    dice.shuffle(works)
    at_once(*works)
    here = Application.objects.filter(job=job)
    assert here.count() == 4
    assert not here.exclude(stage_kind=F("stage__kind")).exists()
    assert set(job.stages.filter(pk__in=[screening.pk, applied.pk]).values_list("kind", flat=True)) == {
        "interview", "screen",
    }  # fmt: skip
    assert here.filter(status="withdrawn").count() == 2
    assert kept() == slowly()
