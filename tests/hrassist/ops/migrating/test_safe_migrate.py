"""Nothing is migrated without a receipt of staging and a way back, and what was migrated is on record."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration, RunSQL
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.ops.backup import keys, manifests, places, servers
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from hrassist.ops.migrating import safely, steps
from tests import factories
from tests.hrassist.ops.migrating.made_up import ADD, BROKEN, INDEX, ONE_WAY, as_it_was, columns, migration, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_before")]


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def plan(*migrations: Migration) -> None:
        monkeypatch.setattr(steps, "plan", lambda: list(migrations))

    return plan


def test_production_wants_the_receipt_of_staging_for_this_very_commit(
    place: FolderPlace,
    planned: Callable[..., None],
    tmp_path: Path,
    settings: Settings,
) -> None:
    settings.RECEIPT_KEY = "shared by both"
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    with pytest.raises(CommandError, match="Production needs the receipt of staging"):
        call_command("safe_migrate", env="production", commit="abc")
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    assert len(manifests.listed(place, manifests.DATABASE)) == 1
    as_it_was()
    with pytest.raises(CommandError, match="The receipt is of staging and commit abc; this is def"):
        call_command("safe_migrate", env="production", commit="def", receipt=receipt)
    planned(ADD, INDEX)
    with pytest.raises(CommandError, match=r"Staging did not migrate candidates\.9002_index"):
        call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    planned(ADD)
    forged = tmp_path / "forged.json"
    forged.write_text(receipt.read_text().replace("9001_add", "9001_bad"))
    with pytest.raises(CommandError, match="is not signed"):
        call_command("safe_migrate", env="production", commit="abc", receipt=forged)
    assert "later" not in columns()
    call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert "later" in columns()
    said = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert said is not None
    assert (said["environment"], said["applied"]) == ("production", ["candidates.9001_add"])


@pytest.mark.parametrize(("ago", "holds"), [(13, True), (15, False), (-1, False)])
def test_a_receipt_holds_for_a_fortnight(
    place: FolderPlace,
    planned: Callable[..., None],
    tmp_path: Path,
    settings: Settings,
    ago: int,
    holds: bool,
) -> None:
    del place
    settings.RECEIPT_KEY = "shared by both"
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    as_it_was()
    said = json.loads(receipt.read_text())
    del said["signature"]
    said["moment"] = (timezone.now() - timedelta(days=ago)).isoformat()
    receipt.write_text(json.dumps({**said, "signature": safely._signature(said)}))
    if holds:
        call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    else:
        with pytest.raises(CommandError, match=r"it holds for 14 days\. Run safe_migrate there again"):
            call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert ("later" in columns()) == holds


def test_who_has_no_staging_says_so_and_it_stays_on_record(place: FolderPlace, planned: Callable[..., None]) -> None:
    planned(ADD)
    with pytest.raises(CommandError, match="Where there is no staging, say --without-staging"):
        call_command("safe_migrate", env="production", commit="abc")
    call_command("safe_migrate", env="production", commit="abc", without_staging=True)
    assert "later" in columns()
    # The way back was made first, as ever.
    assert len(manifests.listed(place, manifests.DATABASE)) == 1
    (entry,) = manifests.listed(place, manifests.MIGRATIONS)
    _, said = next(iter(manifests.genuine(place, manifests.MIGRATIONS, ring=keys.configured())))
    assert entry.key == said["name"]
    assert said["without_staging"] is True


def test_a_second_run_on_staging_finds_nothing_to_do_and_its_receipt_is_as_good(
    place: FolderPlace, planned: Callable[..., None], tmp_path: Path
) -> None:
    del place
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc")
    planned()
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    assert json.loads(receipt.read_text())["migrations"] == []
    as_it_was()
    planned(ADD)
    call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert "later" in columns()


def test_the_rows_are_judged_when_the_last_migration_has_brought_what_this_code_reads(
    place: FolderPlace, planned: Callable[..., None]
) -> None:
    """Tickets of uploads are judged by this code, which knows a column that the first of them has not brought yet."""
    del place
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_uploadticket RENAME COLUMN parked_at TO parked")
    planned(
        ADD,
        migration(
            "9007_brings",
            RunSQL(
                "ALTER TABLE candidates_uploadticket RENAME COLUMN parked TO parked_at",
                "ALTER TABLE candidates_uploadticket RENAME COLUMN parked_at TO parked",
            ),
        ),
    )
    try:
        call_command("safe_migrate", env="staging", commit="abc")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_attribute WHERE attrelid = 'candidates_uploadticket'::regclass AND attname = 'parked'"
            )
            if cursor.fetchone():
                cursor.execute("ALTER TABLE candidates_uploadticket RENAME COLUMN parked TO parked_at")
    assert recorded() == {"9001_add", "9007_brings"}


def test_without_a_backup_nothing_is_migrated(
    place: FolderPlace,
    planned: Callable[..., None],
    settings: Settings,
) -> None:
    planned(ADD)
    settings.PG_BIN = "/bin/true"
    with pytest.raises(CommandError, match="There is no fresh backup, so nothing was migrated"):
        call_command("safe_migrate", env="staging", commit="abc")
    assert "later" not in columns()
    assert places.configured() == [place] or place.label == "A"


def test_what_cannot_be_reversed_ends_with_the_command_that_restores_beside_it(
    place: FolderPlace,
    planned: Callable[..., None],
) -> None:
    del place
    planned(ONE_WAY, BROKEN)
    with pytest.raises(CommandError, match=r"manage\.py restore --to postgresql://\S+_back --target-time \S+$"):
        call_command("safe_migrate", env="staging", commit="abc")


def test_the_command_that_it_names_is_run_as_it_stands_there(place: FolderPlace, planned: Callable[..., None]) -> None:
    """This code knows nothing of the made-up migrations: it is the release before them, which is to run it."""
    factories.CandidateFactory(full_name="Was there")
    planned(ONE_WAY, BROKEN)
    with pytest.raises(CommandError) as failed:
        call_command("safe_migrate", env="staging", commit="abc")
    factories.CandidateFactory(full_name="Written since")
    program, *words = shlex.split(str(failed.value).partition("and decide: ")[2])
    assert program == "manage.py"
    back = servers.at(words[words.index("--to") + 1])
    assert (back.name, back.user) == (f"{servers.own().name}_back", servers.own().user)
    try:
        call_command(*words)
        with back.connect() as there:
            assert there.execute("SELECT full_name FROM candidates_candidate").fetchall() == [("Was there",)]
            assert "for_ever" not in {
                name for (name,) in there.execute(
                    "SELECT attname::text FROM pg_attribute WHERE attrelid = 'candidates_tag'::regclass"
                ).fetchall()
            }  # fmt: skip
    finally:
        servers.drop(servers.own(), back.name)
    assert place.label == "A"


def test_an_address_of_our_own_server_and_role_needs_no_password_and_any_other_gets_none_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = Server("db.example.com", "", "hr", "hr@owner", "s/ecret", (("sslmode", "verify-full"),))
    monkeypatch.setattr(servers, "own", lambda: mine)
    assert servers.url(mine.named("hr_back")) == "postgresql://hr%40owner@db.example.com:5432/hr_back"
    found = servers.at(servers.url(mine.named("hr_back")))
    assert (found.name, found.password, found.options) == ("hr_back", "s/ecret", mine.options)
    for other in (
        "hr%40owner@db.example.com:6432",
        "hr%40owner@other.example.com:5432",
        "somebody@db.example.com:5432",
    ):
        assert servers.at(f"postgresql://{other}/hr_back").password == ""
    assert servers.at("postgresql://hr%40owner:other@db.example.com/hr_back").password == "other"
    six = replace(mine, host="::1", port="5433")
    assert servers.url(six) == "postgresql://hr%40owner@[::1]:5433/hr"


def test_a_snapshot_that_was_made_at_the_provider_stays_on_record_and_stands_beside_the_way_back(
    place: FolderPlace, planned: Callable[..., None]
) -> None:
    planned(ONE_WAY, BROKEN)
    with pytest.raises(CommandError, match=r"The provider has the snapshot before-1\.4\. With the release before"):
        call_command("safe_migrate", env="staging", commit="abc", snapshot_made="before-1.4")
    as_it_was()
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc", snapshot_made="before-1.4")
    said = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert said is not None
    assert said["snapshot"] == "before-1.4"
    # The backup of our own is made all the same.
    assert len(manifests.listed(place, manifests.DATABASE)) == 2


def test_what_was_not_linted_is_said_not_to_be(
    place: FolderPlace,
    planned: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc")
    said = capsys.readouterr()
    assert "1 migrations applied, not linted here." in said.out
    assert "note: not linted here: there is no squawk on this machine." in said.err
    receipt = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert receipt is not None
    assert receipt["lint"] == [steps.NOT_LINTED]


def test_what_somebody_else_migrated_while_the_way_back_was_made_is_not_applied_twice(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place
    seen = iter([[ADD], []])
    monkeypatch.setattr(steps, "plan", lambda: next(seen))
    with pytest.raises(CommandError, match="Somebody migrates this database"):
        call_command("safe_migrate", env="staging", commit="abc")
    assert "later" not in columns()


def test_a_place_that_went_away_meanwhile_makes_nothing_undone_and_is_named(
    place: FolderPlace, planned: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc", probe=f"mv {place.path} {place.path}-away")
    assert "later" in columns()
    said = capsys.readouterr()
    assert "1 migrations applied" in said.out
    assert "note: the migrations are applied, and their receipt is not in every place: Place A" in said.err


def test_the_probe_is_a_command_whose_words_are_told() -> None:
    assert safely._probe("true") == ""
    assert "the probe gave 1" in safely._probe("false")
    assert "did not answer" in safely._probe("/no/such/program")


def test_the_plan_is_only_named(planned: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    planned(ADD, ONE_WAY)
    call_command("safe_migrate", env="staging", plan=True)
    assert capsys.readouterr().out.splitlines() == [
        "candidates.9001_add", "candidates.9004_one_way  (cannot be reversed)", "2 migrations.",
    ]  # fmt: skip
    assert json.dumps(sorted(recorded())) == "[]"
