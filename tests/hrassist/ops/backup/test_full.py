"""What is full is said to be full: a place, a bucket over its quota, and the disk that is restored to."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber
from django.core.management import CommandError, call_command
from psycopg import sql

from hrassist.ops.backup import dump, restoring, servers
from hrassist.ops.backup.buckets import PART, BucketPlace
from hrassist.ops.backup.places import FolderPlace, PlaceFull, PlaceUnavailable
from hrassist.ops.backup.restoring import NothingToRestore
from hrassist.ops.backup.servers import Server
from tests import factories
from tests.hrassist.ops.backup.test_dump import url_of


@pytest.mark.parametrize("code", ["QuotaExceeded", "InsufficientStorage", "EntityTooLarge"])
@pytest.mark.parametrize("large", [False, True])
def test_a_bucket_over_its_quota_is_said_to_be_full_and_keeps_nothing_of_an_upload_in_parts(
    code: str, large: bool
) -> None:
    client = boto3.client("s3", region_name="x", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as answers:
        if large:
            answers.add_response("create_multipart_upload", {"UploadId": "u"})
            answers.add_client_error("upload_part", service_error_code=code, http_status_code=403)
            answers.add_response("abort_multipart_upload", {})
        else:
            answers.add_client_error("put_object", service_error_code=code, http_status_code=403)
        with pytest.raises(PlaceFull, match=r"Place A \(s3://backups/\) is full\. .*make room and run again"):
            BucketPlace("A", client, "backups").put("one", [b"x" * (PART + 1 if large else 1)])
        answers.assert_no_pending_responses()


def test_a_bucket_that_refuses_is_not_said_to_be_full() -> None:
    client = boto3.client("s3", region_name="x", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as answers:
        answers.add_client_error("put_object", service_error_code="AccessDenied", http_status_code=403)
        with pytest.raises(PlaceUnavailable, match="it answered AccessDenied"):
            BucketPlace("A", client, "backups").put("one", [b"x"])


@contextmanager
def _no_more_than(size: int) -> Iterator[None]:
    """As on a disk with so much room: the kernel refuses what goes beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_is_full_is_said_to_be_full_and_keeps_nothing_half_written(place: FolderPlace) -> None:
    with _no_more_than(20_000), pytest.raises(PlaceFull, match=r"is full\. Nothing half-written"):
        dump.make(place)
    assert [path for path in place.path.rglob("*") if path.is_file()] == []
    with pytest.raises(NothingToRestore):
        restoring.choose()


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tablespace of 24 MB on the test's server, in which databases to restore into are made."""
    if os.geteuid() != 0:
        pytest.skip("Only root mounts a small disk.")
    own, name = servers.own(), f"small_{uuid4().hex[:8]}"
    with own.connect() as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    data = Path(row[0] if row else "")
    if not data.is_dir():
        pytest.skip("The database server is on another machine.")
    owner = data.stat()
    # Beside its data, where the server may go.
    disk = data.parent / name
    disk.mkdir()
    mount = f"size=24m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", mount, "tmpfs", str(disk)], check=True)
    template = f"{own.name[:40]}{servers.TEMPLATE}"
    try:
        with own.named("postgres").connect(autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(name), sql.Literal(str(disk)))
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 TABLESPACE {}").format(
                    sql.Identifier(template), sql.Identifier(name)
                )
            )
        yield name
    finally:
        # Without room for a checkpoint the server drops nothing.
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        with own.named("postgres").connect(autocommit=True) as connection:
            made = connection.execute(
                "SELECT datname::text FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace"
                " WHERE spcname = %s",
                [name],
            ).fetchall()
        for (one,) in made:
            servers.drop(own, one)
        with own.named("postgres").connect(autocommit=True) as connection:
            connection.execute(sql.SQL("DROP TABLESPACE IF EXISTS {}").format(sql.Identifier(name)))
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_has_no_room_to_come_back_is_said_to_have_none(
    place: FolderPlace, elsewhere: Server, small_disk: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL drops no database while its disk takes no checkpoint: that is told beside the cause, not instead."""
    for number in range(5):
        factories.ResumeFactory(content=bytes([number]), text=os.urandom(1_000_000).hex())
    dump.make(place)
    with pytest.raises(CommandError, match=r"pg_restore failed and nothing was kept: .*No space left on device"):
        call_command("restore", to=url_of(elsewhere))
    assert not servers.exists(elsewhere, elsewhere.name)
    said = capsys.readouterr()
    assert "start the service" not in said.out
    for name in (one for one in _left(elsewhere) if restoring.PARTIAL in one):
        assert f"note: {name} is still there (checkpoint request failed). Make room, and drop it." in said.err
    assert place.label == "A"
    assert small_disk


def _left(server: Server) -> list[str]:
    with server.named("postgres").connect() as there:
        rows = there.execute("SELECT datname::text FROM pg_database WHERE starts_with(datname, %s)", [server.name])
        return [name for (name,) in rows.fetchall()]
