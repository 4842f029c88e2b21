"""A small object store like those without POST policies: signatures are checked, forms answered 501."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET, REGION, BUCKET = "stub-access", "stub-secret", "us-east-1", "stub"
UNKNOWN = {"versions", "object-lock", "lifecycle", "acl", "policyStatus", "publicAccessBlock"}
LIST = '<?xml version="1.0"?><{0} xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>stub</Name></{0}>'


class StubStore(ThreadingHTTPServer):
    """`objects` by key; `clock` is what its Date says ahead of ours; `is_public` answers strangers too."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.clock = timedelta()
        self.is_public = False
        self.posts = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: StubStore
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        return

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(tz=UTC) + self.server.clock, usegmt=True)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.posts += 1
        self.answer(501, b"<Error><Code>NotImplemented</Code></Error>")

    def do_OPTIONS(self) -> None:
        self.answer(403)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        if not self.is_allowed():
            self.answer(403)
        elif self.headers.get("Content-MD5", md5) != md5:
            self.answer(400)
        else:
            self.server.objects[self.key] = body
            self.answer(200, ETag=_etag(body))

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        body = self.server.objects.get(self.key)
        if not self.is_allowed():
            self.answer(403)
        elif query.keys() & UNKNOWN:
            self.answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        elif not self.key:
            self.answer(200, LIST.format("ListBucketResult").encode())
        elif body is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif self.headers.get("If-Match", _etag(body)) != _etag(body):
            self.answer(412)
        else:
            shown = query.get("response-content-disposition", [""])[0]
            self.answer(200, body, ETag=_etag(body), **({"Content_Disposition": shown} if shown else {}))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if not self.is_allowed():
            self.answer(403)
            return
        self.server.objects.pop(self.key, None)
        self.answer(204)

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").lstrip("/")

    def is_allowed(self) -> bool:
        """Whether this very request was signed: method, address and every signed header, lengths included."""
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "X-Amz-Signature" not in query:
            return self.server.is_public or "Credential=stub-access" in self.headers.get("Authorization", "")
        began = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if datetime.now(tz=UTC) > began + timedelta(seconds=int(query["X-Amz-Expires"][0])):
            return False
        signed = query["X-Amz-SignedHeaders"][0].split(";")
        headers = {name: self.headers.get(name, "") for name in signed if name != "host"}
        kept = "&".join(
            f"{quote(name, safe='')}={quote(values[0], safe='')}"
            for name, values in query.items()
            if name != "X-Amz-Signature"
        )
        request = AWSRequest(self.command, f"{self.server.endpoint}{urlsplit(self.path).path}?{kept}", headers=headers)
        request.context["timestamp"] = query["X-Amz-Date"][0]
        signer = S3SigV4QueryAuth(Credentials(ACCESS, SECRET), "s3", REGION)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        return bool(signer.signature(text, request) == query["X-Amz-Signature"][0])


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@contextmanager
def running() -> Iterator[StubStore]:
    server = StubStore()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
