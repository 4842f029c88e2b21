"""Copies of the seals in a bucket with object lock, on a real S3 server: nobody takes one away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from pytest_django.fixtures import Settings

from audit.actions import anchoring
from audit.models import Seal
from audit.sealing import anchors, checking, keys
from audit.sealing.anchors import AnchorDiffers, AnchorUnavailable, LockedBucket
from tests.audit.sealing import batches_of, events, seal, superuser

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(s3: S3Client) -> LockedBucket:
    # It cannot be emptied for the time of its locks: the server goes away with it.
    name = f"audit-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return LockedBucket(s3, name, prefix="trail", days=2)


def versions(place: LockedBucket) -> list[dict]:
    return place.client.list_object_versions(Bucket=place.bucket).get("Versions", [])


def test_a_copy_is_locked_and_nobody_deletes_it(place: LockedBucket) -> None:
    place.put(1, b"first")
    (one,) = versions(place)
    held = place.client.get_object_retention(Bucket=place.bucket, Key=one["Key"], VersionId=one["VersionId"])[
        "Retention"
    ]
    assert held["Mode"] == "COMPLIANCE"
    assert held["RetainUntilDate"] - datetime.now(tz=UTC) > timedelta(days=1, hours=23)
    with pytest.raises(ClientError, match="AccessDenied"):
        place.client.delete_object(Bucket=place.bucket, Key=one["Key"], VersionId=one["VersionId"])
    with pytest.raises(ClientError):
        place.client.put_object_retention(
            Bucket=place.bucket, Key=one["Key"], VersionId=one["VersionId"],
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(tz=UTC) + timedelta(seconds=1)},
        )  # fmt: skip


def test_a_later_version_or_a_marker_over_it_takes_nothing_away(place: LockedBucket) -> None:
    place.put(1, b"first")
    key = versions(place)[0]["Key"]
    place.client.put_object(Bucket=place.bucket, Key=key, Body=b"another")
    place.client.delete_object(Bucket=place.bucket, Key=key)
    assert place.get(1) == b"first"
    assert list(place.numbers()) == [1]
    place.put(1, b"first")
    with pytest.raises(AnchorDiffers):
        place.put(1, b"another")


def test_the_numbers_come_rising_from_where_one_asks(place: LockedBucket) -> None:
    for seq in (1, 2, 999, 1000, 1001):
        place.put(seq, str(seq).encode())
    assert list(place.numbers()) == [1, 2, 999, 1000, 1001]
    assert list(place.numbers(after=999)) == [1000, 1001]
    assert place.get(3) is None


def test_a_trail_that_was_cut_is_told_by_the_bucket(place: LockedBucket) -> None:
    with batches_of(5):
        events(12)
        seal()
    made = Seal.objects.count()
    assert anchoring.copy_all(places=[place])[place.name] == made
    assert anchoring.copy_all(places=[place])[place.name] == 0
    report = checking.verify(ring=keys.configured())
    assert checking.compare(place, report=report) == made
    assert report.is_whole
    with superuser() as owner:
        (first,) = owner.execute("SELECT first_id FROM audit_seal WHERE seq = %s", [made]).fetchone() or (None,)
        owner.execute("DELETE FROM audit_event WHERE id >= %s", [first])
        owner.execute("DELETE FROM audit_seal WHERE seq = %s", [made])
    report = checking.verify(ring=keys.configured())
    assert report.is_whole, "the database alone cannot know"
    checking.compare(place, report=report)
    assert [(one.kind, one.seal, one.row) for one in report.problems] == [("truncated trail", made, first)]


def test_the_bucket_of_the_settings_is_used(place: LockedBucket, settings: Settings) -> None:
    settings.AUDIT_ANCHOR_DIR = ""
    settings.AUDIT_ANCHOR_BUCKET, settings.AUDIT_ANCHOR_PREFIX = place.bucket, "trail"
    settings.AWS_S3_ENDPOINT_URL = place.client.meta.endpoint_url
    settings.S3_ADDRESSING_STYLE = "path"
    events(1)
    seal()
    assert list(anchoring.copy_all().values()) == [1]
    assert list(place.numbers()) == [1]


def test_a_bucket_that_is_not_there_is_said_and_stops_no_seal(s3: S3Client) -> None:
    gone = LockedBucket(s3, "no-such-bucket", prefix="", days=1)
    events(1)
    assert len(seal()) == 1
    assert anchoring.copy_all(places=[gone]) == {gone.name: 0}
    with pytest.raises(AnchorUnavailable):
        gone.get(1)
    assert anchors.number_of("x/0000000012.jsonl.gz") == 12
