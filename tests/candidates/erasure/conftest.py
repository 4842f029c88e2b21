"""What tests of erasure need: no time to take it back, a ledger of their own, and a worker that does all of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates import erasure
from candidates.models import Candidate, Erasure


@pytest.fixture(autouse=True)
def ledger_folder(tmp_path: Path, settings: Settings) -> Path:
    settings.ERASURE_WAIT = timedelta(0)
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    settings.ERASURE_LEDGER_KEY = "a key that only this test knows"
    return tmp_path / "ledger"


def finish(pk: object) -> Erasure:
    """Work on it as the queue does, with the clock moved on where it waits."""
    for _ in range(5):
        try:
            erasure.run(str(pk))
        except erasure.Later:
            Erasure.objects.filter(pk=pk).update(run_after=timezone.now())
            continue
        break
    return Erasure.objects.get(pk=pk)


@pytest.fixture
def erase() -> Callable[[Candidate], Erasure]:
    """Erases somebody from the request to the certificate."""
    from candidates.actions import erasures

    def do(candidate: Candidate) -> Erasure:
        asked = erasures.request(
            candidate=candidate, by=None, channel="self_service", reason="zqcanary asked", now=timezone.now()
        )
        return finish(asked.pk)

    return do
