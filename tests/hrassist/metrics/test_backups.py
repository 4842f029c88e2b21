"""How backups stand is told by a process that reads the places, while nobody who scrapes waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.utils import floatToGoString
from pytest_django.fixtures import Settings

from hrassist.metrics.backups import BackupsCollector
from hrassist.ops.backup import status

AT = datetime(2026, 11, 26, 3, tzinfo=UTC)
READ_AT = f"hrassist_backup_read_timestamp_seconds {floatToGoString(AT.timestamp())}"


@pytest.fixture(autouse=True)
def own_file(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_STATUS_FILE = tmp_path / "var" / "backup-status.json"


def found() -> status.Status:
    """Two places with backups of an hour, and a drill that passed."""
    drill = {"moment": AT.isoformat(), "passed": True, "engine": "dump", "rpo_seconds": 1, "rto_seconds": 2}
    places = [
        status.PlaceStatus(
            name, f"s3://{name}", ages={"database": 3600.0}, newest={"database": {"size": 7}}, canary=True
        )
        for name in "ab"
    ]
    places[0].newest["drill"] = drill
    return status.Status(AT, places)


def told(collector: BackupsCollector) -> str:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry).decode()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_the_places_hold_is_told_with_when_the_last_ones_ended_well(monkeypatch):
    monkeypatch.setattr(status, "read", found)
    figures = told(BackupsCollector(once=True))
    assert 'hrassist_backup_age_seconds{kind="database",place="a"} 3600.0' in figures
    assert (
        f'hrassist_backup_success_timestamp_seconds{{kind="backup"}} {floatToGoString(AT.timestamp() - 3600)}'
        in figures
    )
    assert f'hrassist_backup_success_timestamp_seconds{{kind="drill"}} {floatToGoString(AT.timestamp())}' in figures
    assert "hrassist_drill_passed 1.0" in figures
    assert READ_AT in figures
    assert 'hrassist_state_broken{group="places"} 0.0' in figures


def test_who_scrapes_does_not_wait_for_places_and_has_their_figures_afterwards(monkeypatch):
    answer = threading.Event()

    def read() -> status.Status:
        answer.wait(20)
        return found()

    monkeypatch.setattr(status, "read", read)
    collector = BackupsCollector(every=3600)
    assert "hrassist_backup" not in told(collector)
    answer.set()
    until(lambda: READ_AT in told(collector))


def test_a_look_that_fails_is_told_and_what_was_read_before_stays_as_old_as_it_is(monkeypatch, caplog):
    looks: list[int] = []

    def read() -> status.Status:
        looks.append(1)
        if len(looks) == 2:
            raise OSError("a password that it quotes")
        if len(looks) > 2:
            # Ends with the tests.
            threading.Event().wait()
        return found()

    monkeypatch.setattr(status, "read", read)
    collector = BackupsCollector(every=0.01)
    until(lambda: 'hrassist_state_broken{group="places"} 1.0' in told(collector))
    assert READ_AT in told(collector)
    assert "The places of backups could not be read (OSError)." in caplog.text
    assert "a password" not in caplog.text
