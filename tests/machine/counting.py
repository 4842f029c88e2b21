"""What the processes of the machine counted: by the exporter, and where it lies."""

from __future__ import annotations

import re
import time

from tests.machine.machine import Machine

FOLDER = "/run/hrassist/metrics"
REQUESTS, STATEMENTS = "hrassist_http_requests_total", "hrassist_database_statement_seconds_count"


def counted(machine: Machine, name: str, process: str, *, more_than: float = -1) -> float:
    """As Prometheus reads it of the exporter; 0 where nobody counted it. It waits for an answer with more than that."""
    until = time.monotonic() + 30
    while True:
        page = machine.ask("curl", "--silent", "--fail", "http://127.0.0.1:9108/metrics").stdout
        found = re.findall(rf'^{name}{{[^}}]*process="{process}"[^}}]*}} (\S+)$', page, re.MULTILINE)
        said = sum(float(value) for value in found)
        if page and said > more_than:
            return said
        assert time.monotonic() < until, f"{name} of {process}: {said}\n{page[:2000]}"
        time.sleep(0.5)


def kinds_of_folders(machine: Machine) -> list[str]:
    """Whose folders lie there; each server and worker has one of its own."""
    return sorted(name.partition("-")[0] for name in machine.run("ls", FOLDER).split())


def is_in_memory(machine: Machine) -> bool:
    """Whether the folder is on a tmpfs, and nothing is counted on the disk."""
    kind = machine.run("findmnt", "--noheadings", "--output", "FSTYPE", "--target", FOLDER).strip()
    return kind == "tmpfs" and machine.ask("ls", "/var/lib/hrassist/metrics").returncode != 0
