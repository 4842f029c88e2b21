"""The whole judgement: a sound installation, the command, and what a repair puts on record."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import Event
from candidates.models import Resume
from hrassist import check_outcomes
from hrassist.lib import storage
from hrassist.metrics import machine
from hrassist.models import CheckOutcome, User
from hrassist.models.check_outcome import EVERY
from hrassist.ops import fsck, watching
from tests import factories
from tests.deploy.monitoring import run
from tests.hrassist.ops.fsck.asking import State, asked, said, settled
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_sound_installation_breaks_nothing(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.AVAILABLE)
    factories.ResumeFactory(content=b"some bytes", pages=2, ticket=ticket)
    verdict = fsck.judge(now=timezone.now())
    assert said(verdict) == ""
    assert verdict.holds
    assert list(verdict.broken) == [f"I{number}" for number in range(1, 13)]


def test_the_command_says_what_is_broken_what_to_do_and_leaves_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    factories.ResumeFactory(content=b"here", scanned_by="")
    with pytest.raises(CommandError, match=r"Broken: I2\."):
        call_command("fsck", only=["I2", "I3"])
    shown = capsys.readouterr().out
    assert "BROKEN  I2" in shown
    assert "→ Take it out of reach" in shown
    assert "holds   I3" in shown


def test_the_command_gives_json_and_knows_its_invariants(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fsck", only=["I12"], json=True)
    assert json.loads(capsys.readouterr().out)["holds"] is True
    with pytest.raises(CommandError, match="no invariant I13"):
        call_command("fsck", only=["I13"])


def told(name: str) -> dict[str, float]:
    return {
        sample.labels.get("check", ""): sample.value
        for metric in machine.checks()
        for sample in metric.samples
        if sample.name == name
    }


@pytest.mark.django_db(transaction=True)
def test_a_promise_that_is_found_broken_is_a_figure_and_fires_its_alert(tmp_path: Path) -> None:
    factories.ResumeFactory(content=b"here", scanned_by="")
    with pytest.raises(CommandError, match=r"Broken: .*I2"):
        call_command("fsck", quick=True)
    broken = CheckOutcome.objects.get(name="fsck").broken
    assert broken >= 1
    assert told("hrassist_promises_broken") == {"fsck": broken}
    # As Prometheus sees what is served: for five minutes, and then somebody is told.
    rules = {"groups": watching.rules(watching.load(settings.ALERTS_CONFIG))["groups"]}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    served = [{"series": 'hrassist_promises_broken{check="fsck"}', "values": f"{broken}x60"}]
    fires = {"expr": 'count(ALERTS{alertname="PromisesBroken",alertstate="firing"})', "eval_time": "6m",
             "exp_samples": [{"labels": "{}", "value": 1}]}  # fmt: skip
    tests = {"rule_files": ["rules.yml"], "tests": [
        {"interval": "15s", "input_series": served, "promql_expr_test": [fires]},
    ]}  # fmt: skip
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    done = run("promtool", "test", "rules", "tests.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_check_that_reads_files_counts_for_both_and_one_that_asks_less_for_none() -> None:
    call_command("fsck", only=["I12"], stdout=StringIO())
    assert not CheckOutcome.objects.exists()
    with contextlib.suppress(CommandError):
        call_command("fsck", stdout=StringIO())
    assert set(CheckOutcome.objects.values_list("name", flat=True)) == {"fsck", "fsck_files"}


def test_a_check_that_never_ran_is_as_old_as_the_database_and_one_that_ran_is_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = now() - interval '40 hours'")
    now = timezone.now()
    assert check_outcomes.keep([CheckOutcome.Name.FSCK], broken=0, now=now - timedelta(hours=2))
    ages = {name: round(age / 3600) for name, age in told("hrassist_check_age_seconds").items()}
    assert ages == {"fsck": 2, "fsck_files": 40, "storage_doctor": 40, "audit_verify": 40}
    assert told("hrassist_check_every_seconds") == {
        "fsck": 86400, "fsck_files": 604800, "storage_doctor": 86400, "audit_verify": 86400,
    }  # fmt: skip


def test_how_often_a_check_is_due_is_how_often_its_timer_starts_it() -> None:
    days = {}
    for timer in (ROOT / "deploy/vm/systemd").glob("*.timer"):
        when = re.search(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)
        assert when is not None
        days[timer.stem] = 7 if when[1].startswith("Sun ") else 1
    assert {name: every.days for name, every in EVERY.items()} == {
        name: days[f"hrassist-{name.replace('_', '-')}"] for name in EVERY
    }


def test_a_repair_is_on_record_with_its_counts(events: Callable[..., list[Event]], recruiter: User) -> None:
    del recruiter
    factories.ResumeFactory(content=b"one")
    resume = factories.ResumeFactory(content=b"two")
    storage.clean().delete(resume.key)
    asked("I2", repair=True)
    (event,) = events("database.repaired")
    assert event.changes == {"mended": 0, "not_mended": 1}
    assert Resume.objects.count() == 2
