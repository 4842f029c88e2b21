"""The doctor tells a store that works from one that does not, and decides which tickets are given out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from hrassist.lib import storage
from hrassist.lib.storage.s3 import ClockWrong
from hrassist.metrics import machine
from hrassist.ops import storage_doctor
from hrassist.ops.storage_probes import Finding
from tests.hrassist.ops import stub_store
from tests.hrassist.ops.stub_store import StubStore
from tests.uploading import md5_of

# What the command found is kept for the figures.
pytestmark = pytest.mark.django_db


@pytest.fixture
def store(settings: Settings) -> Iterator[StubStore]:
    """This installation's store speaks no POST, like R2 and B2."""
    with stub_store.running() as server:
        settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = stub_store.ACCESS, stub_store.SECRET
        settings.AWS_S3_ENDPOINT_URL, settings.AWS_S3_REGION = server.endpoint, stub_store.REGION
        settings.AWS_S3_BUCKET_NAME = settings.S3_INCOMING_BUCKET_NAME = stub_store.BUCKET
        settings.S3_ADDRESSING_STYLE, settings.STORAGE_BACKEND = "path", "s3"
        settings.S3_UPLOAD_METHOD = "auto"
        yield server


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {one.probe: one for one in findings}


def test_a_store_that_answers_501_to_post_gives_out_put_tickets(store: StubStore) -> None:
    findings, flags = storage_doctor.diagnose()
    assert by_name(findings)["POST tickets"].found == "not offered (501): PUT tickets are used"
    assert store.posts == 1
    assert (flags.post_policy, flags.put_signed_length, flags.content_md5_enforced) == (False, True, True)
    assert (flags.if_none_match, flags.versioning) == (False, False)
    assert [one.probe for one in findings if one.level == "fail"] == []
    assert storage.incoming().method == "PUT"
    assert set(store.objects) == {"capabilities.json"}


def test_running_without_a_probe_gives_out_put_tickets(store: StubStore) -> None:
    assert storage.incoming().method == "PUT"


def test_what_the_probe_stored_decides_in_the_next_process(store: StubStore) -> None:
    store.objects["capabilities.json"] = b'{"post_policy": true, "a_flag_of_tomorrow": true}'
    assert storage.incoming().method == "POST"


def test_a_store_that_strangers_can_read_is_not_safe(store: StubStore) -> None:
    store.is_public = True
    out = StringIO()
    with pytest.raises(CommandError, match="strangers read"):
        call_command("storage_doctor", stdout=out)
    assert "NOT refused (200)" in out.getvalue()
    assert "Make the bucket private" in out.getvalue()
    # And nobody has to read the log for it.
    assert _unsafe() >= 1
    store.is_public = False
    call_command("storage_doctor", "--dry-run", stdout=out)
    assert _unsafe() == 0


@pytest.mark.parametrize(("ahead", "level"), [(0, "ok"), (60, "warn"), (-400, "fail"), (400, "fail")])
def test_clocks_apart_are_told_and_far_apart_stop_tickets(store: StubStore, ahead: int, level: str) -> None:
    store.clock = timedelta(seconds=ahead)
    storage.clean().probe()
    found, _ = storage_doctor.diagnose(stored=False)
    if level == "fail":
        assert not storage_doctor.is_safe(found)
        with pytest.raises(ClockWrong):
            _ticket()
    else:
        assert by_name(found)["clock"].level == level
        assert _ticket().method == "PUT"


def test_tickets_are_given_out_while_the_store_is_away(store: StubStore, settings: Settings) -> None:
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:9"
    assert _ticket().url.startswith("http://127.0.0.1:9/")
    with pytest.raises(storage.StorageUnavailable):
        storage.incoming().head("incoming/1")


def test_a_folder_is_safe_to_use_and_the_command_says_so_as_json(own_store: Path) -> None:
    out = StringIO()
    call_command("storage_doctor", "--json", stdout=out)
    document = json.loads(out.getvalue())
    assert {one["level"] for one in document["findings"]} <= {"ok", "warn"}
    assert document["capabilities"]["post_policy"] is False
    assert (own_store / "capabilities.json").exists()


def test_a_folder_that_others_can_look_into_is_a_warning(own_store: Path) -> None:
    storage.clean().probe()
    (own_store / "clean").chmod(0o755)
    findings, _ = storage_doctor.diagnose()
    assert by_name(findings)["permissions"].level == "warn"
    assert str(own_store / "clean") in by_name(findings)["permissions"].advice


def test_a_folder_that_cannot_be_used_is_not_safe(own_store: Path) -> None:
    own_store.write_text("not a folder")
    with pytest.raises(CommandError, match="not safe"):
        call_command("storage_doctor", "--dry-run", stdout=StringIO())


def _unsafe() -> float:
    return next(one.samples[0].value for one in machine.checks() if one.name == "hrassist_storage_unsafe")


def _ticket() -> storage.SignedUpload:
    return storage.incoming().ticket(
        "incoming/1", size=1, content_type="text/plain", md5_b64=md5_of(b"x"), expires_in=timedelta(minutes=15)
    )
