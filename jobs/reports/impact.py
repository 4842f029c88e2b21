"""Rates of selection and of scoring by group, and how far they lie apart (29 CFR 1607.4 D; 6 RCNY 5-300)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import erfc, exp, lgamma, sqrt
from typing import Any

from jobs.reports.scope import ENTERED, REACHED, Scope, rows

# Below this many people a group could be somebody: it is counted together with the other small ones.
SMALLEST = 10
# A group with a smaller share of all may be left out of the comparison (6 RCNY 5-301), and is still counted.
SHARE = 0.02
FOUR_FIFTHS = 0.8
# Beyond so many people the exact test takes long and says the same as the normal curve.
EXACT_UP_TO = 2000
SMALL = f"Groups of fewer than {SMALLEST}"
UNKNOWN = "Not known"


@dataclass(frozen=True, slots=True)
class Group:
    """People of one group; of `scored` people, who stood in a ranking, `above` were in its better half."""

    name: str
    people: int
    selected: int
    scored: int = 0
    above: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """One group's share beside that of the group with the highest: `ratio` is None where it is not compared."""

    name: str
    people: int
    hits: int
    rate: float
    ratio: float | None
    probability: float | None

    @property
    def is_low(self) -> bool:
        """Below four fifths of the highest rate."""
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


@dataclass(frozen=True, slots=True)
class Counted:
    """People who came in in a period, by the groups that the data knows."""

    total: int
    dimensions: dict[str, list[Group]]


# What is known of people without asking them: none of it is a trait that the law protects, and some may follow one.
DIMENSIONS = {"source": "Source", "country": "Country of residence", "language": "Language of the resume"}
OF_PEOPLE = f"""
    WITH {ENTERED}, {REACHED}, newest AS (
        SELECT DISTINCT ON (job_id) id, job_id FROM jobs_matchrun
        WHERE job_id = ANY(%(jobs)s) AND created_at >= %(begins)s AND created_at < %(ends)s
        ORDER BY job_id, created_at DESC, id DESC
    ), people AS (
        SELECT reached.source, candidate.country, coalesce(resume.language, '') AS language, reached.rank, place.id,
               rank() OVER (PARTITION BY reached.job_id, place.id IS NULL ORDER BY place.rank) AS position,
               count(*) OVER (PARTITION BY reached.job_id, place.id IS NULL) AS ranked
        FROM reached
        JOIN jobs_application application ON application.id = reached.application_id
        JOIN candidates_candidate candidate ON candidate.id = application.candidate_id
        LEFT JOIN candidates_resume resume ON resume.candidate_id = candidate.id AND resume.is_current
            AND resume.state = 'ready'
        LEFT JOIN newest ON newest.job_id = reached.job_id
        LEFT JOIN jobs_match place ON place.run_id = newest.id AND place.candidate_id = candidate.id
    )
    SELECT source, country, language, count(*) AS people, count(*) FILTER (WHERE rank >= 2) AS selected,
           count(id) AS scored, count(*) FILTER (WHERE id IS NOT NULL AND position <= ranked / 2.0) AS above
    FROM people GROUP BY source, country, language
"""  # noqa: S608  constants of jobs.reports.scope


def counted(scope: Scope) -> Counted:
    """The applications that came in in the period; selected is who got to an interview or beyond."""
    found = rows(OF_PEOPLE, scope.params)
    return Counted(
        total=sum(row["people"] for row in found),
        dimensions={name: _groups(found, name) for name in DIMENSIONS},
    )


def _groups(found: Iterable[dict[str, Any]], dimension: str) -> list[Group]:
    by_name: dict[str, Group] = {}
    for row in found:
        name = row[dimension] or UNKNOWN
        so_far = by_name.get(name, Group(name, 0, 0))
        by_name[name] = Group(
            name, so_far.people + row["people"], so_far.selected + row["selected"], so_far.scored + row["scored"],
            so_far.above + row["above"],
        )  # fmt: skip
    return sorted(by_name.values(), key=lambda one: (-one.people, one.name))


def pooled(groups: Sequence[Group]) -> list[Group]:
    """The groups with the small ones as one, so that no figure is about a handful of people.

    Where the small ones together are still few, the smallest of the others goes with them: their number would follow
    from the total. Nothing is left where one group is all but everybody.
    """
    shown = [one for one in groups if one.people >= SMALLEST]
    small = [one for one in groups if one.people < SMALLEST]
    if not small:
        return shown
    rest = _together(small)
    while rest.people < SMALLEST and shown:
        rest = _together([rest, shown.pop()])
    return [*shown, rest] if shown else []


def _together(groups: Sequence[Group]) -> Group:
    return Group(
        SMALL, sum(one.people for one in groups), sum(one.selected for one in groups),
        sum(one.scored for one in groups), sum(one.above for one in groups),
    )  # fmt: skip


def selection(groups: Sequence[Group]) -> list[Rate]:
    """Who got to an interview, of those who applied."""
    return _rates([(one.name, one.people, one.selected) for one in pooled(groups)])


def scoring(groups: Sequence[Group]) -> list[Rate]:
    """Who stood in the better half of a ranking, of those who stood in one."""
    ranked = [replace(one, people=one.scored) for one in groups if one.scored]
    return _rates([(one.name, one.people, one.above) for one in pooled(ranked)])


def _rates(groups: Sequence[tuple[str, int, int]]) -> list[Rate]:
    total = sum(people for _, people, _ in groups)
    # What is no group of its own is counted, and compared with nobody.
    compared = [one for one in groups if one[0] not in (SMALL, UNKNOWN) and one[1] >= SHARE * total]
    best = max(compared, key=lambda one: one[2] / one[1], default=None)
    found = []
    for one in groups:
        name, people, hits = one
        rate = hits / people
        against = best is not None and best[2] > 0 and one in compared and len(compared) > 1
        found.append(
            Rate(
                name, people, hits, rate,
                ratio=rate / (best[2] / best[1]) if against and best else None,
                probability=chance(hits, people, best[2], best[1]) if against and best and one != best else None,
            )
        )  # fmt: skip
    return found


def chance(hits: int, people: int, other_hits: int, other_people: int) -> float:
    """How likely two groups lie at least as far apart by chance: Fisher's exact test, two-sided; for many, z."""
    everybody, all_hits = people + other_people, hits + other_hits
    if everybody > EXACT_UP_TO:
        share = all_hits / everybody
        spread = sqrt(share * (1 - share) * (1 / people + 1 / other_people))
        return erfc(abs(hits / people - other_hits / other_people) / spread / sqrt(2)) if spread else 1.0

    def likelihood(count: int) -> float:
        return exp(_ways(people, count) + _ways(other_people, all_hits - count) - _ways(everybody, all_hits))

    here = likelihood(hits)
    least, most = max(0, all_hits - other_people), min(people, all_hits)
    as_far = (likelihood(count) for count in range(least, most + 1))
    # Equal likelihoods differ in their last digits.
    return min(1.0, sum(one for one in as_far if one <= here * (1 + 1e-9)))


def _ways(things: int, chosen: int) -> float:
    return lgamma(things + 1) - lgamma(chosen + 1) - lgamma(things - chosen + 1)
