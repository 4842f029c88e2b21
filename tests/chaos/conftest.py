"""Real workers for the tests that take something away from them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Event
from hrassist.ops import fsck
from tests.emptied import forget_rows

PATIENCE = 120.0

Reader = Callable[..., "subprocess.Popen[bytes]"]


@dataclass(slots=True)
class Judged:
    """What a test leaves broken by what it does: of each invariant the words that fsck may say."""

    but: dict[str, str] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def judged(own_store: Path, own_anchors: Path, settings: Settings, transactional_db: None) -> Iterator[Judged]:
    """However a test ends: rows, files, tasks and the trail hold what is promised, as `manage.py fsck` sees it."""
    del own_store, own_anchors, settings, transactional_db
    if Event.objects.exists():
        # A database that was migrated an hour ago has events of that hour, which no worker here was to seal.
        forget_rows()
    expected = Judged()
    yield expected
    verdict = fsck.judge(now=timezone.now())
    assert list(verdict.broken) == [one.name for one in fsck.INVARIANTS]
    said = {
        name: [one.what for one in found if not re.fullmatch(expected.but.get(name, ""), one.what)]
        for name, found in verdict.broken.items()
    }
    assert {name: found for name, found in said.items() if found} == {}


@pytest.fixture
def reader(own_store: Path, tmp_path: Path) -> Iterator[Reader]:
    """Starts a worker of the ingest queue on the test's database and store, with these settings of the environment."""
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    started: list[subprocess.Popen[bytes]] = []

    def start(*, concurrency: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "ingest"]
        with (tmp_path / f"reader-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--concurrency", str(concurrency), "--fetch-job-polling-interval", "0.5"],
                cwd=configured.BASE_DIR,
                env={
                    **os.environ,
                    "HRASSIST_ENV": "development",
                    "DATABASE_URL": url,
                    "HRASSIST_STORAGE_DIR": str(own_store),
                    "HRASSIST_VAR_DIR": str(tmp_path / "var"),
                    **environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def until(done: Callable[[], bool], *, what: str, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience:.0f} s"
        time.sleep(0.2)
