"""The runbook's reading commands, all of them, over an installation that runs."""

from __future__ import annotations

import re
import sys
from collections import Counter

import pytest

from hrassist.ops import runbook
from tests.browser.conftest import environment_of_the_test
from tests.deploy.tools import run
from tests.factories import ResumeFactory
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "audit"])
# Of a machine that was not set up for it: systemd does not run in a container, and backups are made later.
MAY_BE_ABSENT = {"systemctl", "timedatectl", "journalctl"}
MAY_FIND_NOTHING = re.compile(r"grep ('?backup_|audit_|uploads_|worker_exits|privacy_)")


def test_every_line_can_be_run_and_none_fails(own_store):
    own_store.mkdir()
    ResumeFactory()
    settings = environment_of_the_test(own_store)
    done = run(sys.executable, "manage.py", "runbook_check", timeout=600, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if re.match(r"[a-z ]{13} \S+\.md: ", line)]
    commands = runbook.commands(ROOT / "docs/infrastructure")
    assert len(lines) == len(commands) > 25
    found = {line.partition(".md: ")[2]: line[:13].strip() for line in lines}
    assert set(found) == {command.text for command in commands}
    for text, result in found.items():
        if result == runbook.Result.ABSENT:
            assert text.split()[0] in MAY_BE_ABSENT, text
        elif result == runbook.Result.EMPTY:
            assert MAY_FIND_NOTHING.search(text), text
    assert Counter(found.values())[runbook.Result.OK] > len(commands) * 0.6


def test_a_place_without_pages_is_no_runbook(tmp_path):
    done = run(sys.executable, "manage.py", "runbook_check", "--root", tmp_path, HRASSIST_ENV="development")
    assert done.returncode == 1
    assert "There is no page with commands in" in done.stderr
