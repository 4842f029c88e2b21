"""`manage.py buckets` where the store knows little, is away or lets strangers in; a real one is in tests/storage."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from hrassist.ops import buckets


class Plain(ThreadingHTTPServer):
    """Buckets and nothing more, as SeaweedFS has them; the first answers may be those of one that has just begun."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.made: set[str] = set()
        self.starting, self.is_public = 0, False


class Handler(BaseHTTPRequestHandler):
    server: Plain
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        return

    def answer(self, status: int, code: str = "") -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or "0"))
        body = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        if self.server.starting:
            self.server.starting -= 1
            self.answer(503)
            return
        self.answer(200 if self.path.strip("/") in self.server.made else 404)

    def do_PUT(self) -> None:
        name, _, what = self.path.strip("/").partition("?")
        if what:
            self.answer(501, "NotImplemented")
            return
        self.server.made.add(name.strip("/"))
        self.answer(200)

    def do_GET(self) -> None:
        what = self.path.partition("?")[2]
        if what.startswith("list-type"):
            self.answer(200 if self.server.is_public else 403)
        else:
            self.answer(501, "NotImplemented")


@pytest.fixture
def plain(settings: Settings) -> Iterator[Plain]:
    server = Plain()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.AWS_S3_ENDPOINT_URL = f"http://127.0.0.1:{server.server_address[1]}"
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "of-the-test", "of-the-test"
    settings.S3_ADDRESSING_STYLE, settings.STORAGE_BACKEND = "path", "s3"
    settings.S3_INCOMING_BUCKET_NAME, settings.AWS_S3_BUCKET_NAME = "incoming", "resumes"
    yield server
    server.shutdown()
    server.server_close()


def told() -> list[str]:
    said = io.StringIO()
    call_command("buckets", stdout=said)
    return said.getvalue().splitlines()


def test_a_store_that_knows_little_has_its_buckets_and_is_asked_whether_strangers_come_in(plain):
    assert [line for line in told() if line.endswith(": made")] == ["incoming: bucket: made", "resumes: bucket: made"]
    assert plain.made == {"incoming", "resumes"}
    again = told()
    assert {line.rpartition(": ")[2] for line in again} == {"there already", "asked", "not known to this store"}
    plain.is_public = True
    with pytest.raises(CommandError, match="Strangers can list the bucket incoming"):
        told()


def test_one_that_has_just_begun_is_waited_for(plain):
    plain.starting = 6
    told()
    assert plain.made == {"incoming", "resumes"}
    plain.starting = 1000
    with pytest.raises(buckets.StoreAway, match="it answers 503"):
        list(buckets.make(origin="https://hr.example.com", patience=0))
