"""What the doctor says of real buckets, and that erasing erases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hrassist.lib import storage
from hrassist.lib.storage import ObjectMissing
from hrassist.lib.storage.s3 import Bucket, S3Clean
from hrassist.ops import storage_doctor
from hrassist.ops.storage_probes import Finding
from tests.uploading import resume

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.storage

ORIGIN = "https://hr.example.com"


@pytest.fixture
def bucket(new_bucket: Callable[[], str], use_bucket: Callable[..., None]) -> str:
    name = new_bucket()
    use_bucket(name)
    return name


def diagnose() -> dict[str, Finding]:
    findings, _ = storage_doctor.diagnose(origin=ORIGIN)
    return {one.probe: one for one in findings}


def test_a_private_bucket_is_safe_and_what_it_can_do_decides_the_tickets(bucket: str, s3: S3Client) -> None:
    findings, flags = storage_doctor.diagnose(origin=ORIGIN)
    assert [one for one in findings if one.level == "fail"] == []
    assert (flags.post_policy, flags.put_signed_length, flags.content_md5_enforced, flags.if_none_match) == (True,) * 4
    assert (flags.post_content_md5, flags.versioning, flags.object_lock, flags.cors) == (False,) * 4
    assert storage.incoming().method == "POST"
    left = {row["Key"] for row in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
    assert left == {"capabilities.json"}


def test_a_bucket_that_strangers_can_list_or_read_is_not_safe(bucket: str, s3: S3Client) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:ListBucket", "s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            }
        ],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    found = diagnose()
    assert found["files: strangers list"].level == "fail"
    assert found["files: strangers read"].level == "fail"
    assert not storage_doctor.is_safe(found.values())


@pytest.mark.parametrize(("allowed", "others"), [(ORIGIN, "ok"), ("*", "fail"), ("https://*.example", "fail")])
def test_cors_is_for_our_origin_alone(bucket: str, s3: S3Client, allowed: str, others: str) -> None:
    rule = {"AllowedOrigins": [allowed], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]
    found = diagnose()
    assert found["CORS: our origin"].level == ("warn" if allowed == "https://*.example" else "ok")
    assert found["CORS: other origins"].level == others


def test_erasing_takes_every_version(bucket: str, s3: S3Client) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = S3Clean(Bucket(s3, bucket))
    for text in (b"one", b"two"):
        store.put("clean/1", text, content_type="text/plain")
    s3.delete_object(Bucket=bucket, Key="clean/1")
    assert len(store.bucket.versions("clean/1")) == 3
    store.delete("clean/1")
    assert s3.list_object_versions(Bucket=bucket).get("Versions", []) == []
    assert store.head("clean/1") is None
    assert diagnose()["versions"].found == "2 kept"


def test_a_version_is_read_although_the_object_was_replaced(bucket: str, s3: S3Client) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store, incoming = S3Clean(Bucket(s3, bucket)), storage.incoming()
    first = store.put("incoming/1", resume(), content_type="text/plain")
    store.put("incoming/1", b"other", content_type="text/plain")
    read = incoming.open_once("incoming/1", etag=first.etag, version_id=first.version_id, max_bytes=10_000)
    assert b"".join(read) == resume()


def test_a_prefix_keeps_to_itself(bucket: str, s3: S3Client) -> None:
    mine, other = S3Clean(Bucket(s3, bucket, prefix="tenant/a")), S3Clean(Bucket(s3, bucket, prefix="tenant/b"))
    mine.put("clean/1", b"mine", content_type="text/plain")
    assert s3.head_object(Bucket=bucket, Key="tenant/a/clean/1")["ContentLength"] == 4
    with pytest.raises(ObjectMissing):
        other.open("clean/1")
    assert b"".join(mine.open("clean/1", start=1, end=3)) == b"in"


def test_a_file_too_large_for_memory_is_stored_in_pieces_and_whole(bucket: str, tmp_path: Path) -> None:
    # Beyond the size from which the client sends several parts.
    source, piece = tmp_path / "export.zip", bytes(range(256)) * 4096
    with source.open("wb") as file:
        for _ in range(20):
            file.write(piece)
    with source.open("rb") as file:
        storage.clean().put_file("exports/large", file, content_type="application/zip")
    stat = storage.clean().head("exports/large")
    assert stat is not None
    assert stat.size == source.stat().st_size
    assert b"".join(storage.clean().open("exports/large")) == source.read_bytes()
    assert b"".join(storage.clean().open("exports/large", start=len(piece) - 1, end=len(piece) + 1)) == b"\xff\x00"
    storage.clean().delete("exports/large")
    assert storage.clean().head("exports/large") is None
