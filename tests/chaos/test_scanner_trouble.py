"""A scanner that is dead, hangs, talks nonsense, is stale or is cut off: nothing appears, and later all of it does."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from candidates.models import Resume, UploadTicket
from hrassist.lib.scanner import ClamdScanner
from hrassist.models import User
from tests.chaos.conftest import Reader, until
from tests.hostile.build import eicar_as_text, eicar_in_the_words_of_a_docx
from tests.hostile.good import docx, odt, paragraphs
from tests.hostile.registry import EICAR
from tests.hrassist.lib.test_scanner import FakeClamd, dated
from tests.uploading import confirmed, ingested, resume

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

State = UploadTicket.State


class Cut(FakeClamd):
    """Is killed after the first bytes of the stream."""

    @staticmethod
    def _stream(connection: socket.socket) -> bytes:
        connection.recv(64)
        connection.shutdown(socket.SHUT_RDWR)
        raise OSError("killed")

    def _serve(self) -> None:
        while True:
            try:
                super()._serve()
            except OSError:
                continue
            return


def nobody(_path: Path) -> None:
    return None


TROUBLES: dict[str, Callable[[Path], FakeClamd | None]] = {
    "dead": nobody,
    "hung": lambda path: FakeClamd(path, version=dated(), reply=None),
    "garbage": lambda path: FakeClamd(path, version=dated(), reply=b"stream: \xff\xfe maybe\0"),
    "stale": lambda path: FakeClamd(path, version=dated(8), reply=b"stream: OK\0"),
    "cut": lambda path: Cut(path, version=dated(), reply=b"stream: OK\0"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_nothing_appears_while_the_scanner_is_in_trouble_and_the_queue_drains_after_it(
    trouble: str, recruiter: User, reader: Reader, tmp_path: Path
) -> None:
    path = tmp_path / "clamd.ctl"
    waiting = [
        confirmed(resume(f"Ada Poe {number}", f"ada{number}@example.org"), by=recruiter, now=timezone.now())
        for number in range(3)
    ]
    scanner = TROUBLES[trouble](path)
    reader(HRASSIST_CLAMD_SOCKET=str(path))
    until(was_tried, what="a first attempt")
    time.sleep(4)
    assert not Resume.objects.exists()
    states = UploadTicket.objects.values_list("state", "parked_at", "rejected_for")
    assert set(states) == {(State.CONFIRMED, None, "")}
    if scanner is not None:
        scanner.close()
    path.unlink(missing_ok=True)
    well = FakeClamd(path, version=dated(), reply=b"stream: OK\0")
    try:
        until(lambda: Resume.objects.count() == len(waiting), what="the end of the queue")
    finally:
        well.close()
    assert set(UploadTicket.objects.values_list("state", flat=True)) == {State.AVAILABLE}
    assert {one.scanned_by.partition("/")[0] for one in Resume.objects.all()} == {"ClamAV 1.4.3"}


def was_tried() -> bool:
    return UploadTicket.objects.filter(fence__gte=1).exists()


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """The real daemon with one signature of our own, the EICAR string; it can be started again after a kill."""
    program = shutil.which("clamd") or shutil.which("/usr/sbin/clamd")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("clamd is not installed: sudo make system-packages")
        pytest.skip("clamd is not installed: sudo make system-packages")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "own.ndb").write_text(f"Own.Test.EICAR:0:*:{EICAR.hex()}\n")
    path, settings = tmp_path / "real.ctl", tmp_path / "clamd.conf"
    settings.write_text(
        f"LocalSocket {path}\nDatabaseDirectory {tmp_path / 'db'}\nForeground yes\nStreamMaxLength 20M\n"
    )
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        path.unlink(missing_ok=True)
        process = subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        until(path.exists, what="the start of clamd")
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait()


def test_eicar_is_found_raw_in_word_and_in_opendocument_and_an_honest_file_is_not(
    clamd: Callable[[], subprocess.Popen[bytes]], recruiter: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clamd()
    # Signatures of our own carry no date; that undated ones are refused is tested beside the scanner.
    own = ClamdScanner(str(tmp_path / "real.ctl"), stale_after=None)
    monkeypatch.setattr("hrassist.lib.scanner.configured", lambda: own)
    in_odt = odt(extra={"content.xml": odt_content()})
    for data in (eicar_as_text(), eicar_in_the_words_of_a_docx(), in_odt):
        ticket = ingested(data, by=recruiter, now=timezone.now(), filename="resume.pdf")
        assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "infected"), ticket.rejected_message
        assert "Own.Test.EICAR" in ticket.rejected_message
    assert not Resume.objects.exists()
    honest = ingested(docx(body=paragraphs(resume().decode())), by=recruiter, now=timezone.now())
    assert honest.state == State.AVAILABLE


def odt_content() -> str:
    space = "urn:oasis:names:tc:opendocument:xmlns"
    words = EICAR.decode().replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:text="{space}:text:1.0">'
        f"<office:body><office:text><text:p>{words}</text:p></office:text></office:body></office:document-content>"
    )


def test_a_daemon_killed_and_started_again_answers_again(
    clamd: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    first = clamd()
    own = ClamdScanner(str(tmp_path / "real.ctl"), stale_after=None)
    assert own.scan(b"a resume").is_clean
    answers: list[object] = []

    def scan() -> None:
        try:
            answers.append(own.scan(b"x" * 10_000_000))
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=scan)
    thread.start()
    first.send_signal(signal.SIGKILL)
    first.wait()
    thread.join(timeout=60)
    # It may have been quick enough; what it may not be is clean without an answer.
    [answer] = answers
    assert getattr(answer, "is_clean", False) or type(answer).__name__ == "ScannerUnavailable"
    clamd()
    assert not own.scan(EICAR).is_clean
