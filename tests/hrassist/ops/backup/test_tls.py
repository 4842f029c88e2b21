"""Managed servers speak TLS alone: a dump and a restore by Debian's programs, held to the certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hrassist.lib import devdb
from hrassist.ops.backup import dump, keys, manifests, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import DatabaseUnavailable, Server
from tests.deploy.conftest import free_port
from tests.deploy.test_replica import as_server

pytestmark = pytest.mark.django_db


def programs() -> Path:
    """The newest of Debian's servers here; the embedded one has no TLS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        said = "There is no server of Debian's on this machine (apt install postgresql)."
        pytest.fail(said) if os.environ.get("CI") == "true" else pytest.skip(said)
    return found[-1].parent


def certified(folder: Path) -> Path:
    """The root that signed the certificate of localhost beside it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", folder / "server.key", "-out", folder / "server.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    for name in ("server.key", "server.crt"):
        shutil.chown(folder / name, devdb.SYSTEM_ACCOUNT)
    (folder / "server.key").chmod(0o600)
    return folder / "server.crt"


@pytest.fixture
def managed(settings: Settings) -> Iterator[Server]:
    """A server that lets nobody in without TLS, named as it is insisted on: by its certificate."""
    binaries = programs()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        shutil.chown(folder, devdb.SYSTEM_ACCOUNT)
        made = as_server(binaries / "initdb", "-D", folder / "data", "-U", "owner", "-A", "trust", "--no-sync")
        assert made.returncode == 0, made.stderr
        root = certified(folder)
        (folder / "hba").write_text("hostssl all all all trust\n")
        options = (
            f"-p {port} -c listen_addresses=localhost -c unix_socket_directories= -c fsync=off -c ssl=on"
            f" -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key -c hba_file={folder}/hba"
        )
        control = (binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log")
        started = as_server(*control, "-o", options, "start")
        assert started.returncode == 0, (folder / "log").read_text()
        settings.PG_BIN = str(binaries)
        try:
            yield servers.at(f"postgresql://owner@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={root}")
        finally:
            as_server(*control, "-m", "immediate", "stop")


def test_a_dump_and_its_restore_are_held_to_the_certificate(managed: Server, place: FolderPlace, ring: Ring) -> None:
    servers.create(managed, "hr")
    with managed.named("hr").connect() as connection:
        connection.execute("CREATE TABLE audit_event (id bigint)")
        connection.execute(
            "CREATE TABLE people AS SELECT g AS id, 'person ' || g AS name FROM generate_series(1, 500) g"
        )
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        assert row == (True,)
    said = dump.make(place, server=managed.named("hr"), ring=ring)
    assert said["rows"] == {"audit_event": 0, "people": 500}
    servers.create(managed, "back")
    dump.into(managed.named("back"), dump.opened(place, said, ring=ring))
    with managed.named("back").connect() as connection:
        assert connection.execute("SELECT count(*), max(name) FROM people").fetchone() == (500, "person 99")


@pytest.mark.parametrize("harm", ["a root that did not sign it", "another name than the certificate's"])
def test_a_certificate_that_is_not_the_servers_is_refused_by_pg_dump_itself(
    managed: Server, place: FolderPlace, tmp_path: Path, harm: str
) -> None:
    if harm.startswith("a root"):
        (tmp_path / "other").mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-keyout", tmp_path / "other" / "key", "-out", tmp_path / "other" / "root"],
            check=True, capture_output=True,
        )  # fmt: skip
        options = {**dict(managed.options), "sslrootcert": str(tmp_path / "other" / "root")}
        wrong = replace(managed, options=tuple(options.items()))
        why = "certificate verify failed"
    else:
        wrong, why = replace(managed, host="127.0.0.1"), "does not match host name"
    done = subprocess.run(
        [str(programs() / "pg_dump"), "--schema-only"], env=wrong.environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert why in done.stderr
    with pytest.raises(DatabaseUnavailable):
        dump.make(place, server=wrong, ring=keys.configured())
    assert list(place.entries(manifests.DATABASE)) == []
