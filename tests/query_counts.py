"""Query counts as data: tests/query_counts.json says how many queries each page and endpoint may take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

TABLE = Path(__file__).parent / "query_counts.json"


@contextmanager
def assert_queries(name: str) -> Iterator[None]:
    """Fail where the block takes more queries than the table allows, or fewer: then the table must be lowered."""
    allowed = json.loads(TABLE.read_text()).get(name)
    with CaptureQueriesContext(connection) as captured:
        yield
    taken = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert allowed is not None, f"{name!r} is not in {TABLE.name}; it takes {len(taken)} queries."
    shown = "\n".join(sql[:200] for sql in taken)
    assert len(taken) == allowed, f"{name!r} takes {len(taken)} queries, {TABLE.name} says {allowed}:\n{shown}"
