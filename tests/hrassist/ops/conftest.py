"""Two places in folders, a key, and a database of another name that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from hrassist.ops.backup import keys, places, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server


@pytest.fixture
def ring(tmp_path: Path, settings: Settings) -> Ring:
    settings.BACKUP_KEY_FILE = str(tmp_path / "keys" / "backup.key")
    keys.generate(Path(settings.BACKUP_KEY_FILE))
    return keys.configured()


@pytest.fixture
def place(tmp_path: Path, settings: Settings, ring: Ring) -> FolderPlace:
    """Place A alone."""
    del ring
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    settings.BACKUP_STATUS_FILE = tmp_path / "backup-status.json"
    (tmp_path / "place-a").mkdir()
    settings.BACKUP_PLACES = {
        name: {**said, "where": str(tmp_path / "place-a") if name == "A" else ""}
        for name, said in settings.BACKUP_PLACES.items()
    }
    found = places.configured("A")[0]
    assert isinstance(found, FolderPlace)
    return found


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """A name on the test's server that no database has; whatever was made under it is dropped."""
    name = f"restored_{uuid4().hex[:8]}"
    server = servers.own().named(name)
    yield server
    with server.named("postgres").connect(autocommit=True) as connection:
        made = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"]).fetchall()
    for (one,) in made:
        servers.drop(server, one)
