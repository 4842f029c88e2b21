"""On a real store with versions: after an erasure a listing shows no version and no delete marker of the person."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.actions import erasures
from candidates.erasure import ledger
from candidates.models import Erasure
from hrassist.lib import storage
from tests.candidates.erasure.conftest import finish
from tests.factories import CandidateFactory, ResumeFactory, UploadTicketFactory, UserFactory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [pytest.mark.storage, pytest.mark.django_db]


@pytest.fixture
def versioned(s3: S3Client, new_bucket: Callable[[], str], use_bucket: Callable[..., None], settings: Settings) -> str:
    bucket = new_bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    use_bucket(bucket)
    settings.ERASURE_WAIT = timedelta(0)
    settings.ERASURE_LEDGER = f"s3://{new_bucket()}/erased"
    return bucket


def listed(s3: S3Client, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return sorted(
        row["Key"] for page in pages for row in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    )  # fmt: skip


def test_no_version_and_no_marker_of_the_person_is_left(s3: S3Client, versioned: str):
    candidate, other = CandidateFactory(), ResumeFactory(content=b"of somebody else", pages=1)
    resume = ResumeFactory(candidate=candidate, content=b"zqcanary first", pages=2)
    for number in range(3):
        storage.clean().put(resume.key, f"zqcanary {number}".encode(), content_type="text/plain")
    # A careless hand left a delete marker over the versions.
    s3.delete_object(Bucket=versioned, Key=resume.key)
    ticket = UploadTicketFactory(candidate=candidate, created_by=UserFactory(), expires_at=timezone.now())
    s3.upload_fileobj(io.BytesIO(b"zqcanary under way"), versioned, ticket.key)
    s3.delete_object(Bucket=versioned, Key=ticket.key)
    assert len(listed(s3, versioned)) == 11

    asked = erasures.request(candidate=candidate, by=None, channel="self_service", reason="", now=timezone.now())
    assert finish(asked.pk).state == Erasure.State.DONE

    kept = {other.key, *other.pages.values_list("key", flat=True)}
    assert set(listed(s3, versioned)) == kept
    assert len(listed(s3, versioned)) == 2


def test_the_ledger_in_a_bucket_is_read_back(versioned: str):
    candidate = CandidateFactory()
    asked = erasures.request(candidate=candidate, by=None, channel="self_service", reason="", now=timezone.now())
    finish(asked.pk)
    assert [entry["person"] for entry in ledger.ledger().entries()] == [ledger.reference(candidate.pk)]


def test_a_ledger_that_does_not_answer_stops_the_erasure_before_anything_goes(versioned: str, settings: Settings):
    settings.ERASURE_LEDGER = "s3://there-is-no-such-bucket/erased"
    candidate = CandidateFactory(full_name="Jane")
    asked = erasures.request(candidate=candidate, by=None, channel="self_service", reason="", now=timezone.now())
    with pytest.raises(ledger.LedgerUnavailable):
        finish(asked.pk)
    candidate.refresh_from_db()
    assert candidate.full_name == "Jane"
