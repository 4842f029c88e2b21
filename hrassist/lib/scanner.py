"""The malware scanner: clamd over its socket, or openly none."""

from __future__ import annotations

import re
import socket
import struct
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.conf import settings

from hrassist.lib.errors import Unavailable

STALE_AFTER = timedelta(days=7)
TIMEOUT_SECONDS = 30.0
CHUNK = 128 * 1024
LONGEST_REPLY = 4096


class ScannerUnavailable(Unavailable):
    """The scanner gave no answer that can be trusted; the file is neither clean nor infected."""

    code = "scanner_unavailable"
    default_message = "The malware scanner does not answer. The file waits and is tried again."


@dataclass(frozen=True, slots=True)
class Verdict:
    """`threat` is empty for a clean file; `scanned_by` names the engine and its signature date."""

    threat: str
    scanned_by: str

    @property
    def is_clean(self) -> bool:
        return not self.threat


class Scanner(Protocol):
    def scan(self, data: bytes) -> Verdict:
        """Raises ScannerUnavailable for everything but a clear yes or no."""
        ...


class NoScanner:
    """No scanner is configured: says so on every resume instead of calling it clean."""

    SCANNED_BY = "none configured"

    def scan(self, data: bytes) -> Verdict:
        del data
        return Verdict(threat="", scanned_by=self.SCANNED_BY)


class ClamdScanner:
    """Stream to clamd over its Unix socket (clamd(8): VERSION, INSTREAM).

    An error, a timeout, a reply we do not know or signatures older than `stale_after` are never clean; `stale_after`
    None takes signatures of any age, also one's own, which clamd gives no date.
    """

    def __init__(self, path: str, *, timeout: float = TIMEOUT_SECONDS, stale_after: timedelta | None = STALE_AFTER):
        self._path = path
        self._timeout = timeout
        self._stale_after = stale_after

    def scan(self, data: bytes) -> Verdict:
        deadline = time.monotonic() + self._timeout
        scanned_by = self.version(deadline=deadline)
        reply = self._ask(b"zINSTREAM\0", _stream_of(data), deadline=deadline)
        if reply == "stream: OK":
            return Verdict(threat="", scanned_by=scanned_by)
        if found := re.fullmatch(r"stream: (\S+) FOUND", reply):
            return Verdict(threat=found[1], scanned_by=scanned_by)
        raise ScannerUnavailable("The malware scanner answered {reply!r}.", reply=reply[:120])

    def version(self, *, deadline: float | None = None) -> str:
        """Engine and signature date, `ClamAV 1.4.3/27800 2026-11-20`; raises ScannerUnavailable when they are stale."""
        reply = self._ask(b"zVERSION\0", (), deadline=deadline or time.monotonic() + self._timeout)
        match = re.fullmatch(r"(ClamAV [\w.\-]+)(?:/(\d+)/(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}))?", reply)
        if match and not match[3] and self._stale_after is None:
            return f"{match[1]} own signatures"
        if not match or not match[3]:
            raise ScannerUnavailable(
                "The malware scanner names no signature date ({reply!r}). Load its signatures with freshclam.",
                reply=reply[:120],
            )
        dated = datetime.strptime(match[3], "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        if self._stale_after is not None and datetime.now(tz=UTC) - dated > self._stale_after:
            raise ScannerUnavailable(
                "The malware signatures are from {dated:%Y-%m-%d}. Update them with freshclam.", dated=dated
            )
        return f"{match[1]}/{match[2]} {dated:%Y-%m-%d}"

    def _ask(self, command: bytes, body: tuple[bytes, ...], *, deadline: float) -> str:
        try:
            with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
                connection.settimeout(_left(deadline))
                connection.connect(self._path)
                connection.sendall(command)
                self._send(connection, body, deadline=deadline)
                return self._reply(connection, deadline=deadline)
        except OSError as error:
            raise ScannerUnavailable(
                "The malware scanner at {path} does not answer: {why}.",
                path=self._path,
                why=error.strerror or type(error).__name__,
            ) from error

    @staticmethod
    def _send(connection: socket.socket, body: tuple[bytes, ...], *, deadline: float) -> None:
        try:
            for piece in body:
                connection.settimeout(_left(deadline))
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            # clamd hangs up on a stream over its limit, and has said why; its reply is read next.
            return

    @staticmethod
    def _reply(connection: socket.socket, *, deadline: float) -> str:
        received = b""
        while not received.endswith(b"\0"):
            connection.settimeout(_left(deadline))
            piece = connection.recv(LONGEST_REPLY)
            received += piece
            if not piece or len(received) > LONGEST_REPLY:
                # Half a reply must not pass for a whole one.
                raise ScannerUnavailable("The malware scanner broke off its answer.")
        return received[:-1].decode("utf-8", "replace").strip()


def _stream_of(data: bytes) -> tuple[bytes, ...]:
    pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    return (*(struct.pack("!L", len(piece)) + piece for piece in pieces), struct.pack("!L", 0))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def configured() -> Scanner:
    """The scanner that HRASSIST_CLAMD_SOCKET names, or openly none."""
    return ClamdScanner(settings.CLAMD_SOCKET) if settings.CLAMD_SOCKET else NoScanner()
