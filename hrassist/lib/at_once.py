"""Several small questions in one statement: each costs a round trip and a plan by itself, and a page has a dozen."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

Row = dict[str, Any]
# The values() of any model: what they hold, their own type says too narrowly.
Question = QuerySet[Any, Any]


def rows(*questions: Question) -> list[list[Row]]:
    """The rows of each question, which is a queryset's `values()`.

    They come as JSON: identifiers and moments are text (`datetime.fromisoformat` reads them), so that this is for what
    is shown or counted and not for what is worked on.
    """
    found = _ask("(SELECT json_agg(row_to_json(one))::text FROM ({}) one)", questions)
    return [json.loads(text) if text else [] for text in found]


def counts(*questions: Question) -> list[int]:
    """How many rows each question has."""
    found = _ask("(SELECT count(*) FROM ({}) one)", [_bare(one) for one in questions])
    return [int(count or 0) for count in found]


def _bare(rows: Question) -> Question:
    """Without an order, which costs where nobody sees it; a slice needs its own."""
    return (rows if rows.query.is_sliced else rows.order_by()).values("pk")


def _ask(part: str, questions: Any) -> list[Any]:
    if not questions:
        return []
    parts: list[str] = []
    params: list[Any] = []
    alias = questions[0].db
    for one in questions:
        try:
            statement, its = one.query.get_compiler(using=alias).as_sql()
        except EmptyResultSet:
            parts.append("NULL")
            continue
        parts.append(part.format(statement))
        params += its
    with connections[alias].cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- statements that Django compiled, with their values as parameters
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())
