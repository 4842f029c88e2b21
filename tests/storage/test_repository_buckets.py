"""A bucket of pgBackRest, asked on a real store: with its lock and without, by who may ask and by who may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.lib.storage.s3 import client
from hrassist.ops.backup import repositories
from hrassist.ops.backup.facts import Level
from hrassist.ops.backup.pgbackrest import Repository
from hrassist.ops.backup.repositories import CannotBeAsked, Held, Kept
from tests.storage.test_backup_credentials import statements

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.storage


def test_a_bucket_without_versions_and_lock_is_seen_to_have_none(s3: S3Client, new_bucket: Callable[[], str]) -> None:
    bucket = new_bucket()
    assert repositories.ask(s3, bucket) == Kept(versions=False, locks=False)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert repositories.ask(s3, bucket) == Kept(versions=True, locks=False)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert repositories.ask(s3, bucket) == Kept(versions=False, locks=False)
    assert [one.level for one in repositories.judged(1, bucket, repositories.ask(s3, bucket))] == ["page", "page"]


def locked(s3: S3Client) -> str:
    bucket = f"backups-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    return bucket


def test_a_bucket_with_a_lock_locks_nothing_until_it_has_a_default_retention(s3: S3Client) -> None:
    bucket = locked(s3)
    assert repositories.ask(s3, bucket) == Kept(versions=True, locks=True)
    for rule, mode, days in (({"Days": 30}, "COMPLIANCE", 30), ({"Years": 1}, "GOVERNANCE", 365)):
        s3.put_object_lock_configuration(
            Bucket=bucket,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": mode, **rule}},  # type: ignore[typeddict-item]
            },
        )
        assert repositories.ask(s3, bucket) == Kept(versions=True, locks=True, mode=mode, days=days)


def test_objects_are_asked_whether_the_rule_became_a_lock_of_theirs(s3: S3Client, settings: Settings) -> None:
    """Those from before the rule have none; what went up in parts has one on this store."""
    settings.PGBACKREST_STANZA, settings.BACKUP_LOCK_MODE = "hr", "COMPLIANCE"
    bucket, segment = locked(s3), "000000010000000000000007"
    told = Repository(
        1, is_well=True, says="ok", newest_backup=timezone.now(), newest_wal=segment,
        backups=(("20261101-031000F", timezone.now()), ("20261102-031000F", timezone.now())),
    )  # fmt: skip
    assert repositories.held(s3, bucket, path="/kept", told=told) == Held(0, 0)
    newest = "kept/backup/hr/20261102-031000F"
    s3.put_object(Bucket=bucket, Key=f"{newest}/backup.manifest", Body=b"x")
    s3.put_object(Bucket=bucket, Key="kept/backup/hr/20261101-031000F/backup.manifest", Body=b"of an older one")
    assert repositories.held(s3, bucket, path="/kept", told=told) == Held(1, 1)
    for days, short in ((13, 3), (14, 1)):
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        s3.put_object_lock_configuration(
            Bucket=bucket,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},  # type: ignore[typeddict-item]
        )
        in_parts(s3, bucket, f"{newest}/bundle/1")
        s3.put_object(Bucket=bucket, Key=f"kept/archive/hr/17-1/{segment[:16]}/{segment}-{'a' * 40}.zst", Body=b"x")
        found = repositories.held(s3, bucket, path="/kept", told=told)
        assert found == Held(3, short)
    assert [one.level for one in repositories.of_objects(1, bucket, found)] == [Level.PAGE]


def in_parts(s3: S3Client, bucket: str, key: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    parts = []
    for number in (1, 2):
        body = b"y" * 5 * 1024 * 1024
        answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})  # type: ignore[typeddict-item]


def test_a_bucket_that_is_not_there_could_not_be_asked(s3: S3Client) -> None:
    with pytest.raises(CannotBeAsked, match="the bucket nowhere-at-all answered NoSuchBucket"):
        repositories.ask(s3, "nowhere-at-all")


@pytest.mark.parametrize("who", ["writer", "reader"])
def test_the_credentials_of_terraform_may_ask_and_that_another_may_not_is_said(s3: S3Client, who: str) -> None:
    bucket = locked(s3)
    theirs = client(
        endpoint_url=s3.meta.endpoint_url, region="us-east-1", access_key=f"test-{who}", secret_key="test-secret",
        addressing="path",
    )  # fmt: skip
    try:
        theirs.list_buckets()
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidAccessKeyId":
            pytest.skip(f"This store has no user {who}: make test-storage starts one that has.")
        raise
    with pytest.raises(CannotBeAsked, match=r"answered AccessDenied, its key may not ask \(s3:GetBucketVersioning"):
        repositories.ask(theirs, bucket)
    policy = {"Version": "2012-10-17", "Statement": statements(who, bucket)}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert repositories.ask(theirs, bucket) == Kept(versions=True, locks=True)
