"""Backups in a bucket with object lock, on a real S3 server: what an attacker with the writer's key does is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.lib import storage
from hrassist.models import User
from hrassist.ops.backup import dump, files, keys, manifests, places, servers, status
from hrassist.ops.backup.buckets import PART, BucketPlace
from hrassist.ops.backup.places import Written
from hrassist.ops.backup.servers import Server
from tests import factories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(s3: S3Client, settings: Settings, tmp_path: Path) -> BucketPlace:
    """Place B in a locked bucket; it goes away with the server."""
    name = f"backups-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    settings.BACKUP_KEY_FILE = str(tmp_path / "backup.key")
    keys.generate(tmp_path / "backup.key")
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    settings.BACKUP_STATUS_FILE = tmp_path / "backup-status.json"
    settings.S3_ADDRESSING_STYLE = "path"
    settings.BACKUP_PLACES = {
        "A": {**settings.BACKUP_PLACES["A"], "where": ""},
        "B": {"where": f"s3://{name}/of-hr", "endpoint_url": s3.meta.endpoint_url, "region": "us-east-1",
              "access_key": "test-access", "secret_key": "test-secret"},
    }  # fmt: skip
    found = places.configured("B")[0]
    assert isinstance(found, BucketPlace)
    return found


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    server = servers.own().named(f"restored_{uuid4().hex[:8]}")
    yield server
    servers.drop(server, server.name)


def test_a_large_object_is_written_in_parts_each_under_the_lock(place: BucketPlace) -> None:
    pieces = [bytes([number]) * (PART // 2 + 1) for number in range(5)]
    assert place.put("large", iter(pieces)).size == sum(map(len, pieces))
    assert b"".join(place.open("large")) == b"".join(pieces)
    until = place.locked_until("large")
    assert until is not None
    assert until - datetime.now(tz=UTC) > timedelta(days=29)


def test_an_upload_that_breaks_off_leaves_nothing(place: BucketPlace) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x" * (PART + 1)
        raise dump.DumpFailed(program="pg_dump", said="killed")

    with pytest.raises(dump.DumpFailed):
        place.put("half", breaking())
    assert list(place.entries("")) == []
    assert place.client.list_multipart_uploads(Bucket=place.bucket).get("Uploads", []) == []


def test_what_a_run_that_was_killed_uploaded_is_swept_when_its_day_is_over(place: BucketPlace) -> None:
    place.client.create_multipart_upload(Bucket=place.bucket, Key=f"{place.prefix}database/x/dump")
    assert place.sweep(before=timezone.now() - timedelta(days=1)) == 0
    assert place.sweep(before=timezone.now() + timedelta(days=1)) == 1
    assert place.client.list_multipart_uploads(Bucket=place.bucket).get("Uploads", []) == []


def test_nobody_deletes_a_version_or_shortens_its_lock(place: BucketPlace) -> None:
    place.put("one", [b"x"])
    key = place.prefix + "one"
    version = place.client.list_object_versions(Bucket=place.bucket)["Versions"][0]["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        place.client.delete_object(Bucket=place.bucket, Key=key, VersionId=version)
    with pytest.raises(ClientError):
        place.client.put_object_retention(
            Bucket=place.bucket, Key=key,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(tz=UTC) + timedelta(days=1)},
        )  # fmt: skip
    held = place.locked_until("one")
    place.lock("one", until=datetime.now(tz=UTC) + timedelta(days=1))
    assert place.locked_until("one") == held
    place.lock("one", until=datetime.now(tz=UTC) + timedelta(days=60))
    later = place.locked_until("one")
    assert later is not None
    assert held is not None
    assert later - held > timedelta(days=29)


def test_locks_of_files_are_renewed_when_a_week_of_them_has_gone(place: BucketPlace) -> None:
    resume = factories.ResumeFactory(content=b"here")
    now = timezone.now()
    assert files.copy(place, now=now).renewed == 0
    assert files.copy(place, now=now + timedelta(days=6)).renewed == 0
    assert files.copy(place, now=now + timedelta(days=8)).renewed == 1
    until = place.locked_until(files.name_of(resume.sha256))
    assert until is not None
    assert until - now > timedelta(days=37)
    assert status.read(now=now + timedelta(days=8)).places[0].shortest_lock is not None


def test_the_lock_is_asked_of_the_bucket_and_a_week_is_the_least(place: BucketPlace) -> None:
    factories.ResumeFactory(content=b"here")
    call_command("backup")
    now = timezone.now()

    def told(at: datetime) -> list[str]:
        return [one.what for one in status.read(now=at).all_facts if "lock" in one.what.lower()]

    assert told(now + timedelta(days=22, hours=23)) == []
    assert told(now + timedelta(days=23, hours=1)) == ["A lock in place B ends in 7 days."]
    assert status.read(now=now + timedelta(days=23, hours=1)).worst == status.Level.PAGE


def test_a_copy_that_is_not_locked_is_told_whatever_its_run_wrote_down(place: BucketPlace) -> None:
    resume = factories.ResumeFactory(content=b"here")
    call_command("backup")
    (entry,) = place.entries(files.name_of(resume.sha256))
    body = b"".join(place.open(entry.key))
    # The list goes on saying that it is locked for 30 days.
    place.client.put_object(Bucket=place.bucket, Key=place.prefix + entry.key, Body=body)
    found = status.read()
    assert "1 of 2 objects that place B was asked for are not locked." in [one.what for one in found.all_facts]
    assert found.places[0].shortest_lock == 0
    assert found.worst == status.Level.PAGE


def test_after_everything_was_deleted_and_written_over_database_and_files_come_back_as_of_before(
    place: BucketPlace, elsewhere: Server
) -> None:
    person = factories.CandidateFactory(full_name="Still here")
    resume = factories.ResumeFactory(candidate=person, content=b"the bytes")
    call_command("backup")
    sleep(1.2)
    before = timezone.now()
    sleep(1.2)
    for entry in list(place.entries("")):
        place.client.put_object(Bucket=place.bucket, Key=place.prefix + entry.key, Body=b"pay us")
        place.hide(entry.key)
    storage.clean().delete(resume.key)
    assert list(place.entries("")) == []
    url = f"postgresql://{elsewhere.user}:{elsewhere.password}@{elsewhere.host}:{elsewhere.port}/{elsewhere.name}"
    with pytest.raises(CommandError, match="No place has a backup"):
        call_command("restore", to=url)
    call_command("restore", to=url, as_of=before.isoformat(), files=True)
    with elsewhere.connect() as there:
        assert there.execute("SELECT full_name FROM candidates_candidate").fetchall() == [("Still here",)]
    assert b"".join(storage.clean().open(resume.key)) == b"the bytes"
    storage.clean().delete(resume.key)
    call_command("restore", file=resume.sha256, as_of=before.isoformat())
    assert b"".join(storage.clean().open(resume.key)) == b"the bytes"


def test_a_copy_that_was_hidden_or_written_over_since_comes_back_in_the_version_that_its_list_names(
    place: BucketPlace,
) -> None:
    """Without a word of when that was: the list is signed, and says which version the run wrote."""
    hidden, altered = factories.ResumeFactory(content=b"hidden"), factories.ResumeFactory(content=b"altered")
    call_command("backup")
    # A second run, which finds both and writes neither.
    call_command("backup")
    (listed,) = [files.newest_list(place, ring=keys.configured())]
    assert listed is not None
    versions = {
        row["Key"].removeprefix(place.prefix): row["VersionId"]
        for row in place.client.list_object_versions(Bucket=place.bucket, Prefix=place.prefix)["Versions"]
    }
    assert {one["sha256"]: one["version"] for one in listed["files"].values()} == {
        one.sha256: versions[files.name_of(one.sha256)] for one in (hidden, altered)
    }
    newest = manifests.newest(place, manifests.DATABASE, ring=keys.configured())
    assert newest is not None
    assert newest["version"] == versions[newest["name"].removesuffix(manifests.NAME) + dump.DUMP]
    place.hide(files.name_of(hidden.sha256))
    place.client.put_object(
        Bucket=place.bucket, Key=place.prefix + files.name_of(altered.sha256), Body=b"pay us"
    )  # fmt: skip
    for resume in (hidden, altered):
        storage.clean().delete(resume.key)
    call_command("restore", file=hidden.sha256)
    assert b"".join(storage.clean().open(hidden.key)) == b"hidden"
    storage.clean().delete(hidden.key)
    call_command("restore", files=True)
    assert [b"".join(storage.clean().open(one.key)) for one in (hidden, altered)] == [b"hidden", b"altered"]


def test_a_bucket_that_keeps_no_versions_names_none(s3: S3Client, new_bucket: Callable[[], str]) -> None:
    assert BucketPlace("A", s3, new_bucket()).put("one", [b"x"]) == Written(1)


def test_the_page_of_backups_reads_them_in_real_buckets(
    place: BucketPlace, settings: Settings, client_as: Callable[..., Client], operator: User
) -> None:
    second = f"backups-{uuid4().hex[:12]}"
    place.client.create_bucket(Bucket=second, ObjectLockEnabledForBucket=True)
    settings.BACKUP_PLACES = {
        "A": {**settings.BACKUP_PLACES["B"], "where": f"s3://{second}"}, "B": settings.BACKUP_PLACES["B"],
    }  # fmt: skip
    factories.ResumeFactory(content=b"here")
    call_command("backup")
    cache.clear()
    page = client_as(operator).get("/backups/")
    assert page.status_code == 200
    shown = page.content.decode()
    for where in (f"s3://{second}/", place.where):
        assert where in shown
    assert shown.count("1 files, 1 new in that run") == 2
    assert "cannot be used" not in shown
    # One of them is gone a moment later, and the page says which.
    cache.clear()
    settings.BACKUP_PLACES = {**settings.BACKUP_PLACES, "A": {**settings.BACKUP_PLACES["A"], "where": "s3://no-such"}}
    page = client_as(operator).get("/backups/")
    assert page.status_code == 200
    assert "Place A (s3://no-such/) cannot be used: it answered NoSuchBucket" in page.content.decode()


def test_rotation_hides_and_takes_no_version_away(place: BucketPlace) -> None:
    ring = keys.configured()
    first, second = dump.make(place), dump.make(place)
    dump.rotate(place, now=timezone.now() + timedelta(days=8), ring=ring)
    assert [entry.key for entry in manifests.listed(place, manifests.DATABASE)] == [second["name"]]
    all_of = place.client.list_object_versions(Bucket=place.bucket, Prefix=place.prefix + manifests.DATABASE)
    assert first["name"] in {row["Key"].removeprefix(place.prefix) for row in all_of["Versions"]}


def test_a_bucket_that_does_not_answer_is_named(place: BucketPlace, settings: Settings) -> None:
    settings.BACKUP_PLACES = {
        **settings.BACKUP_PLACES,
        "B": {**settings.BACKUP_PLACES["B"], "where": "s3://no-such-bucket"},
    }
    with pytest.raises(
        CommandError, match=r"Place B \(s3://no-such-bucket/\) cannot be used: it answered NoSuchBucket"
    ):
        call_command("backup")
    assert status.read().worst == status.Level.PAGE
    assert list(place.entries("")) == []
