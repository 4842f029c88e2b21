"""The address of the app that takes files when the store is this machine's disk."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from hrassist.lib import storage
from hrassist.ops import raw_http
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
        **{"CONTENT_LENGTH": str(len(DATA)), "wsgi.input": io.BytesIO(DATA[:100])},
    )
    assert answer.status_code == 403
    assert storage.incoming().head(KEY) is None


def test_a_made_up_address_is_refused() -> None:
    assert Client().put(f"/{storage.UPLOAD_PATH}made-up", b"x", content_type="text/plain").status_code == 403


def test_nothing_can_be_read_here(signed: storage.SignedUpload) -> None:
    assert put(signed) == 201
    assert Client().get(signed.url).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_client_that_is_still_sending_is_told_why_it_is_refused(live_server: LiveServer) -> None:
    big = b"x" * 5_000_000
    ticket = storage.incoming().ticket(
        KEY, size=len(big), content_type="text/plain", md5_b64=md5_of(big), expires_in=timedelta(minutes=15)
    )
    statuses = [
        raw_http.send("PUT", f"{live_server.url}{ticket.url}", body=big, headers=ticket.headers).status
        for _ in range(2)
    ]
    assert statuses == [201, 412]
