"""Failpoints kill in development only, and only where they are named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from hrassist.lib import failpoint


def test_in_production_nothing_dies(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv(failpoint.VARIABLE, "here")
    settings.DEVELOPMENT = False
    failpoint.reach("here")
    assert os.environ[failpoint.VARIABLE] == "here"


@pytest.mark.parametrize(("named", "status"), [("here", -signal.SIGKILL), ("there", 0), ("", 0)])
def test_only_the_named_place_kills(named: str, status: int) -> None:
    code = "from hrassist.lib import failpoint; failpoint.reach('here')"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hrassist.settings",
        "HRASSIST_ENV": "development",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        failpoint.VARIABLE: named,
    }
    ended = subprocess.run([sys.executable, "-c", code], cwd=configured.BASE_DIR, env=environment, check=False)
    assert ended.returncode == status


def test_a_held_place_keeps_the_first_thread_and_lets_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(failpoint.VARIABLE, f"{failpoint.HOLD}here")
    failpoint.reach("there")
    first = threading.Thread(target=failpoint.reach, args=["here"], daemon=True)
    first.start()
    first.join(1)
    failpoint.reach("here")
    assert first.is_alive()
    assert capfd.readouterr().err == "held at here\n"
