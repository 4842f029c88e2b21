"""The address of the app that takes files when the store is this machine's disk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.test.client import FakePayload

from hrassist.lib import storage
from tests.uploading import md5_of, resume

pytestmark = pytest.mark.django_db  # refusals are put on record

DATA = resume()
KEY = "incoming/20261102/9b2d"


@pytest.fixture
def signed() -> storage.SignedUpload:
    return storage.incoming().ticket(
        KEY, size=len(DATA), content_type="text/plain", md5_b64=md5_of(DATA), expires_in=timedelta(minutes=15)
    )


def put(signed: storage.SignedUpload, body: bytes = DATA, **headers: str) -> int:
    # CSRF checks on, no session: the signature in the address is the right to upload.
    client = Client(enforce_csrf_checks=True)
    content_type = headers.pop("content_type", "text/plain")
    answer = client.put(signed.url, body, content_type=content_type, headers={"Content-MD5": md5_of(DATA)} | headers)
    return answer.status_code


def test_the_declared_file_is_taken_once(signed: storage.SignedUpload) -> None:
    assert put(signed) == 201
    assert put(signed) == 412
    assert b"".join(storage.incoming().open_once(KEY, etag="", max_bytes=len(DATA))) == DATA


def test_what_differs_from_the_ticket_is_refused(signed: storage.SignedUpload) -> None:
    assert put(signed, DATA + b"x") == 403
    assert put(signed, DATA[:-1]) == 403
    assert put(signed, DATA[:-1] + b"!") == 403
    assert put(signed, content_type="text/html") == 403
    assert storage.incoming().head(KEY) is None


def test_a_body_that_breaks_off_leaves_nothing(signed: storage.SignedUpload) -> None:
    answer = Client().generic(
        "PUT",
        signed.url,
        content_type="text/plain",
        headers={"Content-MD5": md5_of(DATA)},
        **{"CONTENT_LENGTH": str(len(DATA)), "wsgi.input": FakePayload(DATA[:100])},
    )
    assert answer.status_code == 403
    assert storage.incoming().head(KEY) is None


def test_a_made_up_address_is_refused() -> None:
    assert Client().put(f"/{storage.UPLOAD_PATH}made-up", b"x", content_type="text/plain").status_code == 403


def test_nothing_can_be_read_here(signed: storage.SignedUpload) -> None:
    assert put(signed) == 201
    assert Client().get(signed.url).status_code == 405
