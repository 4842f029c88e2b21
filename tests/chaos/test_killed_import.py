"""A worker killed in the middle of an import leaves whole rows, and the next one adds nobody twice."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from candidates.actions import imports
from candidates.models import Candidate, ImportedRow
from hrassist.lib import failpoint
from hrassist.models import LongTask, User
from tests.chaos.test_killed_workers import time_passes

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

ROWS = 50


def work(store: Path, *, dies_at: str = "", queue: str = "bulk") -> int:
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    environment = {
        **os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": url, "HRASSIST_STORAGE_DIR": str(store),
        failpoint.VARIABLE: dies_at,
    }  # fmt: skip
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", queue, "--one-shot"]
    return subprocess.run(command, cwd=configured.BASE_DIR, env=environment, check=False, timeout=120).returncode


def test_a_killed_import_is_taken_up_by_the_queue_and_ends_with_everybody_once(own_store: Path, recruiter: User):
    table = "Name;E-Mail\n" + "".join(f"Jane {n};jane{n}@example.org\n" for n in range(ROWS))
    data = table.encode()
    read = imports.receive(file=io.BytesIO(data), filename="x.csv", size=len(data), by=recruiter, now=timezone.now())
    assert work(own_store) == 0
    read.refresh_from_db()
    options = {"mapping": ["full_name", "email"], "existing": "fill", "source": "", "goal": "", "goal_key": ""}
    checked = imports.check(read=read, by=recruiter, now=timezone.now(), **options)
    assert work(own_store) == 0
    checked.refresh_from_db()
    task = imports.run(checked=checked, by=recruiter, now=timezone.now())
    assert work(own_store, dies_at="long_task.candidates.import_run.40") == -signal.SIGKILL
    task.refresh_from_db()
    assert (task.state, task.done, Candidate.objects.count()) == (LongTask.State.RUNNING, 40, 40)
    time_passes()
    assert work(own_store) == 0
    task.refresh_from_db()
    assert (task.state, task.result["new"]) == (LongTask.State.DONE, ROWS)
    assert Candidate.objects.count() == ImportedRow.objects.count() == ROWS
