"""Processes as the Procfile starts them, and what they take of the machine."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def listens(at: int | Path) -> bool:
    """Whether anybody answers at this port, or at this socket of a file."""
    family, address = (socket.AF_UNIX, str(at)) if isinstance(at, Path) else (socket.AF_INET, ("127.0.0.1", at))
    with contextlib.suppress(OSError), socket.socket(family) as asked:
        asked.settimeout(1)
        asked.connect(address)
        return True
    return False


@contextlib.contextmanager
def of_procfile(name: str, *, env: Mapping[str, str], ready: int | Path) -> Iterator[int]:
    """The process of this name, once it listens; gives the pid of its master."""
    line = next(
        one.removeprefix(f"{name}: exec ")
        for one in Path("Procfile").read_text().splitlines()
        if one.startswith(f"{name}:")
    )
    command = shlex.split(line.replace("$HRASSIST_STREAM_PORT", str(ready)))
    process = subprocess.Popen(command, env={**os.environ, **env})
    try:
        until = time.monotonic() + 60
        while not listens(ready):
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit(f"The process {name} of the Procfile did not start.")
            time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)
