"""Requests as a stranger sends them: no signature added, no redirect followed, nothing retried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit
from uuid import uuid4

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status 0 means that no answer came; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_refusal(self) -> bool:
        return 400 <= self.status < 500


def send(method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """One request over a fresh connection; at most 64 kB of the answer are read."""
    connection = _connection(url)
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        connection.request(method, target, body=body or None, headers=dict(headers or {}))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read(65_536))
    except (OSError, HTTPException):
        return Answer(0, {}, b"")
    finally:
        connection.close()


def send_form(url: str, *, fields: Mapping[str, str], content: bytes) -> Answer:
    """A form as a browser posts it: the fields, then the file."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    body = b"".join([*parts, head, content, f"\r\n--{boundary}--\r\n".encode()])
    return send("POST", url, body=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})


def break_off(method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> None:
    """Announce the whole body, send half of it and hang up."""
    connection = _connection(url)
    parts = urlsplit(url)
    try:
        connection.putrequest(method, f"{parts.path}?{parts.query}")
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body[: len(body) // 2])
    except (OSError, HTTPException):
        return
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
