"""Only a clear answer of the scanner is an answer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hrassist.lib import scanner
from hrassist.lib.scanner import ClamdScanner, NoScanner, ScannerUnavailable

Answer = Callable[[socket.socket, bytes], None]
MARKER = b"hrassist-malware-marker"


def dated(days_ago: int = 0) -> bytes:
    day = datetime.now(tz=UTC) - timedelta(days=days_ago)
    return f"ClamAV 1.4.3/27800/{day:%a %b} {day.day:2} {day:%H:%M:%S %Y}\0".encode()


class FakeClamd:
    """Speaks enough of clamd's protocol to say anything, or nothing."""

    def __init__(self, path: Path, *, version: bytes, reply: bytes | None, reads: bool = True):
        self.path = str(path)
        self.received = b""
        self._version, self._reply, self._reads = version, reply, reads
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(self.path)
        self._server.listen(5)
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._open.append(connection)
            command = connection.recv(9)
            if command == b"zVERSION\0":
                connection.sendall(self._version)
                connection.close()
                continue
            if self._reads:
                self.received = self._stream(connection)
            if self._reply is not None:
                connection.sendall(self._reply)
                connection.close()

    @staticmethod
    def _stream(connection: socket.socket) -> bytes:
        file, data = connection.makefile("rb"), b""
        assert file.read(1) == b"\0"  # the end of zINSTREAM
        while size := int.from_bytes(file.read(4), "big"):
            data += file.read(size)
        return data

    def close(self) -> None:
        self._server.close()
        for connection in self._open:
            connection.close()


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Callable[..., FakeClamd]]:
    started: list[FakeClamd] = []

    def start(*, version: bytes = dated(), reply: bytes | None = b"stream: OK\0", reads: bool = True) -> FakeClamd:
        started.append(FakeClamd(tmp_path / "clamd.ctl", version=version, reply=reply, reads=reads))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_clean_file_is_clean_and_says_by_whose_word(clamd: Callable[..., FakeClamd]) -> None:
    fake = clamd()
    data = b"resume" * 100_000
    verdict = ClamdScanner(fake.path).scan(data)
    assert verdict.is_clean
    assert verdict.scanned_by == f"ClamAV 1.4.3/27800 {datetime.now(tz=UTC):%Y-%m-%d}"
    assert fake.received == data


def test_an_infected_file_is_named(clamd: Callable[..., FakeClamd]) -> None:
    verdict = ClamdScanner(clamd(reply=b"stream: Win.Test.EICAR_HDB-1 FOUND\0").path).scan(b"x")
    assert (verdict.is_clean, verdict.threat) == (False, "Win.Test.EICAR_HDB-1")


@pytest.mark.parametrize(
    "reply",
    [
        b"stream: OK",
        b"strea",
        b"",
        b"OK\0",
        b"stream: OK FOUND maybe\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"\xff\xfe garbage\0",
        b"x" * 10_000,
        b"stream: OK\0stream: Evil FOUND\0",
    ],
)
def test_anything_but_a_whole_clear_reply_is_no_answer(clamd: Callable[..., FakeClamd], reply: bytes) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(clamd(reply=reply).path).scan(b"x")


def test_a_scanner_that_hangs_is_not_waited_for(clamd: Callable[..., FakeClamd]) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(clamd(reply=None).path, timeout=0.3).scan(b"x")


def test_a_scanner_that_reads_nothing_is_not_waited_for(clamd: Callable[..., FakeClamd]) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(clamd(reply=None, reads=False).path, timeout=0.3).scan(b"x" * 5_000_000)


@pytest.mark.parametrize(
    "version",
    [dated(days_ago=8), b"ClamAV 1.4.3\0", b"nonsense\0", b""],
    # Named, as two processes that read the clock must come to the same names.
    ids=["stale", "undated", "nonsense", "silent"],
)
def test_stale_or_undated_signatures_are_no_answer(clamd: Callable[..., FakeClamd], version: bytes) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(clamd(version=version).path).scan(b"x")


def test_a_missing_socket_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(str(tmp_path / "nobody")).scan(b"x")


def test_without_a_socket_the_resume_says_that_nobody_scanned_it(settings: Settings) -> None:
    settings.CLAMD_SOCKET = ""
    assert isinstance(scanner.configured(), NoScanner)
    assert scanner.configured().scan(b"x").scanned_by == "none configured"


@pytest.fixture
def real_clamd(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("clamd") or shutil.which("/usr/sbin/clamd")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("clamd is not installed: apt-get install clamav-daemon")
        pytest.skip("clamd is not installed: the fake alone is tested (apt-get install clamav-daemon)")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "own.ndb").write_bytes(b"Own.Test.Marker:0:*:" + MARKER.hex().encode() + b"\n")
    path = tmp_path / "real.ctl"
    lines = (f"LocalSocket {path}", f"DatabaseDirectory {tmp_path / 'db'}", "Foreground yes", "StreamMaxLength 1M")
    (tmp_path / "clamd.conf").write_text("\n".join([*lines, ""]))
    with subprocess.Popen(
        [program, "-c", str(tmp_path / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while not path.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            assert path.exists(), "clamd did not start"
            yield str(path)
        finally:
            process.terminate()


def test_the_real_clamd_tells_clean_from_infected(real_clamd: str) -> None:
    asked = ClamdScanner(real_clamd, stale_after=None)
    clean, infected = asked.scan(b"a resume"), asked.scan(b"before " + MARKER + b" after")
    assert clean.is_clean
    assert infected.threat.startswith("Own.Test.Marker")
    assert clean.scanned_by.startswith("ClamAV ")


def test_the_real_clamd_with_undated_signatures_is_no_answer(real_clamd: str) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(real_clamd).scan(b"a resume")


def test_the_real_clamds_limit_is_no_answer(real_clamd: str) -> None:
    with pytest.raises(ScannerUnavailable):
        ClamdScanner(real_clamd, stale_after=None).scan(b"x" * 3_000_000)
