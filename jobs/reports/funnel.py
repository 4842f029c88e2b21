"""How far the people who came in got."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Stage
from jobs.reports.scope import ENTERED, KINDS, REACHED, Scope, rows


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of step: how many got there, how many stand there now, how many ended there.

    `from_before` and `from_first` are shares from 0 to 1 of the step before and of all who came in; None of nobody.
    """

    kind: str
    label: str
    reached: int
    now: int
    ended: int
    from_before: float | None
    from_first: float | None


def funnel(scope: Scope) -> list[Step]:
    """The applications that came in in the period, by the furthest step at which they stand or stood when they ended.

    Who reached a step reached all before it, also where a step was skipped. A step that was taken back (a move back, a
    hire that was undone) was not reached; a rejection that was taken back did not end anything.
    """
    return scope.kept("funnel", _count)


def _count(scope: Scope) -> list[Step]:
    found = rows(
        f"""
        WITH {ENTERED}, {REACHED}
        SELECT rank, count(*) AS n, count(*) FILTER (WHERE status = 'active') AS now,
               count(*) FILTER (WHERE status IN ('rejected', 'withdrawn')) AS ended
        FROM reached GROUP BY rank
        """,  # noqa: S608  constants of jobs.reports.scope
        scope.params,
    )
    by_rank = {row["rank"]: row for row in found}
    steps: list[Step] = []
    total = sum(row["n"] for row in found)
    before: int | None = None
    for rank, kind in enumerate(KINDS):
        reached = sum(row["n"] for row in found if row["rank"] >= rank)
        row = by_rank.get(rank, {"now": 0, "ended": 0})
        steps.append(
            Step(
                kind=kind,
                label=Stage.Kind(kind).label,
                reached=reached,
                now=row["now"],
                ended=row["ended"],
                from_before=reached / before if before else None,
                from_first=reached / total if total else None,
            )
        )
        before = reached
    return steps
