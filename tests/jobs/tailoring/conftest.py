from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from jobs.actions import tailorings
from jobs.models import TailoringRun
from jobs.tailoring import pipeline
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.jobs.tailoring.resumes import AMARA, resume_of


@pytest.fixture(autouse=True)
def no_pace(settings: Any) -> None:
    settings.TAILORING_OFFLINE_PACE = 0


@pytest.fixture
def application(db: None) -> Any:
    candidate = CandidateFactory(full_name="Amara Okafor")
    resume_of(candidate, AMARA)
    job = JobFactory(title="Platform Engineer", must_have="Kubernetes\nPython\nRust", description="Run our platform.")
    return ApplicationFactory(candidate=candidate, job=job)


@pytest.fixture
def begun(application: Any, recruiter: Any, noon: datetime) -> TailoringRun:
    return tailorings.start(application=application, by=recruiter, now=noon)


@pytest.fixture
def tailor() -> Any:
    """Let a worker take a run to its end, with this provider; gives the run as it is then."""

    def work(run: TailoringRun, provider: Any = None) -> TailoringRun:
        pipeline.work(run.pk, provider=provider, pause=lambda _seconds: None)
        return TailoringRun.objects.get(pk=run.pk)

    return work
