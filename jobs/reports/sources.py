"""Which sources bring people who get far."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.reports.scope import ENTERED, REACHED, Scope, rows


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """Of `applications` that came in through a source, how many got to an interview, to an offer, were hired."""

    source: str
    applications: int
    interviews: int
    offers: int
    hires: int

    def share(self, count: int) -> float | None:
        return count / self.applications if self.applications else None


def source_quality(scope: Scope) -> list[SourceQuality]:
    """The applications that came in in the period by their source, most first; how far they got as in the funnel."""
    return scope.kept("sources", _count)


def _count(scope: Scope) -> list[SourceQuality]:
    found = rows(
        f"""
        WITH {ENTERED}, {REACHED}
        SELECT source, count(*) AS applications, count(*) FILTER (WHERE rank >= 2) AS interviews,
               count(*) FILTER (WHERE rank >= 3) AS offers, count(*) FILTER (WHERE rank >= 4) AS hires
        FROM reached GROUP BY source ORDER BY applications DESC, source LIMIT 100
        """,  # noqa: S608  constants of jobs.reports.scope
        scope.params,
    )
    return [SourceQuality(**(row | {"source": row["source"] or "No source"})) for row in found]
