"""What code that took over a reader would try; each runs inside the cage and says how it went."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from candidates.resumes.extract import Limits


def _attempt(act: object) -> bytes:
    try:
        return f"escaped: {act()!r}".encode()  # type: ignore[operator]
    except (OSError, subprocess.SubprocessError) as error:
        return f"refused: {type(error).__name__}".encode()


def connect(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: socket.create_connection(("127.0.0.1", int(data)), timeout=2))


def send_datagram(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(data))))


def read_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(Path(data.decode()).read_bytes)


def write_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: Path(data.decode()).write_text("here"))


def run_program(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: subprocess.run(["/bin/true"], check=True))


def fork(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(os.fork)


def spawn(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.posix_spawn("/bin/true", ["true"], {}))


def signal_parent(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.kill(os.getppid(), signal.SIGCONT))


def show_environment(data: bytes, *, limits: Limits) -> bytes:
    return "\n".join(sorted(os.environ)).encode()


def print_noise(data: bytes, *, limits: Limits) -> bytes:
    print("a library talks")  # noqa: T201
    return b"answer"


def spin(data: bytes, *, limits: Limits) -> bytes:
    while True:
        pass


def sleep(data: bytes, *, limits: Limits) -> bytes:
    time.sleep(60)
    return b""


def grow(data: bytes, *, limits: Limits) -> bytes:
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


def crash(data: bytes, *, limits: Limits) -> bytes:
    ctypes.string_at(0)
    return b""


def flood(data: bytes, *, limits: Limits) -> bytes:
    return b"a" * 20_000_000


def flood_stderr(data: bytes, *, limits: Limits) -> bytes:
    for _ in range(300):
        sys.stderr.write("x" * 100_000)
    return b"answer"


def leave_quietly(data: bytes, *, limits: Limits) -> bytes:
    os._exit(0)


def lie(data: bytes, *, limits: Limits) -> bytes:
    return b'{"kind": "pdf", "pages": [{"number": "x"}]}'
