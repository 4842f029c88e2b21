"""What came back is judged before it has its name, and what does not hold after that is said and exits 1."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hrassist.lib import storage
from hrassist.ops.backup import dump, servers
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from tests import factories
from tests.hrassist.ops.backup.test_dump import names, url_of

pytestmark = pytest.mark.django_db(transaction=True)


def after_it_is_filled(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """The restored database is changed before anybody judges it."""
    fill = dump.into

    def filled(server: Server, pieces: Iterator[bytes]) -> None:
        fill(server, pieces)
        with server.connect(autocommit=True) as there:
            there.execute(statement)

    monkeypatch.setattr(dump, "into", filled)


# A comparison that turns round after the index was made.
TURNED_ROUND = """
    CREATE FUNCTION turned_cmp(text, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT bttextcmp($1, $2)';
    CREATE OPERATOR CLASS turned FOR TYPE text USING btree AS
        OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 turned_cmp(text, text);
    CREATE INDEX lies_at ON candidates_candidate ((full_name::text) turned);
    CREATE OR REPLACE FUNCTION turned_cmp(text, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT bttextcmp($2, $1)';
"""
# As a provider does that has it not on its list.
NO_AMCHECK = """
    CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not on the list''; END';
    CREATE EVENT TRIGGER no_extension ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION refuse();
"""


def test_an_index_that_lies_is_named_and_the_database_is_kept_without_its_name(
    place: FolderPlace, elsewhere: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("One", "Two", "Three"):
        factories.CandidateFactory(full_name=name)
    dump.make(place)
    after_it_is_filled(monkeypatch, TURNED_ROUND)
    with pytest.raises(
        CommandError, match=r"(?s)it is kept as \S+_partial_\w+: The index lies_at is damaged: "
    ) as failed:
        call_command("restore", to=url_of(elsewhere))
    assert not servers.exists(elsewhere, elsewhere.name)
    (partial,) = re.findall(r"kept as (\w+)", str(failed.value))
    assert names(elsewhere.named(partial)) == ["One", "Three", "Two"]


def test_a_server_without_amcheck_is_said_to_have_none(
    place: FolderPlace, elsewhere: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    factories.CandidateFactory(full_name="One")
    dump.make(place)
    after_it_is_filled(monkeypatch, NO_AMCHECK)
    call_command("restore", to=url_of(elsewhere))
    shown = capsys.readouterr().out
    assert "note: This server has no amcheck: tables and indexes were counted, not walked." in shown
    assert ", 0 indexes and" in shown
    assert names(elsewhere) == ["One"]


@pytest.mark.parametrize("earlier", ["--target-time", "--target-name"])
def test_the_newest_and_an_earlier_moment_are_not_asked_for_at_once(
    place: FolderPlace, elsewhere: Server, earlier: str
) -> None:
    dump.make(place)
    with pytest.raises(CommandError, match=f"--latest is the newest backup and {earlier} an earlier moment"):
        call_command("restore", "--to", url_of(elsewhere), "--latest", earlier, timezone.now().isoformat())
    assert not servers.exists(elsewhere, elsewhere.name)
    call_command("restore", "--to", url_of(elsewhere), "--latest")
    assert servers.exists(elsewhere, elsewhere.name)


def test_what_came_back_with_its_name_and_does_not_hold_all_is_said_and_exits_with_one(
    place: FolderPlace, elsewhere: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows are sound, and a file that they name is nowhere."""
    factories.CandidateFactory(full_name="Was there")
    lost = factories.ResumeFactory(content=b"resume")
    dump.make(place)
    storage.clean().delete(lost.key)
    with pytest.raises(CommandError) as failed:
        call_command("restore", to=url_of(elsewhere), files=True)
    said, shown = str(failed.value), capsys.readouterr().out
    assert said.startswith(
        f"{elsewhere.name} came back and has its name, but not all that is promised holds. "
        f"1 files have no copy: {lost.key}. Broken: I2, I9. Point DATABASE_URL at it and run manage.py fsck --repair"
    )
    assert f"I2: Resume {lost.pk} has no object {lost.key} in the store." in shown
    assert "then start the service" not in shown
    assert "Was there" in names(elsewhere)
