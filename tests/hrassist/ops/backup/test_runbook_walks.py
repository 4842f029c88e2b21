"""Every command of the runbook's pages is run in the order of its page, over an installation to which that happened."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.actions import seals
from candidates.erasure import ledger
from candidates.models import Candidate, Resume
from hrassist.lib import storage
from hrassist.ops.backup import files, keys, manifests, restoring, servers, status
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from tests import factories, runbooks
from tests.hrassist.ops.backup.test_dump import names, url_of
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# Walked over a server of its own with pgBackRest, by make drill-full: tests/restore/test_runbook_walks.py.
WITH_PGBACKREST = {
    ("lost-server", "With the engine pgbackrest"), ("ransomware", "With the engine pgbackrest"),
    ("archive-failing", ""), ("backup", "pgBackRest"),
}  # fmt: skip
WALKED = {
    ("lost-server", "With the engine dump"), ("ransomware", ""), ("one-resume", ""), ("place-gone", ""),
    ("lost-key", "It is kept somewhere"), ("lost-key", "It is nowhere"), ("lost-key", "Others may know it"),
    ("bad-deploy", "Migrating so that it can be taken back"), ("bad-deploy", "It failed and could not be reversed"),
    ("bad-deploy", "It was applied, and the release is bad"), ("managed-postgresql", ""),
    ("backup", "Set up"),
}  # fmt: skip
# What no test can do: it needs somebody at a console, a disk or a safe. Each is named here, and in ADR 28 why it is so.
BY_HAND = {
    ("lost-server", "3"), ("ransomware", "1"), ("ransomware", "4"), ("ransomware", "6"),
    ("ransomware", "8"),
    ("lost-key", "2"), ("place-gone", "2"), ("place-gone", "3"), ("archive-failing", "2"),
    ("managed-postgresql", "1"), ("managed-postgresql", "2"), ("managed-postgresql", "5"),
}  # fmt: skip
# No systemd runs here: tests/machine runs this very command on a machine that booted with it.
NOT_RUN = {"systemctl start hrassist.target"}


def walk(
    page: str,
    section: str = "",
    *,
    fails: tuple[str, ...] = (),
    after: dict[str, Callable[[], None]] | None = None,
    **named: str,
) -> list[str]:
    """Run the section's commands with these words in place of the page's own; `fails` names those that have to exit 1,
    `after` what an operator does by hand behind a command. Gives back what they said where they failed."""
    assert (page, section) in WALKED
    said = []
    for line in runbooks.commands(page, section):
        for word, real in named.items():
            line = line.replace(WORDS[word], real)  # noqa: PLW2901
        if line in NOT_RUN:
            continue
        program, *words = shlex.split(line)
        if program == "psql":
            assert words[:2] == ["--dbname", "hrassist"]
            with connection.cursor() as cursor:
                cursor.execute(words[3].replace("TO hrassist_owner", "TO CURRENT_USER"))
            continue
        assert program == "manage.py", line
        if line in {f"manage.py {one}" for one in fails}:
            with pytest.raises(CommandError) as failed:
                call_command(*words)
            said.append(str(failed.value))
        else:
            call_command(*words)
        for start, by_hand in (after or {}).items():
            if line.startswith(f"manage.py {start}"):
                by_hand()
    return said


# The words of the pages, and what they stand for here.
WORDS = {
    "database": "postgresql://OWNER@127.0.0.1/hrassist_back",
    "new_database": "postgresql://OWNER@127.0.0.1/hrassist ",
    "other_server": "postgresql://OWNER@other.example.com/hrassist_check",
    "sum": "0" * 64,
    "moment": "2026-11-25T12:00:00+00:00",
    "minute": "2026-11-25T12:00",
    "target": "2026-11-26T03:14:00+00:00",
    "receipt": "/tmp/receipt.json",  # noqa: S108 - of the page
    "probe": "curl -fsS https://hr.example.com/readyz",
    "first_key": "/etc/hrassist/backup.key",
    "key_file": "/etc/hrassist/backup-new.key",
}


def test_every_section_with_commands_is_walked_and_every_other_step_is_somebodys_to_do() -> None:
    assert runbooks.sections() == WALKED | WITH_PGBACKREST
    by_hand = {
        (page, step.text.split(".")[0]) for page in runbooks.PAGES for step in runbooks.steps(page) if step.is_by_hand
    }
    assert by_hand == BY_HAND
    why = (ROOT / "docs/adr/0028-steps-that-no-command-can-do.md").read_text()
    rows = [line for line in why.splitlines() if line.startswith("|")]
    assert [
        f"{page} {number}" for page, number in BY_HAND if not any(_tells_of(row, page, number) for row in rows)
    ] == []
    assert all(f"`{line}`" in why for line in NOT_RUN)
    nothing = [
        f"{page}: {step.text[:60]}"
        for page in runbooks.PAGES
        for step in runbooks.steps(page)
        if not step.lines and not step.is_by_hand
    ]
    assert nothing == []


def _tells_of(row: str, page: str, number: str) -> bool:
    steps = row.split("|")[1]
    return re.search(rf"\b{page}(\]\([^)]+\))? {number}\b", steps) is not None


@pytest.fixture
def installation(place: FolderPlace) -> Resume:
    """One person with a resume, sealed and in a backup."""
    resume = factories.ResumeFactory(candidate=factories.CandidateFactory(full_name="Was there"), content=b"here")
    seals.seal_all()
    call_command("backup")
    del place
    return resume


@pytest.fixture
def put_into_service() -> object:
    """Lets this process speak to another database, as settings that were changed would."""
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(servers.spoken_to(server))


def test_lost_server(
    installation: Resume,
    elsewhere: Server,
    put_into_service: Callable[[Server], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger.ledger().append([ledger.reference(factories.CandidateFactory().pk)], at=timezone.now())
    storage.clean().delete(installation.key)
    walk(
        "lost-server", "With the engine dump", new_database=f"{url_of(elsewhere)} ",
        after={"restore": lambda: put_into_service(elsewhere)},
    )  # fmt: skip
    assert connection.settings_dict["NAME"] == elsewhere.name
    assert names(elsewhere) == ["Was there"]
    assert b"".join(storage.clean().open(installation.key)) == b"here"
    assert "holds   I12" in capsys.readouterr().out
    assert restoring.choose()[1]["database"] == elsewhere.name


def test_ransomware(
    place: FolderPlace,
    installation: Resume,
    elsewhere: Server,
    put_into_service: Callable[[Server], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    sleep(0.05)
    before = datetime.now(tz=UTC)
    newest = f"database/{timezone.now() + timedelta(seconds=9):%Y%m%dT%H%M%S%fZ}-bad/manifest.json"
    place.put(newest, [b'{"pay": "us"}'])
    storage.clean().delete(installation.key)
    first = keys.configured().newest.id
    said = walk(
        "ransomware", new_database=f"{url_of(elsewhere)} ", moment=before.isoformat(),
        minute=f"{before:%Y-%m-%dT%H:%M}",
        fails=("backup_status",), after={"restore": lambda: put_into_service(elsewhere)},
    )  # fmt: skip
    assert said == ["1 lists in place A are not signed by us (database)."]
    assert names(elsewhere) == ["Was there"]
    assert b"".join(storage.clean().open(installation.key)) == b"here"
    assert [key.id for key in keys.configured().keys][1:] == [first]
    assert "1 files copied" in capsys.readouterr().out.rpartition("database/")[2]


def test_one_resume(installation: Resume, place: FolderPlace, capsys: pytest.CaptureFixture[str]) -> None:
    altered = factories.ResumeFactory(content=b"as it was")
    files.copy(place, now=timezone.now())
    storage.clean().delete(installation.key)
    factories.put(altered.key, b"as it is")
    capsys.readouterr()
    said = walk(
        "one-resume", sum=installation.sha256, moment=timezone.now().isoformat(), fails=("fsck --only I1 I2",)
    )  # fmt: skip
    assert said == ["Broken: I1, I2."]
    for resume, content in ((installation, b"here"), (altered, b"as it was")):
        assert b"".join(storage.clean().open(resume.key)) == content
    assert str(installation.pk) in capsys.readouterr().out


def test_lost_key_that_is_kept_somewhere(
    installation: Resume, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = Path(settings.BACKUP_KEY_FILE).read_text()
    other = tmp_path / "other.key"
    keys.generate(other)
    wanted = keys.configured().newest.id
    settings.BACKUP_KEY_FILE = str(other)

    def bring() -> None:
        other.write_text(other.read_text() + held)

    said = walk("lost-key", "It is kept somewhere", fails=("backup_status",), after={"backup_status": bring})
    assert wanted in said[0]
    assert "It is the wrong key" in said[0]
    assert "Passed" in capsys.readouterr().out
    assert installation.sha256


def test_lost_key_that_is_nowhere(
    installation: Resume, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Path(settings.BACKUP_KEY_FILE)
    lost.unlink()
    made = tmp_path / "made" / "backup-new.key"

    def name_it() -> None:
        settings.BACKUP_KEY_FILE = str(made)

    walk("lost-key", "It is nowhere", key_file=str(made), after={"backup_key": name_it})
    shown = capsys.readouterr().out
    assert "1 files copied" in shown
    assert "1 files opened" in shown
    assert files.fetch(installation.sha256)[0] == b"here"


def test_lost_key_that_others_may_know(installation: Resume, settings: Settings) -> None:
    walk("lost-key", "Others may know it")
    alone = keys.Ring(keys.configured().keys[:1])
    assert files.fetch(installation.sha256, ring=alone)[0] == b"here"
    assert restoring.choose(ring=alone)[0].label == "A"
    assert settings.BACKUP_KEY_FILE


def test_place_gone(
    installation: Resume, place: FolderPlace, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = tmp_path / "place-b"
    settings.BACKUP_PLACES = {**settings.BACKUP_PLACES, "B": {**settings.BACKUP_PLACES["A"], "where": str(disk)}}
    with pytest.raises(CommandError, match="B: Place B"):
        call_command("backup")
    said = walk("place-gone", fails=("backup_status",), after={"backup_status": disk.mkdir})
    assert "there is no such folder" in said[0]
    assert "from place B" in capsys.readouterr().out
    assert installation.sha256
    assert place.label == "A"
    assert status.read().worst != status.Level.PAGE


def test_bad_deploy(
    installation: Resume, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.RECEIPT_KEY = "shared by both"
    receipt = str(tmp_path / "receipt.json")

    def back() -> None:
        call_command("migrate", "audit", "0007", verbosity=0)

    back()
    walk(
        "bad-deploy", "Migrating so that it can be taken back", receipt=receipt, probe="true",
        after={"safe_migrate --env staging --receipt": back},
    )  # fmt: skip
    assert capsys.readouterr().out.count("1 migrations applied") == 2
    walk("bad-deploy", "It was applied, and the release is bad")
    assert installation.sha256


def test_bad_deploy_that_could_not_be_reversed(installation: Resume, elsewhere: Server) -> None:
    moment = timezone.now()
    factories.CandidateFactory(full_name="Written since")
    walk(
        "bad-deploy", "It failed and could not be reversed", database=url_of(elsewhere), target=moment.isoformat()
    )  # fmt: skip
    assert names(elsewhere) == ["Was there"]
    assert Candidate.objects.count() == 2
    assert installation.sha256


def test_managed_postgresql(
    installation: Resume,
    place: FolderPlace,
    elsewhere: Server,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.RECEIPT_KEY = "shared by both"
    receipt = str(tmp_path / "receipt.json")

    def back() -> None:
        call_command("migrate", "audit", "0007", verbosity=0)

    def stage() -> None:
        back()
        call_command("safe_migrate", env="staging", receipt=Path(receipt))
        back()

    walk("managed-postgresql", other_server=url_of(elsewhere), receipt=receipt, after={"drill": stage})
    assert names(elsewhere) == ["Was there"]
    assert "Passed" in capsys.readouterr().out
    said = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert said is not None
    assert (said["environment"], said["snapshot"], len(said["applied"])) == ("production", "before-1.4", 1)
    assert installation.sha256


def test_setting_up(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From nothing: no key, no place, no backup."""
    factories.ResumeFactory(candidate=factories.CandidateFactory(full_name="Was there"), content=b"here")
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    settings.BACKUP_STATUS_FILE = tmp_path / "backup-status.json"
    assert "There are no backups" in status.read().all_facts[0].what
    key = tmp_path / "safe" / "backup.key"

    def set_what_the_page_names() -> None:
        settings.BACKUP_KEY_FILE = str(key)
        for label in "ab":
            (tmp_path / label).mkdir()
        settings.BACKUP_PLACES = {
            label: {**said, "where": str(tmp_path / label.lower())} for label, said in settings.BACKUP_PLACES.items()
        }

    assert walk("backup", "Set up", first_key=str(key), after={"backup_key --new": set_what_the_page_names}) == []
    shown = capsys.readouterr().out
    assert "Keep a copy away from this machine" in shown
    assert "Passed" in shown
    assert key.stat().st_mode & 0o077 == 0
    found = status.read()
    assert {one.label: sorted(one.ages) for one in found.places} == {
        "A": ["database", "files"], "B": ["database", "drill", "files"],
    }  # fmt: skip
    assert found.worst == status.Level.WARN, "place A was not restored from yet"
