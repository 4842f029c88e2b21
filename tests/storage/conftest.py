"""A real S3 server: `make test-storage` starts one, or AWS_S3_ENDPOINT_URL and its keys name one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from hrassist.lib import storage
from hrassist.lib.storage import Capabilities, capabilities
from hrassist.lib.storage.s3 import Bucket, client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def s3() -> S3Client:
    endpoint = os.environ.get("HRASSIST_TEST_S3_ENDPOINT", "") or configured.AWS_S3_ENDPOINT_URL
    if not endpoint:
        if os.environ.get("CI"):
            pytest.fail("No S3 server: run make test-storage.")
        pytest.skip("No S3 server: run make test-storage, or set HRASSIST_TEST_S3_ENDPOINT.")
    return client(
        endpoint_url=endpoint,
        region="us-east-1",
        access_key=configured.AWS_ACCESS_KEY_ID or "test-access",
        secret_key=configured.AWS_SECRET_ACCESS_KEY or "test-secret",
        addressing="path",
    )


@pytest.fixture
def new_bucket(s3: S3Client) -> Iterator[Callable[[], str]]:
    """Makes empty buckets, which go away with all they hold."""
    made: list[str] = []

    def make() -> str:
        name = f"test-{uuid4().hex[:12]}"
        s3.create_bucket(Bucket=name)
        made.append(name)
        return name

    yield make
    for name in made:
        bucket = Bucket(s3, name)
        for row in s3.list_object_versions(Bucket=name).get("Versions", []):
            bucket.delete(row["Key"])
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def use_bucket(s3: S3Client, settings: Settings) -> Iterator[Callable[..., None]]:
    """Makes a bucket this installation's store."""

    def use(name: str, *, method: str = "auto", flags: Capabilities | None = None) -> None:
        settings.AWS_ACCESS_KEY_ID = configured.AWS_ACCESS_KEY_ID or "test-access"
        settings.AWS_SECRET_ACCESS_KEY = configured.AWS_SECRET_ACCESS_KEY or "test-secret"
        settings.AWS_S3_ENDPOINT_URL = s3.meta.endpoint_url
        settings.S3_ADDRESSING_STYLE = "path"
        settings.AWS_S3_BUCKET_NAME = settings.S3_INCOMING_BUCKET_NAME = name
        settings.S3_UPLOAD_METHOD = method
        settings.STORAGE_BACKEND = "s3"
        if flags:
            capabilities.store(storage.clean(), flags)
            storage.forget()

    yield use
    storage.forget()


@pytest.fixture(params=["put", "put once", "post"])
def ticket_kind(request: pytest.FixtureRequest, new_bucket: Callable[[], str], use_bucket: Callable[..., None]) -> str:
    """Each way in which tickets are given out on a real store."""
    kind: str = request.param
    use_bucket(new_bucket(), method=kind.split(maxsplit=1)[0], flags=Capabilities(if_none_match=kind == "put once"))
    return kind
