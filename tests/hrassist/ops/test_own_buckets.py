"""The buckets at the start of a process, over a store that knows neither policies nor conditions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from procrastinate.contrib.django import app
from pytest_django.fixtures import Settings

from hrassist import tasks
from hrassist.lib.storage import marks
from hrassist.ops import own_buckets
from tests.hrassist.ops import stub_store
from tests.hrassist.ops.stub_store import StubStore


@pytest.fixture
def store(settings: Settings) -> Iterator[StubStore]:
    with stub_store.running() as server:
        settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = stub_store.ACCESS, stub_store.SECRET
        settings.AWS_S3_ENDPOINT_URL, settings.AWS_S3_REGION = server.endpoint, stub_store.REGION
        settings.AWS_S3_BUCKET_NAME = settings.S3_INCOMING_BUCKET_NAME = stub_store.BUCKET
        settings.S3_ADDRESSING_STYLE, settings.STORAGE_BACKEND = "path", "s3"
        settings.DEVELOPMENT, settings.ENVIRONMENT = False, "production"
        yield server


def test_both_folders_of_one_bucket_are_marked_and_what_it_does_not_say_is_told(store: StubStore) -> None:
    found = own_buckets.look()
    assert found.wrong == []
    assert set(store.objects) == {"incoming/environment", "clean/environment"}
    (said,) = found.unknown
    assert "The bucket stub did not say its public access block (" in said
    assert "look there whether strangers may read" in said


def test_no_connection_is_left_for_the_processes_that_are_forked_next(store: StubStore) -> None:
    own_buckets.look()
    pools = marks.places()[0].bucket.client._endpoint.http_session._manager.pools  # type: ignore[attr-defined]
    assert len(pools) == 0


def test_while_something_else_is_wrong_nothing_is_marked(store: StubStore) -> None:
    own_buckets.look(marking=False)
    assert store.objects == {}


def test_a_store_that_is_away_is_asked_once_and_told(store: StubStore, settings: Settings) -> None:
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:9"
    found = own_buckets.look()
    assert (found.wrong, len(found.unknown)) == ([], 1)
    assert "The bucket stub does not answer" in found.unknown[0]


def test_development_asks_whose_they_are_and_nothing_else(store: StubStore, settings: Settings) -> None:
    settings.DEVELOPMENT, settings.ENVIRONMENT, store.is_public = True, "development", True
    assert own_buckets.look() == own_buckets.Found()
    assert marks.places()[0].owner() == "development"


def test_the_mark_is_kept_by_the_clock_and_another_ones_is_told(
    store: StubStore, caplog: pytest.LogCaptureFixture
) -> None:
    crons = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    # More often than a rule of one day takes it.
    assert crons["hrassist.tasks.keep_marks_of_buckets"] == "37 */6 * * *"
    tasks.keep_marks_of_buckets(timestamp=0)
    assert set(store.objects) == {"incoming/environment", "clean/environment"}
    store.objects["clean/environment"] = b"hrassist: staging\n"
    tasks.keep_marks_of_buckets(timestamp=0)
    assert "The files in stub/clean belong to staging, and this is production." in caplog.text
    assert store.objects["clean/environment"] == b"hrassist: staging\n"


def test_a_disk_has_no_bucket_to_claim(settings: Settings) -> None:
    settings.STORAGE_BACKEND = "disk"
    tasks.keep_marks_of_buckets(timestamp=0)
    with pytest.raises(CommandError, match="there is no bucket"):
        call_command("claim_bucket", "--from", "production")
