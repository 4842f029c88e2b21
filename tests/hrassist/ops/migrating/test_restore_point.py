"""With pgBackRest the way back is a point in the WAL: one when the repository of every place has what leads to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.migrations import Migration
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.ops.backup import pgbackrest
from hrassist.ops.backup.pgbackrest import NotConfirmed
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.migrating import safely, steps
from hrassist.ops.migrating.safely import NoBackup

pytestmark = pytest.mark.django_db(transaction=True)

# A segment beyond any that the test's server comes to, and one before all of them.
CAME, LATE = "F" * 24, "0" * 24
REFUSES = "ERROR: [082]: WAL segment was not archived before the 60000ms timeout"


@pytest.fixture
def repositories(place: FolderPlace, tmp_path: Path, settings: Settings) -> Callable[..., None]:
    """Stands for pgBackRest, with both places configured: it tells of the newest WAL of the repositories it is said to
    have, and writes down how it was called."""
    (tmp_path / "place-b").mkdir()
    settings.BACKUP_PLACES = {
        label: {**settings.BACKUP_PLACES["A"], "where": str(tmp_path / f"place-{label.lower()}")} for label in "AB"
    }
    settings.PGBACKREST, settings.BACKUP_ENGINE = str(tmp_path / "pgbackrest"), "pgbackrest"
    assert place.label == "A"

    def told(newest: dict[str, str], *, check: str = "") -> None:
        numbers = {pgbackrest.REPOSITORIES[label]: segment for label, segment in newest.items()}
        stop = int(timezone.now().timestamp()) - 3600
        said = {
            "repo": [{"key": key, "status": {"code": 0, "message": "ok"}} for key in numbers],
            "backup": [
                {"database": {"repo-key": key}, "label": "x", "type": "full", "timestamp": {"stop": stop}}
                for key in numbers
            ],
            "archive": [{"database": {"repo-key": key}, "max": segment} for key, segment in numbers.items()],
        }
        (tmp_path / "info.json").write_text(json.dumps([said]))
        checks = f'check) echo "{check}"; exit 82;;' if check else ""
        (tmp_path / "pgbackrest").write_text(
            f'#!/bin/sh\necho "$2" >> {tmp_path}/calls\ncase "$2" in info) cat {tmp_path}/info.json;; {checks} esac\n'
        )
        (tmp_path / "pgbackrest").chmod(0o755)

    return told


@pytest.mark.parametrize(
    ("newest", "missing"),
    [
        ({"A": CAME, "B": CAME}, 0), ({"A": LATE, "B": CAME}, 1), ({"A": CAME, "B": LATE}, 2),
        ({"A": CAME, "B": ""}, 2), ({"A": CAME}, 2), ({"B": CAME}, 1),
    ],
)  # fmt: skip
def test_it_is_one_when_the_repository_of_every_place_has_its_wal(
    repositories: Callable[..., None], tmp_path: Path, newest: dict[str, str], missing: int
) -> None:
    repositories(newest)
    if missing:
        with pytest.raises(NotConfirmed, match=f"The WAL of restore point before is not in repository {missing} yet"):
            pgbackrest.restore_point("before")
    else:
        assert re.fullmatch(r"[0-9A-F]{24}", pgbackrest.restore_point("before"))
    # It waits until the segment is there, or says that it does not come; then what is there is looked at.
    assert (tmp_path / "calls").read_text().split() == ["check", "info"]


@pytest.mark.parametrize(
    ("newest", "check", "why"),
    [
        ({"A": CAME, "B": LATE}, "", "There is no way back, so nothing was migrated: .* not in repository 2 yet"),
        ({"A": CAME}, "", "pgBackRest does not know the repository of place B, so nothing was migrated"),
        ({"A": CAME, "B": CAME}, REFUSES,
         "There is no way back, so nothing was migrated: pgBackRest check failed: ERROR: .* was not archived"),
    ],
    ids=["one has no WAL", "one is not known", "check fails"],
)  # fmt: skip
def test_nothing_is_migrated_before_it_is_confirmed_in_both_places(
    repositories: Callable[..., None], monkeypatch: pytest.MonkeyPatch, newest: dict[str, str], check: str, why: str
) -> None:
    repositories(newest, check=check)
    applied: list[object] = []
    monkeypatch.setattr(steps, "plan", lambda: [Migration("9000_any", "candidates")])
    monkeypatch.setattr(steps, "apply", lambda *args, **_options: applied.append(args))
    with pytest.raises(NoBackup, match=why):
        safely.run(environment="staging", commit="c" * 40)
    assert applied == []
