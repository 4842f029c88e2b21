"""The runbook's reading commands are found, held to reading, and run."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from hrassist.ops import runbook
from hrassist.ops import runbook_rules as rules
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
        "systemctl restart status", "journalctl --vacuum-time=7d", "journalctl --rotate", "curl -o /etc/x http://y",
        "sort -o /etc/x /etc/y", "tail -f /var/log/x", ".venv/bin/python manage.py fsck --quick --repair",
        ".venv/bin/python manage.py fsck", ".venv/bin/python manage.py backup_status --prom --out=/x",
        ".venv/bin/python manage.py backup_key --rotate", ".venv/bin/python manage.py backup_key --publish FILE",
        "kubectl --namespace hrassist rollout undo deployment/hrassist-web", "kubectl delete namespace hrassist",
        '.venv/bin/python manage.py dbshell -- --command "DELETE FROM x"',
        '.venv/bin/python manage.py dbshell -- --command "SELECT 1; DELETE FROM x"',
        '.venv/bin/python manage.py dbshell -- --command "SELECT pg_drop_replication_slot(1)"',
        '.venv/bin/python manage.py dbshell -- --command "SELECT 1 INTO x"', ".venv/bin/python manage.py dbshell",
    ],
)  # fmt: skip
def test_what_could_change_something_is_refused(tmp_path, line):
    write(tmp_path, line)
    with pytest.raises(runbook.NotReading, match="Write it in a block without"):
        runbook.commands(tmp_path)
    with pytest.raises(CommandError, match="Write it in a block without"):
        call_command("runbook_check", root=tmp_path)


def test_what_changes_something_in_a_block_without_the_mark_is_not_run(tmp_path):
    write(tmp_path, "uptime")
    assert [command.text for command in runbook.commands(tmp_path)] == ["uptime"]
    assert [(one.command.text, one.reason) for one in runbook.left_out(tmp_path)] == [("rm -r /", "")]


def test_what_reads_is_run_in_whatever_form_it_stands(tmp_path):
    (tmp_path / "page.md").write_text(
        "Ask `sudo hrassist-manage health`, or `manage.py\n  costs --real`; `README.md` and `manage.py drill` are not\n"
        "asked, `systemctl restart hrassist-web` neither.\n\n"
        "1. One\n\n       manage.py backup_status\n\n```\n# a remark\ndf -h \\\n  /\nsudo tar x\n```\n"
        "```json\nuptime\n```\n   ```sh\n   free -m\n   ```\n"
    )
    manage = rules.MANAGE
    assert {command.text for command in runbook.commands(tmp_path)} == {
        f"{manage}health", f"{manage}costs --real", f"{manage}backup_status", "df -h /", "free -m",
    }  # fmt: skip
    assert {one.command.text for one in runbook.left_out(tmp_path)} == {
        f"{manage}drill", "systemctl restart hrassist-web", "sudo tar x",
    }  # fmt: skip


def test_every_command_that_is_left_out_has_its_reason_and_every_reason_its_command():
    others = runbook.left_out(BOOK)
    assert [f"{one.command.page}: {one.command.text}" for one in others if not one.reason] == []
    assert set(rules.LEFT_OUT.values()) == {one.reason for one in others}
    assert len(others) > 100
    # What may find nothing is a line of the pages.
    assert set(rules.MAY_FIND_NOTHING) <= {command.text for command in runbook.commands(BOOK)}


def test_the_command_names_what_is_left_out_and_why():
    out = io.StringIO()
    call_command("runbook_check", "--left-out", stdout=out)
    assert "alerts/memory-high.md: systemctl restart hrassist-web" in out.getvalue()
    assert "starts, stops or changes a unit" in out.getvalue()
    assert "NOBODY SAID WHY" not in out.getvalue()


def test_what_asks_the_database_can_write_nothing_there(tmp_path):
    (tmp_path / "manage.py").write_text("import os; print(os.environ.get('PGOPTIONS'))\n")
    line = '.venv/bin/python manage.py dbshell -- --command "SELECT * FROM pg_stat_archiver"'
    runner = runbook.Runner(cwd=tmp_path)
    assert runner.run(Command("page.md", line)).result == Result.OK
    assert runner.asked[line].stdout == "-c default_transaction_read_only=on\n"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("uptime", Result.OK),
        ("df -h /nowhere-at-all", Result.FAILED),
        ("df -h / | grep nothing-like-it", Result.FAILED),
        ("df -h / | grep may-find-nothing", Result.EMPTY),
        # What broke before the last of a pipe is not hidden by it.
        ("df -h /nowhere-at-all | grep x", Result.FAILED),
        ("df -h /nowhere-at-all | grep may-find-nothing", Result.FAILED),
        ("df -h /nowhere-at-all | sort", Result.FAILED),
        ("grep x /nowhere-at-all", Result.FAILED),
        ("ps -e | head -3", Result.OK),
        ("ps -e | grep -m 1 PID | head -1", Result.OK),
        ("ls /opt/hrassist/releases", Result.ABSENT),
    ],
)
def test_how_a_command_ended_is_told(line, result, monkeypatch):
    known = dict.fromkeys(("df -h / | grep may-find-nothing", "df -h /nowhere-at-all | grep may-find-nothing"), "x")
    monkeypatch.setattr(rules, "MAY_FIND_NOTHING", known)
    assert runbook.run(Command("page.md", line), cwd=ROOT).result == result


def test_what_many_lines_begin_with_is_asked_once(tmp_path):
    (tmp_path / "manage.py").write_text("open('asked', 'a').write('.'); print('queue_tasks 1')\n")
    runner = runbook.Runner(cwd=tmp_path)
    results = [
        runner.run(Command("page.md", f".venv/bin/python manage.py metrics --once | grep {what}")).result
        for what in ("queue_", "tasks", "backup_")
    ]
    assert results == [Result.OK, Result.OK, Result.FAILED]
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
    done = runbook.Ended((1,), stdout="4\t/var\n", stderr=said)
    assert runbook._judged(Command("page.md", "du /var"), done).result == result


def test_what_shows_nothing_to_this_user_is_told():
    done = runbook.Ended((2,), stdout="", stderr="grep: /var/log/nginx/hrassist.log: Permission denied")
    assert runbook._judged(Command("page.md", "grep x /var/log"), done).result == Result.BARRED


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
