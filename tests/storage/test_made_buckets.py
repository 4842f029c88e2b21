"""`manage.py buckets` on a real S3 server: made, closed, open to our pages, swept; and again, changing nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from hrassist.ops import storage_doctor
from hrassist.ops.buckets import StoreAway, make

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.storage
ORIGIN = "https://hr.example.com"


@pytest.fixture
def names(s3: S3Client, settings: Settings) -> Iterator[tuple[str, str]]:
    """The bucket of uploads and that of files, as the settings name them; neither is there."""
    stem = f"made-{uuid4().hex[:12]}"
    found = f"{stem}-incoming", f"{stem}-resumes"
    settings.AWS_ACCESS_KEY_ID = configured.AWS_ACCESS_KEY_ID or "test-access"
    settings.AWS_SECRET_ACCESS_KEY = configured.AWS_SECRET_ACCESS_KEY or "test-secret"
    settings.AWS_S3_ENDPOINT_URL, settings.S3_ADDRESSING_STYLE = s3.meta.endpoint_url, "path"
    settings.S3_INCOMING_BUCKET_NAME, settings.AWS_S3_BUCKET_NAME = found
    settings.STORAGE_BACKEND, settings.S3_PREFIX = "s3", "production"
    yield found
    for name in found:
        try:
            for row in s3.list_objects_v2(Bucket=name).get("Contents", []):
                s3.delete_object(Bucket=name, Key=row["Key"])
            s3.delete_bucket(Bucket=name)
        except ClientError:
            continue


def told(**options: str) -> list[str]:
    said = io.StringIO()
    call_command("buckets", origin=ORIGIN, stdout=said, **options)
    return said.getvalue().splitlines()


def test_both_are_made_and_the_doctor_has_nothing_against_them(names):
    assert {line.rpartition(": ")[2] for line in told()} == {"made", "asked"}
    findings, flags = storage_doctor.diagnose(origin=ORIGIN, stored=False)
    found = {one.probe: one for one in findings}
    assert [one for one in findings if one.level == "fail"] == []
    for probe in ("uploads: strangers list", "files: strangers read", "CORS: our origin", "CORS: other origins"):
        assert found[probe].level == "ok", found[probe]
    assert found["uploads expire by themselves"].level == "ok"
    # Erasure means every version: there are none.
    assert found["versions"].found == "not kept"
    assert flags.cors


def test_a_second_time_changes_nothing(names, s3):
    told()
    incoming, resumes = names
    s3.put_object(Bucket=resumes, Key="production/clean/1", Body=b"kept")

    def standing() -> list[object]:
        return [
            s3.get_bucket_cors(Bucket=incoming)["CORSRules"],
            s3.get_bucket_lifecycle_configuration(Bucket=incoming)["Rules"],
            s3.get_bucket_lifecycle_configuration(Bucket=resumes)["Rules"],
        ]

    before = standing()
    assert {line.rpartition(": ")[2] for line in told()} == {"there already", "asked"}
    assert standing() == before
    assert s3.get_object(Bucket=resumes, Key="production/clean/1")["Body"].read() == b"kept"


def test_what_others_set_there_stays_and_every_origin_goes(names, s3):
    told()
    incoming = names[0]
    rule = {"AllowedOrigins": ["https://portal.example.com"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    every = {"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=incoming, CORSConfiguration={"CORSRules": [rule, every]})
    logs = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=incoming, LifecycleConfiguration={"Rules": [logs]})
    assert [line.rpartition(": ")[2] for line in told() if line.startswith(incoming)] == [
        "there already", "asked", "made", "made",
    ]  # fmt: skip
    origins = [one["AllowedOrigins"] for one in s3.get_bucket_cors(Bucket=incoming)["CORSRules"]]
    assert sorted(origins) == [[ORIGIN], ["https://portal.example.com"]]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=incoming)["Rules"]
    assert {one["ID"] for one in rules} == {"logs", "unconfirmed"}


def test_one_bucket_for_both_keeps_its_files(names, s3, settings):
    settings.S3_INCOMING_BUCKET_NAME = settings.AWS_S3_BUCKET_NAME
    told()
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=names[1])["Rules"]
    assert rule["Filter"]["Prefix"] == "production/incoming/"


def test_one_that_somebody_opened_is_refused(names, s3):
    told()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{names[1]}"]}
        ],
    }
    s3.put_bucket_policy(Bucket=names[1], Policy=json.dumps(policy))
    with pytest.raises(CommandError, match=f"Strangers can list the bucket {names[1]}"):
        told()
    s3.delete_bucket_policy(Bucket=names[1])
    assert f"{names[1]}: closed to strangers: asked" in told()


def test_a_bucket_of_somebody_else_is_refused_and_a_store_that_is_away_is_waited_for(names, s3, settings):
    told()
    settings.AWS_ACCESS_KEY_ID = "test-reader"
    with pytest.raises(CommandError, match="cannot be made ready"):
        told()
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:1"
    with pytest.raises(StoreAway, match="did not answer within 1 s"):
        list(make(origin=ORIGIN, patience=1))


def test_on_a_disk_there_is_nothing_to_make(settings):
    settings.STORAGE_BACKEND = "disk"
    assert told() == ["Files are kept on this machine's disk: there are no buckets to make."]
