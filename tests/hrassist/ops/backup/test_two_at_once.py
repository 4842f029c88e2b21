"""Two runs at once, one that was killed a moment ago, and what a dead one left."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.ops.backup import drill, dump, files, manifests, servers, status
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import InTheWay

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_runs_into_one_place_and_two_drills_do_not_meet(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "PATIENCE", "100ms")
    with servers.alone("files in place A"), pytest.raises(InTheWay):
        files.copy(place, now=timezone.now())
    with servers.alone("a dump into place A"), pytest.raises(CommandError, match="Another process is at it"):
        call_command("backup", kind="database")
    with servers.alone("a drill"), pytest.raises(CommandError, match="Another process is at it: a drill"):
        call_command("drill")
    assert list(place.entries("")) == []
    dump.make(place)


def test_a_run_that_ends_while_the_next_one_asks_is_not_in_its_way(place: FolderPlace) -> None:
    with ExitStack() as stack:
        stack.enter_context(servers.alone("a dump into place A"))
        # As the server does that has not seen yet that the process is gone.
        ends = threading.Timer(0.5, stack.pop_all().close)
        ends.start()
        dump.make(place)
        ends.join()
    assert len(manifests.listed(place, manifests.DATABASE)) == 1


def test_a_database_that_the_server_is_at_work_in_is_dropped_by_an_owner_who_may_not_end_that() -> None:
    """As a vacuum of its own would be, which began when the restore had filled the tables."""
    server, name, role = servers.own(), "hrassist_vacuumed", "hrassist_no_superuser"
    password = "of-nobody"  # pragma: allowlist secret
    with server.named("postgres").connect(autocommit=True) as superuser:
        superuser.execute(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}'")  # type: ignore[call-overload]
        try:
            owner = replace(server, user=role, password=password)
            servers.create(owner, name)
            at_work = server.named(name).connect()
            ends = threading.Timer(1, at_work.close)
            ends.start()
            servers.drop(owner, name)
            ends.join()
            found = superuser.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            assert found is None
        finally:
            superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[call-overload]
            superuser.execute(f"DROP ROLE {role}")  # type: ignore[call-overload]


def test_what_a_killed_drill_left_is_dropped_by_the_next_one(place: FolderPlace) -> None:
    dump.make(place)
    left, of_another = f"{drill.mine()}dead", f"{drill.SCRATCH}{servers.own().name.encode().hex()[:8]}_dead"
    for name in (left, of_another):
        servers.create(servers.own(), name)
    try:
        assert drill.drill()["passed"]
        assert not servers.exists(servers.own(), left)
        # Another installation on the same server may be between making its database and filling it.
        assert servers.exists(servers.own(), of_another)
    finally:
        servers.drop(servers.own(), of_another)


def test_a_drill_that_breaks_off_leaves_a_receipt_that_says_so(place: FolderPlace, settings: Settings) -> None:
    dump.make(place)
    assert drill.drill()["passed"]
    # Something that no check foresaw: the ledger's lines do not follow each other.
    ledger = Path(settings.ERASURE_LEDGER)
    ledger.mkdir(exist_ok=True)
    (ledger / "ledger.jsonl").write_text('{"at": "x", "person": "y", "after": "z"}\n\n')
    with pytest.raises(Exception, match="does not follow"):
        drill.drill()
    last = status.read().last_drill()
    assert last is not None
    assert (last["passed"], last["code"]) == (False, "drill_broke_off")
