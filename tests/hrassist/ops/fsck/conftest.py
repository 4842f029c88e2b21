"""A second place, from which files come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hrassist.ops.backup import keys, places


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> places.Place:
    """A second place with a key."""
    (tmp_path / "place-a").mkdir()
    settings.BACKUP_PLACES = {"A": {**settings.BACKUP_PLACES["A"], "where": str(tmp_path / "place-a")}}
    settings.BACKUP_KEY_FILE = str(tmp_path / "keys" / "backup.key")
    keys.generate(Path(settings.BACKUP_KEY_FILE))
    return places.configured("A")[0]
