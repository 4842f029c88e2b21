"""The runbook's reading commands, all of them, over an installation that runs and is backed up."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from hrassist.ops import runbook
from hrassist.ops import runbook_rules as rules
from hrassist.ops.backup import keys
from tests.browser.conftest import environment_of_the_test
from tests.deploy.monitoring import started, wait_for
from tests.deploy.tools import SBIN, run
from tests.factories import ResumeFactory
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "audit"])
# Of a machine that was not set up for it: systemd does not run in a container, and no cluster is at hand.
MAY_BE_ABSENT = {"systemctl", "timedatectl", "journalctl", "kubectl"}


@pytest.fixture
def settings_of_it(own_store: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An installation with two places of backups, whose commands of the night and of the week have run once."""
    own_store.mkdir()
    keys.generate(tmp_path / "backup.key")
    for name in "AB":
        (tmp_path / name).mkdir()
    at = connection.settings_dict
    settings = environment_of_the_test(own_store) | {
        "HRASSIST_DB_OWNER_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at),
        "HRASSIST_VAR_DIR": str(tmp_path / "var"),
        "HRASSIST_BACKUP_A": str(tmp_path / "A"),
        "HRASSIST_BACKUP_B": str(tmp_path / "B"),
        "HRASSIST_BACKUP_KEY_FILE": str(tmp_path / "backup.key"),
    }
    ResumeFactory(content=b"a resume")
    # The clock seals each minute; what fsck proves goes over what is sealed.
    commands: tuple[tuple[str, ...], ...] = (
        ("audit_seal",), ("backup",), ("drill",), ("storage_doctor",), ("fsck", "--quick"),
        ("procrastinate", "worker", "--one-shot"),
    )  # fmt: skip
    for command in commands:
        done = run(sys.executable, "manage.py", *command, timeout=600, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
    # What the web process counts is there once it answered somebody, be it that they have no token.
    web = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py", "hrassist.wsgi:application"]
    bound = settings | {"HRASSIST_WEB_BIND": f"unix:{tmp_path}/web.sock", "PATH": SBIN}
    with started(web, log=tmp_path / "web.log", env=bound):
        asked = ("curl", "--silent", "--unix-socket", f"{tmp_path}/web.sock", "http://localhost/api/v1/me")
        wait_for(lambda: run(*asked).returncode == 0, seconds=300, why="the web process does not answer")
        yield settings


def test_every_line_can_be_run_and_none_fails(settings_of_it):
    done = run(sys.executable, "manage.py", "runbook_check", timeout=1200, **settings_of_it)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if re.match(r"[a-z ]{13} \S+\.md: ", line)]
    commands = runbook.commands(ROOT / "docs/infrastructure")
    assert len(lines) == len(commands) > 75
    found = {line.partition(".md: ")[2]: line[:13].strip() for line in lines}
    assert set(found) == {command.text for command in commands}
    for text, result in found.items():
        if result == runbook.Result.ABSENT:
            assert text.split()[0] in MAY_BE_ABSENT or any(place in text for place in runbook.PLACES), text
        elif result == runbook.Result.EMPTY:
            assert text in rules.MAY_FIND_NOTHING, text
        else:
            # No figure of an installation that runs is named wrongly.
            assert result == runbook.Result.OK, text
    assert Counter(found.values())[runbook.Result.OK] > len(commands) * 0.6


def test_a_place_without_pages_is_no_runbook(tmp_path):
    done = run(sys.executable, "manage.py", "runbook_check", "--root", tmp_path, HRASSIST_ENV="development")
    assert done.returncode == 1
    assert "There is no page with commands in" in done.stderr
