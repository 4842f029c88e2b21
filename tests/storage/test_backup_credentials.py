"""The writer's and the reader's credentials of backups, by the policies that Terraform gives them, on a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.lib import storage
from hrassist.ops.backup import files, keys, places, status
from hrassist.ops.backup.buckets import BucketPlace
from hrassist.ops.backup.places import PlaceUnavailable
from tests import factories
from tests.repo.sources import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]
POLICIES = ROOT / "deploy/terraform/modules/buckets/policies"


def statements(who: str, bucket: str) -> list[dict[str, Any]]:
    """What a policy of Terraform's says, as a bucket says it of a user of this store."""
    text = (POLICIES / f"backup-{who}.json").read_text().replace("${bucket}", f"arn:aws:s3:::{bucket}")
    principal = {"AWS": [f"arn:aws:iam:::user/{who}"]}
    return [{**one, "Sid": f"{who}{one['Sid']}", "Principal": principal} for one in json.loads(text)["Statement"]]


@pytest.fixture
def place_of(s3: S3Client, settings: Settings, tmp_path: Path) -> Callable[[str], BucketPlace]:
    """Place B, in a locked bucket of somebody else's, with the credential of the writer or of the reader."""
    bucket = f"backups-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    policy = {
        "Version": "2012-10-17",
        "Statement": [one for who in ("writer", "reader") for one in statements(who, bucket)],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    settings.BACKUP_KEY_FILE = str(tmp_path / "backup.key")
    keys.generate(tmp_path / "backup.key")
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    settings.BACKUP_STATUS_FILE = tmp_path / "backup-status.json"
    settings.S3_ADDRESSING_STYLE = "path"

    def place_of(who: str) -> BucketPlace:
        settings.BACKUP_PLACES = {
            "A": {**settings.BACKUP_PLACES["A"], "where": ""},
            "B": {"where": f"s3://{bucket}/of-hr", "endpoint_url": s3.meta.endpoint_url, "region": "us-east-1",
                  "access_key": f"test-{who}", "secret_key": "test-secret"},
        }  # fmt: skip
        found = places.configured("B")[0]
        assert isinstance(found, BucketPlace)
        try:
            found.client.list_objects_v2(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidAccessKeyId":
                pytest.skip(f"This store has no user {who}: make test-storage starts one that has.")
            raise
        return found

    return place_of


def refused(action: Callable[..., Any], **arguments: Any) -> bool:
    try:
        action(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
    return False


def test_the_writer_does_all_that_backups_are(place_of: Callable[[str], BucketPlace]) -> None:
    place, now = place_of("writer"), timezone.now()
    resume = factories.ResumeFactory(content=b"here")
    call_command("backup")
    assert files.copy(place, now=now + timedelta(days=8)).renewed == 1
    before = place.locked_until(files.name_of(resume.sha256))
    assert before is not None
    assert before > now + timedelta(days=37)
    call_command("drill")
    storage.clean().delete(resume.key)
    call_command("restore", file=resume.sha256)
    assert b"".join(storage.clean().open(resume.key)) == b"here"
    # A large one goes in parts, one that breaks off is taken back.
    assert place.put("large", iter([b"x" * (20 * 1024 * 1024)])).size == 20 * 1024 * 1024
    assert status.read().places[0].trouble == ""
    assert not [one for one in status.read().all_facts if "lock in" in one.what or "not locked" in one.what]


def test_the_writer_takes_no_version_no_lock_and_no_rule_away(place_of: Callable[[str], BucketPlace]) -> None:
    place = place_of("writer")
    # Not locked by this process, so that it is the credential that keeps it.
    place.mode = ""
    place.put("one", [b"x"])
    s3, bucket, key = place.client, place.bucket, f"{place.prefix}one"
    (version,) = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    named = {"Bucket": bucket, "Key": key}
    assert refused(s3.delete_object, **named, VersionId=version["VersionId"])
    assert refused(s3.delete_bucket, Bucket=bucket)
    assert refused(s3.delete_bucket_policy, Bucket=bucket)
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy="{}")
    assert refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    rule = {
        "ID": "x",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    assert refused(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert refused(
        s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    until = datetime.now(tz=UTC)
    held = {"Mode": "GOVERNANCE", "RetainUntilDate": until + timedelta(days=9)}
    s3.put_object_retention(**named, Retention=held)
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": until + timedelta(days=1)}
    assert refused(s3.put_object_retention, **named, Retention=shorter, BypassGovernanceRetention=True)
    # To hide is all it may: the version stays.
    place.hide("one")
    assert list(place.entries("")) == []
    (left,) = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    assert left["VersionId"] == version["VersionId"]


def test_the_writer_hides_many_at_once_as_pgbackrest_does_and_takes_no_version_of_many_away(
    place_of: Callable[[str], BucketPlace],
) -> None:
    place = place_of("writer")
    place.mode = ""
    for name in ("one", "two"):
        place.put(name, [b"x"])
    s3, bucket = place.client, place.bucket
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    told = s3.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]},
    )
    assert [one["Code"] for one in told["Errors"]] == ["AccessDenied", "AccessDenied"]
    assert sorted(one.key for one in place.entries("")) == ["one", "two"]
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one["Key"]} for one in versions]})
    assert "Errors" not in told
    assert list(place.entries("")) == []
    left = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [one["VersionId"] for one in left] == [one["VersionId"] for one in versions]


def test_what_a_writer_may_not_list_is_swept_by_the_buckets_rule(
    place_of: Callable[[str], BucketPlace], s3: S3Client
) -> None:
    place = place_of("writer")
    s3.create_multipart_upload(Bucket=place.bucket, Key=f"{place.prefix}half")
    assert refused(place.client.list_multipart_uploads, Bucket=place.bucket)
    assert place.sweep(before=timezone.now() + timedelta(days=1)) == 0
    factories.ResumeFactory(content=b"here")
    call_command("backup")


def test_the_reader_restores_and_writes_nothing(place_of: Callable[[str], BucketPlace]) -> None:
    resume = factories.ResumeFactory(content=b"here")
    place_of("writer")
    call_command("backup")
    storage.clean().delete(resume.key)
    place = place_of("reader")
    call_command("restore", file=resume.sha256)
    assert b"".join(storage.clean().open(resume.key)) == b"here"
    with pytest.raises(PlaceUnavailable, match="AccessDenied"):
        place.put("one", [b"x"])
    with pytest.raises(CommandError, match="AccessDenied"):
        call_command("backup")
    (key,) = [entry.key for entry in place.entries(files.OBJECTS)]
    assert refused(place.client.delete_object, Bucket=place.bucket, Key=place.prefix + key)
    assert [one for one in status.read().all_facts if "not locked" in one.what] == []


def test_the_operators_page_reads_the_bucket_with_the_readers_credential_and_without_the_key(
    place_of: Callable[[str], BucketPlace], settings: Settings
) -> None:
    resume = factories.ResumeFactory(content=b"here")
    place_of("writer")
    call_command("backup")
    call_command("drill")
    path = Path(settings.BACKUP_KEY_FILE)
    Path(f"{path}.pub").write_text(keys.public_halves(keys.configured()))
    path.unlink()
    settings.BACKUP_STATUS_FILE.unlink()
    place_of("reader")
    found = status.read()
    (one,) = found.places
    assert (sorted(one.ages), one.trouble, one.canary) == (["database", "drill", "files"], "", None)
    assert [fact.what for fact in found.all_facts if fact.level == status.Level.PAGE] == []
    with pytest.raises(CommandError, match="There is no key for backups"):
        call_command("restore", file=resume.sha256)
