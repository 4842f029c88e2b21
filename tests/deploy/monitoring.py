"""Debian's Prometheus and Alertmanager, started for a test, and what they would send to people."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.repo.sources import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "prometheus" / "rules.yml"


def tool(name: str) -> str:
    """The program's path; a machine without it skips by name, and CI does not skip at all."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        said = f"There is no {name} on this machine (as root: make system-packages)."
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return found


def run(*command: str, text: str | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool(command[0]), *command[1:]], input=text, capture_output=True, text=True, check=False, cwd=cwd
    )


def get(address: str) -> Any:
    with urlopen(address, timeout=5) as answer:  # noqa: S310  an address of this machine
        return json.load(answer)


def wait_for(what: Callable[[], Any], *, seconds: float, why: str) -> Any:
    """The first true answer; fails with what was last said."""
    until, last = time.monotonic() + seconds, None
    while time.monotonic() < until:
        try:
            if last := what():
                return last
        except OSError as error:
            last = error
        time.sleep(0.2)
    return pytest.fail(f"{why}: after {seconds} s still {last!r}")


@contextmanager
def started(command: list[str], *, log: Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> Iterator[Any]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=cwd)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        self.take()

    def take(self) -> None:
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                got = b""
                while not got.endswith(b"\r\n.\r\n"):
                    got += self.rfile.readline()
                self.server.got.append(got.decode())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


class _Hook(BaseHTTPRequestHandler):
    """Slack's incoming webhook."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def receiving(kind: type[Any], handler: type[Any]) -> Iterator[Any]:
    server = kind(("127.0.0.1", 0), handler)
    server.got = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mailbox() -> Iterator[Any]:
    """`.got` holds the mails, `.server_address` where to send them."""
    with receiving(socketserver.ThreadingTCPServer, _Mailbox) as server:
        yield server


@contextmanager
def slack() -> Iterator[Any]:
    """`.got` holds what was posted."""
    with receiving(ThreadingHTTPServer, _Hook) as server:
        yield server
