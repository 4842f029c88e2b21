"""How much a drill says is lost does not hang on the word of a database that is gone, or that was cut and goes on."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit import actions as audit
from audit.actions import anchoring, seals
from audit.models import Seal
from audit.sealing import anchors
from hrassist.ops.backup import cluster, drill, evidence, manifests, metrics, pgbackrest, restoring, servers, status
from hrassist.ops.backup.evidence import NoEvidence
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sealed(own_anchors: Path) -> datetime:
    """When the newest seal was made, of which there is a copy outside the database."""
    del own_anchors
    audit.record("backup.drilled", passed=True, seconds=1)
    seals.seal_all()
    anchoring.copy_all()
    return Seal.objects.latest("seq").sealed_at


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the database not answer any more."""
    nobody = Server("127.0.0.1", "1", servers.own().name, "nobody", "")
    return lambda: monkeypatch.setattr(servers, "own", lambda: nobody)


def cut() -> None:
    """As somebody who owns the tables makes what was done undone, and the trail of it."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM audit_event")
        cursor.execute("DELETE FROM audit_seal")
        cursor.execute("RESET session_replication_role")


def test_both_are_heard_and_the_later_counts(sealed: datetime) -> None:
    heard = evidence.gather()
    assert (heard.outside, heard.database, heard.disagreement, heard.notes) == (sealed, sealed, "", [])
    audit.record("backup.drilled", passed=True, seconds=1)
    heard = evidence.gather()
    assert heard.outside == sealed
    assert heard.database is not None
    assert heard.heartbeat == heard.database > sealed


def test_a_database_that_is_gone_is_measured_by_what_was_kept_outside(
    sealed: datetime, gone: Callable[[], None]
) -> None:
    gone()
    heard = evidence.gather()
    assert (heard.heartbeat, heard.database) == (sealed, None)
    assert "What is lost was measured by the seal outside of it." in heard.notes[0]


def test_a_database_that_was_cut_is_told_apart_from_one_that_was_not(sealed: datetime) -> None:
    cut()
    heard = evidence.gather()
    assert heard.heartbeat == sealed
    assert heard.disagreement.endswith("it was cut, or it is another one (manage.py audit_verify --anchors).")
    assert "the database knows of nothing" in heard.disagreement


def test_a_copy_that_our_key_did_not_sign_is_no_evidence(sealed: datetime, own_anchors: Path) -> None:
    (place,) = anchors.configured()
    newest = max(place.numbers())
    copy = own_anchors / anchors.key_of(newest)
    forged = anchors.unpack(copy.read_bytes())[0].as_copy()
    forged["body"]["sealed_at"] = (sealed + timedelta(days=1)).isoformat()
    (own_anchors / anchors.key_of(newest + 1)).write_bytes(
        anchors.pack(type(anchors.unpack(copy.read_bytes())[0]).from_copy(forged), [])
    )
    assert evidence.gather().outside == sealed


def test_seals_that_stopped_to_be_copied_are_told(
    sealed: datetime, monkeypatch: pytest.MonkeyPatch, own_anchors: Path
) -> None:
    monkeypatch.setattr(evidence, "MOST_APART", -MINUTE)
    heard = evidence.gather()
    assert "measured by the database alone" in heard.notes[0]
    shutil.rmtree(own_anchors)
    heard = evidence.gather()
    assert (heard.outside, heard.database) == (None, sealed)
    assert heard.notes == ["No seal was found outside of the database: what is lost was measured by itself alone."]


def test_a_place_that_may_not_be_read_is_named(sealed: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's user asks a folder of the application's (deploy/vm/pgbackrest)."""

    def refused(*_args: Any, **_options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(anchoring, "newest", refused)
    heard = evidence.gather()
    assert heard.heartbeat == sealed
    assert "cannot be read: Permission denied." in heard.notes[0]


def test_where_neither_says_anything_nothing_is_measured(own_anchors: Path, gone: Callable[[], None]) -> None:
    del own_anchors
    gone()
    with pytest.raises(NoEvidence, match="Nothing says how far"):
        _ = evidence.gather().heartbeat


# --- The drill, with the server that comes back stood in for; the real one is tests/restore's -------------------------


@pytest.fixture
def came_back(settings: Settings, monkeypatch: pytest.MonkeyPatch, place: FolderPlace) -> Callable[[datetime], None]:
    """Lets a restore by pgBackRest come as far as this moment."""
    del place
    settings.BACKUP_ENGINE = "pgbackrest"
    monkeypatch.setattr(pgbackrest, "verify", lambda _repo: [])
    server = servers.own()

    def as_far_as(recovered: datetime) -> None:
        def restore(**said: Any) -> cluster.Back:
            said["look"](server, recovered)
            behind = pgbackrest.behind(recovered, said["heartbeat"])
            if behind > said["most_behind"]:
                raise cluster.NotPutIntoService(path="drill", why=f"it ends {behind:.0f} s before the last heartbeat")
            return cluster.Back("drill", 1, 1.0, 1.0, recovered, behind, "1 1")

        monkeypatch.setattr(cluster, "restore", restore)

    return as_far_as


def test_a_drill_measures_what_is_lost_when_the_database_is_gone(
    sealed: datetime, came_back: Callable[[datetime], None], gone: Callable[[], None], place: FolderPlace, ring: Ring
) -> None:
    came_back(sealed - timedelta(seconds=90))
    gone()
    said = drill.drill()
    assert (said["passed"], said["rpo_seconds"]) == (True, 90.0)
    assert (said["evidence"]["outside"], said["evidence"]["database"]) == (sealed.isoformat(), None)
    receipt = manifests.newest(place, manifests.DRILLS, ring=ring)
    assert receipt is not None
    assert receipt["evidence"] == said["evidence"]


def test_a_backup_that_ends_before_what_was_kept_outside_fails_the_drill_although_the_database_is_gone(
    sealed: datetime, came_back: Callable[[datetime], None], gone: Callable[[], None]
) -> None:
    came_back(sealed - 3 * MINUTE)
    gone()
    said = drill.drill()
    assert said["passed"] is False
    assert "it ends 180 s before the last heartbeat" in said["why"]


def test_a_drill_that_is_refused_for_losing_too_much_says_how_much_and_the_alert_of_that_can_fire(
    sealed: datetime, came_back: Callable[[datetime], None], place: FolderPlace, ring: Ring, settings: Settings
) -> None:
    alerts = {one["name"]: one for one in tomllib.loads((ROOT / "config/alerts.toml").read_text())["alert"]}
    lost = alerts["DrillLosesMuch"]["threshold"] + 100
    came_back(sealed - timedelta(seconds=lost))
    said = drill.drill()
    assert (said["passed"], said["code"]) == (False, "restore_post_check_failed")
    assert said["rpo_seconds"] == pytest.approx(lost, abs=30)
    assert said["rto_seconds"] > 0
    receipt = manifests.newest(place, manifests.DRILLS, ring=ring)
    assert receipt is not None
    assert (receipt["rpo_seconds"], receipt["rto_seconds"]) == (said["rpo_seconds"], said["rto_seconds"])
    # There is no pgBackRest here to ask.
    settings.BACKUP_ENGINE = "dump"
    told = metrics.prometheus(status.read())
    assert f'hrassist_drill_rpo_seconds{{engine="pgbackrest"}} {said["rpo_seconds"]!r}\n' in told
    assert f"hrassist_drill_rto_seconds {said['rto_seconds']!r}\n" in told
    assert "hrassist_drill_passed 0.0\n" in told


def test_a_drill_by_dumps_that_did_not_hold_says_what_it_measured(
    sealed: datetime, place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = {"name": "database/x/manifest.json", "moment": (sealed - MINUTE).isoformat(), "database_bytes": 1}
    monkeypatch.setattr(restoring, "choose", lambda **_said: (place, manifest, None))

    def bring_back(*_args: Any, **_said: Any) -> None:
        raise restoring.PostCheckFailed(name="scratch", faults="a has no rows, 1 were backed up.")

    monkeypatch.setattr(restoring, "bring_back", bring_back)
    said = drill.drill()
    assert (said["passed"], said["engine"], said["code"]) == (False, "dump", "restore_post_check_failed")
    assert said["rpo_seconds"] >= 60
    assert said["rto_seconds"] >= 0


def test_a_drill_fails_by_what_verify_says_although_what_it_restored_holds(
    sealed: datetime, came_back: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def verify(repo: int) -> list[str]:
        asked.append(repo)
        return ["backup: 20261101-031000F, status: invalid", "checksum invalid: 1"]

    came_back(sealed)
    monkeypatch.setattr(pgbackrest, "verify", verify)
    said = drill.drill()
    assert asked == [1]
    assert (said["passed"], said["why"]) == (
        False,
        "backup: 20261101-031000F, status: invalid checksum invalid: 1",
    )
    assert said["invariants"] == dict.fromkeys(drill.JUDGED, 0)
    monkeypatch.setattr(pgbackrest, "verify", lambda _repo: [])
    assert drill.drill()["passed"] is True


def test_a_drill_of_a_database_that_was_cut_fails_and_says_that_it_was_cut(
    sealed: datetime, came_back: Callable[[datetime], None]
) -> None:
    came_back(sealed)
    cut()
    said = drill.drill()
    assert said["passed"] is False
    assert re.search(r"has a seal of .* it was cut", said["why"])
    # Where what was cut out is missing in the backup too, the WAL is not all that there is to blame.
    came_back(timezone.now() - 60 * MINUTE)
    assert re.search(r"has a seal of .* it was cut.* it ends \d+ s before", drill.drill()["why"])
