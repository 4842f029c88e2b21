"""Real buckets as a process finds them at its start: open to strangers by every way, and marked with whose they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from candidates.resumes import sweeping
from hrassist.lib import storage
from hrassist.lib.storage import marks
from hrassist.ops import own_buckets, storage_doctor

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.storage


@pytest.fixture
def resumes(new_bucket: Callable[[], str], use_bucket: Callable[..., None], settings: Settings) -> str:
    """The bucket of checked files; what arrives has one of its own."""
    name = new_bucket()
    use_bucket(name)
    settings.S3_INCOMING_BUCKET_NAME = new_bucket()
    settings.DEVELOPMENT, settings.ENVIRONMENT = False, "production"
    storage.forget()
    return name


def let_everybody(s3: S3Client, bucket: str, *actions: str, on: str = "/*") -> None:
    resource = f"arn:aws:s3:::{bucket}{on}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": [resource]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def wrong() -> list[str]:
    return own_buckets.look().wrong


def keys_in(s3: S3Client, bucket: str) -> list[str]:
    return [row["Key"] for row in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_closed_buckets_are_well_known_to_be_and_are_marked_once(
    resumes: str, s3: S3Client, settings: Settings
) -> None:
    found = own_buckets.look()
    assert (found.wrong, found.unknown) == ([], [])
    assert keys_in(s3, resumes) == ["clean/environment"]
    assert keys_in(s3, settings.S3_INCOMING_BUCKET_NAME) == ["incoming/environment"]
    first = s3.head_object(Bucket=resumes, Key="clean/environment")["LastModified"]
    assert wrong() == []
    assert s3.head_object(Bucket=resumes, Key="clean/environment")["LastModified"] == first
    assert len(found.times) == 2


@pytest.mark.parametrize("folder", ["clean", "incoming"])
def test_files_that_anybody_can_read_are_found_though_nobody_can_list_them(
    resumes: str, s3: S3Client, settings: Settings, folder: str
) -> None:
    bucket = resumes if folder == "clean" else settings.S3_INCOMING_BUCKET_NAME
    let_everybody(s3, bucket, "s3:GetObject")
    found = wrong()
    assert [one for one in found if "Anybody can list" in one] == []
    assert f"hrassist.E071: The bucket {bucket} is public: the store counts it as public." in " ".join(found)
    read = [one for one in found if f"Anybody can read the files in {bucket}/{folder} " in one]
    # And nothing is said of the other one.
    assert len(read) == 1
    assert len(found) == 2
    findings, _ = storage_doctor.diagnose(stored=False)
    failed = {one.probe for one in findings if one.level == "fail"}
    of = "files" if folder == "clean" else "uploads"
    assert failed == {f"{of}: strangers read", f"{bucket}: what it says of strangers"}


def test_one_open_folder_is_found_by_what_lies_in_it(resumes: str, s3: S3Client) -> None:
    let_everybody(s3, resumes, "s3:GetObject", on="/clean/*")
    assert any(f"Anybody can read the files in {resumes}/clean " in one for one in wrong())


def test_a_list_of_access_that_lets_everybody_list_is_found(resumes: str, s3: S3Client) -> None:
    s3.put_bucket_acl(Bucket=resumes, ACL="public-read")
    assert [one.partition(",")[0] for one in wrong()] == [f"hrassist.E071: Anybody can list the bucket {resumes}"]
    findings, _ = storage_doctor.diagnose(stored=False)
    said = {one.probe: one.found for one in findings if one.level == "fail"}
    assert said[f"{resumes}: what it says of strangers"].endswith("its list of access gives everybody READ")


def test_a_list_of_access_for_everybody_with_an_account_is_found_by_the_stores_word(resumes: str, s3: S3Client) -> None:
    s3.put_bucket_acl(Bucket=resumes, ACL="authenticated-read")
    (said,) = wrong()
    assert "its list of access gives everybody with an account READ" in said


def test_the_files_of_another_environment_are_not_taken_but_claimed(
    resumes: str, s3: S3Client, settings: Settings
) -> None:
    assert wrong() == []
    settings.ENVIRONMENT = "staging"
    assert [one.partition(" in ")[0] for one in wrong()] == ["hrassist.E075: The files"] * 2
    assert b"production" in s3.get_object(Bucket=resumes, Key="clean/environment")["Body"].read()
    # The doctor says it as well, and so does development.
    findings, _ = storage_doctor.diagnose(stored=False)
    assert {one.probe for one in findings if one.level == "fail"} == {
        "uploads: whose they are", "files: whose they are",
    }  # fmt: skip
    settings.DEVELOPMENT, settings.ENVIRONMENT = True, "development"
    assert len(wrong()) == 2
    settings.DEVELOPMENT, settings.ENVIRONMENT = False, "staging"
    with pytest.raises(CommandError, match="belongs to production, not to development"):
        call_command("claim_bucket", "--from", "development")
    call_command("claim_bucket", "--from", "production", stdout=StringIO())
    assert wrong() == []


def test_a_folder_of_its_own_is_enough(resumes: str, settings: Settings) -> None:
    assert wrong() == []
    settings.ENVIRONMENT, settings.S3_PREFIX = "staging", "staging"
    assert wrong() == []
    assert {place.owner() for place in marks.places()} == {"staging"}


def test_of_two_environments_that_come_at_once_one_has_it(resumes: str) -> None:
    names = [f"environment-{number}" for number in range(8)]
    said: list[str] = []
    start = threading.Barrier(len(names))

    def claim(name: str) -> None:
        place = marks.places()[1]
        start.wait()
        said.append(place.claimed(environment=name))

    threads = [threading.Thread(target=claim, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == len(names)
    assert set(said) == {marks.places()[1].owner()}


def test_what_says_whose_they_are_is_no_leftover_and_outlives_the_rules_of_the_bucket(
    resumes: str, s3: S3Client, settings: Settings
) -> None:
    assert wrong() == []
    ahead = datetime.now(tz=UTC) + timedelta(days=30)
    assert list(storage.clean().list_older_than(ahead)) == list(storage.incoming().list_older_than(ahead)) == []
    assert list(sweeping.orphans(older_than=ahead)) == []
    # A rule for uploads that nobody confirmed took it.
    s3.delete_object(Bucket=settings.S3_INCOMING_BUCKET_NAME, Key="incoming/environment")
    own_buckets.keep_marks()
    assert keys_in(s3, settings.S3_INCOMING_BUCKET_NAME) == ["incoming/environment"]
    arrived = s3.head_object(Bucket=settings.S3_INCOMING_BUCKET_NAME, Key="incoming/environment")["LastModified"]
    kept = s3.head_object(Bucket=resumes, Key="clean/environment")["LastModified"]
    threading.Event().wait(1.1)
    own_buckets.keep_marks()
    # It counts as new for the rule; the other bucket has none.
    again = s3.head_object(Bucket=settings.S3_INCOMING_BUCKET_NAME, Key="incoming/environment")["LastModified"]
    assert again > arrived
    assert s3.head_object(Bucket=resumes, Key="clean/environment")["LastModified"] == kept


def test_a_key_that_may_not_ask_leaves_it_unknown_and_says_which_rights_it_lacks(
    resumes: str, s3: S3Client, settings: Settings
) -> None:
    """The writer of the tests' store owns no bucket: it may do what a policy gives it, as a narrow key may."""
    for bucket in (resumes, settings.S3_INCOMING_BUCKET_NAME):
        statement = {
            "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/writer"]},
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }  # fmt: skip
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    settings.AWS_ACCESS_KEY_ID = "test-writer"
    found = own_buckets.look()
    assert found.wrong == []
    assert len(found.unknown) == 2
    assert "AccessDenied" in found.unknown[0]
    assert "s3:GetBucketPolicyStatus" in found.unknown[0]
