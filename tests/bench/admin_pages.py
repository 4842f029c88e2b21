"""What the admin's pages cost over ten thousand people and over a million, side by side: make bench-admin.

Two workers, one for each database, answer the same pages by turns, so that whoever else is on the machine slows both.
CPU is the application's own and that of its database connections (parallel plans are off: no cost hides in helpers).
A page that is not there yet is skipped. With --strict a missed target ends with code 1.

    python -m tests.bench.admin_pages [--small NAME] [--large NAME] [--repeat N] [--only WORDS] [--skip WORDS]
        [--strict] [--markdown]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from hrassist.lib import devdb

SMALL, LARGE = "hrassist_workload_10k", "hrassist_workload"
RATIO = 1.2
# Below so many milliseconds more, a ratio is the machine's noise.
NOISE_MS = 4.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What is promised of a sort of page: CPU in ms (median, p95), statements, and whether its cost stays flat."""

    cpu: float | None = None
    cpu_p95: float | None = None
    statements: int | None = None
    flat: bool = True


KINDS = {
    "list": Kind(cpu=60, statements=8),
    # What it finds is a hundred times as much: told beside the target, and not held to be flat.
    "search": Kind(cpu_p95=150, statements=8, flat=False),
    "form": Kind(cpu=100, statements=25),
    "page": Kind(cpu=100, statements=25),
    "board": Kind(cpu=150, statements=12),
    "report": Kind(cpu=None, statements=None, flat=False),
    "other": Kind(cpu=100, statements=None),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one page cost in one database; times in milliseconds, medians but for p95."""

    status: int
    statements: int
    app: float
    database: float
    cpu_p95: float
    wall: float
    wall_p95: float
    size: int
    empty: bool = False

    @property
    def cpu(self) -> float:
        return self.app + self.database


class Worker:
    """A process of its own that has one database and answers what pages cost."""

    def __init__(self, database: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.admin_pages_worker", database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HRASSIST_ENV": "development"},
        )
        self.pages: dict[str, tuple[str, str]] = self._hear()

    def measure(self, page: str, *, repeat: int) -> Figures:
        return Figures(**self._ask({"page": page, "repeat": repeat}))

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(20)

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("A worker of the bench ended; its error stands above.")
        return json.loads(line)


def missed(kind: Kind, small: Figures | None, large: Figures) -> list[str]:
    """The promises that these figures do not keep, in a few words each."""
    found = []
    if large.status not in {200, 302}:
        return [f"answers {large.status}"]
    if large.empty:
        found.append("shows nothing")
    if kind.cpu is not None and large.cpu > kind.cpu:
        found.append(f"CPU > {kind.cpu:.0f}")
    if kind.cpu_p95 is not None and large.cpu_p95 > kind.cpu_p95:
        found.append(f"CPU p95 > {kind.cpu_p95:.0f}")
    if kind.statements is not None and large.statements > kind.statements:
        found.append(f"SQL > {kind.statements}")
    if kind.flat and small is not None and small.status == 200:
        if large.cpu > small.cpu * RATIO and large.cpu - small.cpu > NOISE_MS:
            found.append(f"ratio > {RATIO}")
        if large.statements > small.statements + 2:
            found.append("more SQL")
    return found


def together(parts: list[Figures]) -> Figures:
    """One page's figures out of those of several rounds."""
    return Figures(
        status=parts[-1].status,
        statements=parts[-1].statements,
        app=statistics.median(one.app for one in parts),
        database=statistics.median(one.database for one in parts),
        cpu_p95=statistics.median(one.cpu_p95 for one in parts),
        wall=statistics.median(one.wall for one in parts),
        wall_p95=statistics.median(one.wall_p95 for one in parts),
        size=parts[-1].size,
        empty=parts[-1].empty,
    )


HEADINGS = (
    "page", "kind", "SQL", "app ms", "PG ms", "CPU ms", "CPU p95", "10k CPU", "ratio", "wall p50", "wall p95",
    "kB", "target", "",
)  # fmt: skip


def row(page: str, kind_name: str, small: Figures | None, large: Figures) -> tuple[list[str], bool]:
    """One line of the table, and whether every promise is kept."""
    kind = KINDS[kind_name]
    wrong = missed(kind, small, large)
    ratio = f"{large.cpu / small.cpu:.2f}" if small is not None and small.cpu else ""
    target = ", ".join(
        said
        for said in (
            f"CPU ≤ {kind.cpu:.0f}" if kind.cpu else "",
            f"CPU p95 ≤ {kind.cpu_p95:.0f}" if kind.cpu_p95 else "",
            f"SQL ≤ {kind.statements}" if kind.statements else "",
        )
        if said
    )
    line = [
        page, kind_name, str(large.statements), f"{large.app:.1f}", f"{large.database:.1f}", f"{large.cpu:.1f}",
        f"{large.cpu_p95:.1f}", f"{small.cpu:.1f}" if small else "", ratio, f"{large.wall:.0f}",
        f"{large.wall_p95:.0f}", f"{large.size / 1000:.0f}", target, "; ".join(wrong) if wrong else "ok",
    ]  # fmt: skip
    return line, not wrong


def write(lines: Iterable[list[str]], *, markdown: bool) -> None:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    sys.stdout.write(
        "CPU is the application's and its database processes', in ms. Searches are held to the p95 of CPU, not\n"
        f"of wall time, which other work on the machine lengthens. {os.cpu_count()} processors, load {load}.\n\n"
    )
    rows = [list(HEADINGS), *lines]
    if markdown:
        rows.insert(1, ["---"] * len(HEADINGS))
        sys.stdout.writelines("| " + " | ".join(one) + " |\n" for one in rows)
        return
    widths = [max(len(one[at]) for one in rows) for at in range(len(HEADINGS))]
    for one in rows:
        cells = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(one, widths, strict=True))
        ]
        sys.stdout.write("  ".join([*cells[:12], one[12].ljust(widths[12]), one[13]]).rstrip() + "\n")


def ensure(database: str, **sizes: int) -> None:
    """Bring the database to today's migrations; make and fill it if there is none: a million people take minutes."""
    with psycopg.connect(url()) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if found:
        urls = {"HRASSIST_DB_OWNER_URL": url(), "DATABASE_URL": os.environ.get("DATABASE_URL") or devdb.url()}
        there = {name: urlsplit(one)._replace(path=f"/{database}").geturl() for name, one in urls.items()}
        run("migrate", "--verbosity=0", **there)
    else:
        run("generate_workload", f"--database={database}", *[f"--{name}={value}" for name, value in sizes.items()])


def run(*arguments: str, **environment: str) -> None:
    """One of manage.py's commands, in a process of its own."""
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, env={**os.environ, **environment})


def url() -> str:
    """Where the databases are, by their owner: DATABASE_URL, or the development server, started if need be."""
    return os.environ.get("DATABASE_URL") or devdb.urls().owner


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", default=SMALL)
    parser.add_argument("--large", default=LARGE)
    parser.add_argument("--repeat", type=int, default=5, help="requests in each of three rounds")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--skip", default="nothing", help="pages whose name contains this are left out")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    # A thousand jobs, so that a page of open jobs is as full as with five thousand.
    ensure(options.small, candidates=10_000, jobs=1_000, applications=20_000)
    ensure(options.large, candidates=1_000_000, jobs=5_000, applications=2_000_000)
    small, large = Worker(options.small), Worker(options.large)
    lines, kept = [], True
    try:
        for page, (kind, _address) in large.pages.items():
            if options.only.lower() not in page.lower() or options.skip.lower() in page.lower():
                continue
            sys.stderr.write(f"{page}\n")
            here: dict[Worker, list[Figures]] = {small: [], large: []}
            for _ in range(3):
                for worker, found in here.items():
                    if page in worker.pages:
                        found.append(worker.measure(page, repeat=options.repeat))
            line, good = row(page, kind, together(here[small]) if here[small] else None, together(here[large]))
            lines.append(line)
            kept = kept and good
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; what was measured until now:\n")
    small.stop()
    large.stop()
    write(lines, markdown=options.markdown)
    missing = sum(line[-1] != "ok" for line in lines)
    sys.stdout.write(f"\n{len(lines)} pages, {missing} miss a target.\n")
    return 0 if kept or not options.strict else 1


if __name__ == "__main__":
    sys.exit(main())
