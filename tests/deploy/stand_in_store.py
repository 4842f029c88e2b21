"""An object store that answers strangers and its owner as a test wants it; what S3 servers say is in tests/storage."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Store(ThreadingHTTPServer):
    """`status` answers strangers who list, `is_readable` those who name an object; `puts` are the objects written."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status = 403
        self.is_readable = False
        self.headers: dict[str, str] = {}
        self.behind = datetime.timedelta()
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []

    def belongs_to(self, environment: str) -> None:
        for folder in ("incoming", "clean"):
            self.objects[f"/resumes/{folder}/environment"] = f"hrassist: {environment}\n".encode()


class Answering(BaseHTTPRequestHandler):
    server: Store
    # Who sends a body asks first whether it is wanted, and waits a second for those of before.
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, is_ours = urlsplit(self.path).path, "Authorization" in self.headers
        is_object = path.count("/") > 1
        if not is_object:
            # Of its policy and its lists it says nothing, as many do.
            self.answer(501 if is_ours else self.server.status)
        elif not (is_ours or self.server.is_readable):
            self.answer(403)
        elif path in self.server.objects:
            self.answer(200, self.server.objects[path])
        else:
            self.answer(404)

    def do_PUT(self) -> None:
        body, path = self.rfile.read(int(self.headers["Content-Length"])), urlsplit(self.path).path
        if self.headers.get("If-None-Match") and path in self.server.objects:
            self.answer(412)
            return
        self.server.objects[path] = body
        self.server.puts.append(path)
        self.answer(200)

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response_only(status)
        now = datetime.datetime.now(tz=datetime.UTC)
        self.send_header("Date", format_datetime(now - self.server.behind, usegmt=True))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at the process."""


@contextmanager
def running() -> Iterator[Store]:
    one = Store()
    threading.Thread(target=one.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        one.shutdown()
        one.server_close()
