"""Lives of applications, written as days: `life("applied", (3, "screen"), (10, "rejected"))`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import Application, StageTransition
from jobs.reports.scope import Scope
from tests.factories import ApplicationFactory, CandidateFactory, UserFactory

DAY_ZERO = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
ENDS = {"rejected", "withdrawn", "hired"}


@pytest.fixture
def life():
    """Put an application down with its steps: a kind moves it there, an ending ends it, `active` brings it back."""

    def put(job, *steps: tuple[float, str], source: str = "", came: float = 0) -> Application:
        kinds = {stage.kind: stage for stage in job.stages.all()}
        at = DAY_ZERO + timedelta(days=came)
        one = ApplicationFactory(job=job, candidate=CandidateFactory(email=""), source=source, applied_at=at)
        stage, status = kinds["applied"], "active"
        StageTransition.objects.create(application=one, from_stage=None, to_stage=stage, to_status="active", at=at)
        for day, to in steps:
            before, before_status = stage, status
            if to in ENDS or to == "active":
                status = to
            else:
                stage = kinds[to]
            if to == "hired":
                stage = kinds["hired"]
            StageTransition.objects.create(
                application=one, from_stage=before, to_stage=stage, from_status=before_status, to_status=status,
                at=at + timedelta(days=day),
            )  # fmt: skip
        one.stage, one.status = stage, status
        one.ended_at, one.ended_by = (at, UserFactory()) if status != "active" else (None, None)
        one.save()
        return one

    return put


@pytest.fixture
def scope():
    """September 2026 as this user sees it."""

    def make(user, **options) -> Scope:
        options = {"since": DAY_ZERO.date(), "until": datetime(2026, 9, 30, tzinfo=UTC).date()} | options
        return Scope(user=user, **options)

    return make
