"""The runbook's reading commands are found, held to reading, and run."""

from __future__ import annotations

import io
import re
import subprocess

import pytest
from django.core.management import CommandError, call_command

from hrassist.ops import runbook
from hrassist.ops.runbook import Command, Result
from tests.repo.sources import ROOT

BOOK = ROOT / "docs" / "infrastructure"


def write(folder, *lines: str) -> None:
    (folder / "page.md").write_text("# Page\n\n```sh check\n" + "\n".join(lines) + "\n```\n\n```sh\nrm -r /\n```\n")


def test_commands_are_found_each_once_also_within_a_list():
    found = [command.text for command in runbook.commands(BOOK)]
    assert len(found) == len(set(found)) > 25
    assert "uptime" in found
    assert ".venv/bin/python manage.py health" in found
    assert not any(line.startswith("rm ") for line in found)


@pytest.mark.parametrize(
    "line",
    [
        "rm -r var", "systemctl restart nginx", "uptime; reboot", "df -h > /etc/passwd", "curl -X POST http://x",
        "curl --data x http://y", "ps $(reboot)", "ps `reboot`", "uptime && reboot", "uptime || reboot",
        ".venv/bin/python manage.py migrate", ".venv/bin/python manage.py alert_rules", "df -h | tee /etc/passwd",
        ".venv/bin/python manage.py metrics --bind 0.0.0.0:9108", "timedatectl set-ntp true",
    ],
)  # fmt: skip
def test_what_could_change_something_is_refused(tmp_path, line):
    write(tmp_path, line)
    with pytest.raises(runbook.NotReading, match="Write it in a block without"):
        runbook.commands(tmp_path)
    with pytest.raises(CommandError, match="Write it in a block without"):
        call_command("runbook_check", root=tmp_path)


def test_a_block_without_the_mark_is_not_run(tmp_path):
    write(tmp_path, "uptime")
    assert [command.text for command in runbook.commands(tmp_path)] == ["uptime"]


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("uptime", Result.OK),
        ("df -h /nowhere-at-all", Result.FAILED),
        ("df -h / | grep nothing-like-it", Result.EMPTY),
        ("df -h /nowhere-at-all | grep x", Result.EMPTY),
        ("ps -e | head -3", Result.OK),
    ],
)
def test_how_a_command_ended_is_told(line, result):
    assert runbook.run(Command("page.md", line), cwd=ROOT).result == result


def test_what_many_lines_begin_with_is_asked_once(tmp_path):
    (tmp_path / "manage.py").write_text("open('asked', 'a').write('.'); print('queue_tasks 1')\n")
    runner = runbook.Runner(cwd=tmp_path)
    results = [
        runner.run(Command("page.md", f".venv/bin/python manage.py metrics --once | grep {what}")).result
        for what in ("queue_", "tasks", "backup_")
    ]
    assert results == [Result.OK, Result.OK, Result.EMPTY]
    assert (tmp_path / "asked").read_text() == "."


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("System has not been booted with systemd as init system (PID 1). Can't operate.", Result.ABSENT),
        ("du: cannot read directory '/var/lib/private': Permission denied", Result.OK),
        ("du: cannot access '/nowhere': No such file or directory", Result.FAILED),
    ],
)
def test_what_is_not_there_or_not_allowed_is_told_from_what_failed(said, result):
    done = subprocess.CompletedProcess("du", 1, stdout="4\t/var\n", stderr=said)
    assert runbook._judged(Command("page.md", "du /var"), done, last="du").result == result


def test_a_program_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(runbook.shutil, "which", lambda _name: None)
    ran = runbook.run(Command("page.md", "amtool check-config x"), cwd=ROOT)
    assert (ran.result, ran.said) == (Result.ABSENT, "amtool")


def test_the_check_fails_where_one_fails_and_names_it(tmp_path):
    write(tmp_path, "uptime", "df -h /nowhere-at-all")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 failed"):
        call_command("runbook_check", root=tmp_path, stdout=out)
    assert re.search(r"^failed +page\.md: df -h /nowhere-at-all", out.getvalue(), re.MULTILINE)
    write(tmp_path, "uptime")
    out = io.StringIO()
    call_command("runbook_check", root=tmp_path, stdout=out)
    assert "1 commands, none failed." in out.getvalue()


def test_it_can_list_without_running(tmp_path):
    write(tmp_path, "df -h /nowhere-at-all")
    out = io.StringIO()
    call_command("runbook_check", root=tmp_path, only_list=True, stdout=out)
    assert "1 commands in all." in out.getvalue()


def test_the_pages_that_were_asked_for_are_there_and_their_links_lead_somewhere():
    pages = {path.name for path in BOOK.glob("*.md")}
    assert pages >= {
        "README.md", "architecture.md", "costs.md", "incidents.md", "monitoring.md", "monthly-review.md",
        "onboarding.md", "scaling-triggers.md",
    }  # fmt: skip
    # Written beside the scripts that they tell of.
    elsewhere = {"deploy.md", "rollback.md"}
    dead = [
        f"{path.name}: {target}"
        for path in BOOK.rglob("*.md")
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text())
        if target.rpartition("/")[2] not in elsewhere and not (path.parent / target).exists()
    ]
    assert dead == []


def test_the_triggers_of_the_specification_are_named():
    text = (BOOK / "scaling-triggers.md").read_text()
    for trigger in (
        "over 70 %",
        "over 80 %",
        "over 2 s",
        "database over 0.5 GB",
        "files over 10 GB",
        "files over 250 GB",
    ):
        assert trigger in text
