"""Query counts as data: tests/query_counts.json says how many queries each page and endpoint may take.

After a wanted change: HRASSIST_REWRITE=1 pytest …, then read the difference line by line.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

# What is said only because the test's transaction goes on around it: savepoints, and a limit that is taken back.
AROUND = ("SAVEPOINT", "RELEASE", "SELECT set_config('statement_timeout'")
TABLE = Path(__file__).parent / "query_counts.json"


@contextmanager
def assert_queries(name: str) -> Iterator[None]:
    """Fail where the block takes more queries than the table allows, or fewer: then the table must be lowered."""
    allowed = _table().get(name)
    with CaptureQueriesContext(connection) as captured:
        yield
    taken = [query["sql"] for query in captured if not query["sql"].startswith(AROUND)]
    if os.environ.get("HRASSIST_REWRITE"):
        _write(name, len(taken))
        return
    assert allowed is not None, f"{name!r} is not in {TABLE.name}; it takes {len(taken)} queries."
    shown = "\n".join(sql[:200] for sql in taken)
    assert len(taken) == allowed, f"{name!r} takes {len(taken)} queries, {TABLE.name} says {allowed}:\n{shown}"


def _table() -> dict[str, int]:
    table: dict[str, int] = json.loads(TABLE.read_text())
    return table


def _write(name: str, count: int) -> None:
    with TABLE.open("r+") as file:
        # Several test processes write into one table.
        fcntl.flock(file, fcntl.LOCK_EX)
        table = json.loads(file.read()) | {name: count}
        file.seek(0)
        file.truncate()
        file.write(json.dumps(dict(sorted(table.items())), indent=2) + "\n")
