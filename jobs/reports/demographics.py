"""Applications by sex, race and both, of those who said so: counted together, and only where nobody can be read off.

Rates and ratios follow 6 RCNY 5-300 and 5-301 (New York City) and 29 CFR 1607.4 D. What may be shown is decided here
and nowhere else; the rules stand in docs/adr/0026-answers-that-nobody-reads.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

from jobs.models.demographic import Race, Sex
from jobs.reports.impact import SHARE, SMALLEST, chance
from jobs.reports.scope import ENTERED, KINDS, REACHED, Scope, rows

# Below so many of a group who got somewhere, their number is told as "fewer than".
FEW = 5
REST = "Not said, or in a smaller group"
# How far somebody got, beyond having applied.
STEPS = KINDS[1:]
Z = 1.959964  # of a 95 % interval

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """People who said the same: `reached` says of each step how many got there, or beyond."""

    sex: str
    race: str
    people: int
    reached: Mapping[str, int]
    scored: int = 0
    above: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """Everybody who applied in the period for a job, by what they said; "" where they did not."""

    cells: Sequence[Cell]

    @property
    def total(self) -> int:
        return sum(one.people for one in self.cells)

    @property
    def said_nothing(self) -> int:
        return sum(one.people for one in self.cells if not one.sex and not one.race)

    def people_of(self, by: str) -> Counter[Key]:
        return self._sum(by, lambda one: one.people)

    def hits_of(self, by: str, step: str) -> Counter[Key]:
        return self._sum(by, lambda one: one.above if step == SCORING else one.reached[step])

    def _sum(self, by: str, number: Callable[[Cell], int]) -> Counter[Key]:
        found: Counter[Key] = Counter()
        for one in self.cells:
            found[key_of(one, by)] += number(one)
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One group in a table: `hits` is None where it is not told, `few` where all that is told is that it is small."""

    name: str
    people: int
    hits: int | None
    few: bool = False
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    probability: float | None = None
    is_low: bool = False
    is_tiny: bool = False
    is_group: bool = True

    @property
    def rate(self) -> float | None:
        return None if self.hits is None else self.hits / self.people


BY: dict[str, str] = {"sex": "Sex", "race": "Race or ethnicity", "both": "Sex and race together"}
SCORING = "scoring"

OF_ANSWERS = f"""
    WITH {ENTERED}, {REACHED}, newest AS (
        SELECT DISTINCT ON (job_id) id, job_id FROM jobs_matchrun
        WHERE job_id = ANY(%(jobs)s) AND created_at >= %(begins)s AND created_at < %(ranked_until)s
        ORDER BY job_id, created_at DESC, id DESC
    ), people AS (
        SELECT reached.application_id, reached.rank, place.id,
               rank() OVER (PARTITION BY reached.job_id, place.id IS NULL ORDER BY place.rank) AS position,
               count(*) OVER (PARTITION BY reached.job_id, place.id IS NULL) AS ranked
        FROM reached
        JOIN jobs_application application ON application.id = reached.application_id
        LEFT JOIN newest ON newest.job_id = reached.job_id
        LEFT JOIN jobs_match place ON place.run_id = newest.id AND place.candidate_id = application.candidate_id
    )
    SELECT coalesce(answer.sex, '') AS sex, coalesce(answer.race, '') AS race, count(*) AS people,
           count(*) FILTER (WHERE rank >= 1) AS screen, count(*) FILTER (WHERE rank >= 2) AS interview,
           count(*) FILTER (WHERE rank >= 3) AS offer, count(*) FILTER (WHERE rank >= 4) AS hired,
           count(people.id) AS scored,
           count(*) FILTER (WHERE people.id IS NOT NULL AND position <= ranked / 2.0) AS above
    FROM people LEFT JOIN jobs_demographicanswer answer ON answer.application_id = people.application_id
    GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants of jobs.reports.scope


def counted(scope: Scope, *, ranked_until: datetime) -> Answers:
    """The applications that came in in the period, by what was answered for them, with the newest ranking by then."""
    return Answers([
        Cell(
            row["sex"], row["race"], row["people"], {step: row[step] for step in STEPS}, scored=row["scored"],
            above=row["above"],
        )
        for row in rows(OF_ANSWERS, {**scope.params, "ranked_until": ranked_until})
    ])  # fmt: skip


def key_of(cell: Cell, by: str) -> Key:
    return {"sex": (cell.sex, ""), "race": ("", cell.race), "both": (cell.sex, cell.race)}[by]


def name_of(key: Key, by: str) -> str:
    sex = Sex(key[0]).label if key[0] else ""
    race = Race(key[1]).label if key[1] else ""
    return {"sex": sex, "race": race, "both": f"{race}, {sex.lower()}"}[by]


def shown(answers: Answers) -> dict[str, set[Key]]:
    """The groups of each table that may stand alone: large enough, and no small one follows by taking away.

    Tables of one answer are told beside the one of both, so what a line or a column of that one leaves out counts.
    """
    found: dict[str, set[Key]] = {}
    for by in ("sex", "race"):
        people = answers.people_of(by)
        found[by] = _told(people, hidden={key for key in people if not any(key)}, lines=[set(people)], least=SMALLEST)
    both = answers.people_of("both")
    hidden = {key for key in both if (key[0], "") not in found["sex"] or ("", key[1]) not in found["race"]}
    found["both"] = _told(both, hidden=hidden, lines=_lines(both, found), least=SMALLEST)
    return found


def _lines(both: Collection[Key], found: Mapping[str, set[Key]]) -> list[set[Key]]:
    """Each sum of the table of both that is told somewhere else."""
    lines = [set(both)]
    lines += [{key for key in both if key[0] == sex} for sex, _ in sorted(found["sex"])]
    return lines + [{key for key in both if key[1] == race} for _, race in sorted(found["race"])]


def _told(numbers: Mapping[Key, int], *, hidden: set[Key], lines: Sequence[set[Key]], least: int) -> set[Key]:
    """What is left when small numbers are hidden, and with them so much of each line that no small one follows."""
    hidden = hidden | {key for key in numbers if numbers[key] < least}
    while True:
        for line in lines:
            out = [key for key in line & hidden if numbers[key]]
            if out and sum(numbers[key] for key in out) < least and (rest := line - hidden):
                hidden.add(min(rest, key=lambda key: (numbers[key], key)))
                break
        else:
            return set(numbers) - hidden


def steps_told(answers: Answers) -> list[str]:
    """The steps that may be told of: enough people took it, enough did not, and they are not all of one group.

    Between two steps that are told lie enough people too, or nobody: who left between them is known to those who work
    there. Where two lie too close, the one that says more about selection is told.
    """
    told: list[str] = []
    for step in ("interview", "hired", "screen", "offer"):
        with_it = [one for one in STEPS if one in told or one == step]
        if _may_be_told(answers, with_it):
            told = with_it
    return told


def _may_be_told(answers: Answers, steps: Sequence[str]) -> bool:
    numbers = [answers.people_of("both"), *(answers.hits_of("both", step) for step in steps)]
    left = [before - after for before, after in pairwise(numbers)]
    return _is_crowd(numbers[-1]) and all(_is_crowd(one) for one in left if one.total())


def _is_crowd(people: Counter[Key]) -> bool:
    return people.total() >= SMALLEST and sum(count > 0 for count in people.values()) > 1


def selection(answers: Answers, *, by: str, step: str) -> list[Line]:
    """Who got to a step, or beyond, of those who applied."""
    return _table(answers, by, step)


def scoring(answers: Answers, *, by: str) -> list[Line]:
    """Who stood in the better half of a ranking, above its median, of those who stood in one."""
    scored = Answers([
        Cell(one.sex, one.race, one.scored, one.reached, scored=one.scored, above=one.above)
        for one in answers.cells
        if one.scored
    ])  # fmt: skip
    above = scored.hits_of("both", SCORING)
    if not _is_crowd(above) or not _is_crowd(scored.people_of("both") - above):
        return []
    return _table(scored, by, SCORING)


def _table(answers: Answers, by: str, step: str) -> list[Line]:
    groups, people_of = shown(answers), answers.people_of
    people, hits = people_of(by), answers.hits_of(by, step)
    # A group whose number is small is told of as such, and another one goes with it where it would follow.
    exact = {
        one: _told(
            answers.hits_of(one, step), hidden=set(people_of(one)) - groups[one], lines=[set(people_of(one))], least=FEW
        )
        for one in ("sex", "race")
    }  # fmt: skip
    if by == "both":
        whole = people_of("both")
        told = _told(hits, hidden=set(whole) - groups["both"], lines=_lines(whole, exact), least=FEW)
    else:
        told = exact[by]
    order = sorted(groups[by], key=lambda key: (-people[key], key))
    lines = [
        Line(
            name_of(key, by), people[key], hits[key] if key in told else None,
            few=key not in told and hits[key] < FEW,
        )
        for key in order
    ]  # fmt: skip
    return compared(lines, total=people.total()) + _rest(people, hits, groups[by], told)


def _rest(people: Counter[Key], hits: Counter[Key], groups: set[Key], told: set[Key]) -> list[Line]:
    """Everybody else as one line; with a number only where it tells of no group that has none."""
    out = [key for key in people if key not in groups]
    count = sum(people[key] for key in out)
    if not count or not groups:
        return []
    number = sum(hits[key] for key in out)
    return [Line(REST, count, number if groups == told and number >= FEW else None, is_group=False)]


def compared(lines: Sequence[Line], *, total: int) -> list[Line]:
    """Each with its ratio to the highest rate, but for those that are under two per cent of all."""
    large = [one for one in lines if one.people >= SHARE * total]
    known = [one for one in large if one.hits]
    best = max(known, key=lambda one: one.rate or 0, default=None)
    return [_compared(one, best if len(large) > 1 and one in large else None, tiny=one not in large) for one in lines]


def _compared(one: Line, best: Line | None, *, tiny: bool) -> Line:
    about: dict[str, Any] = {"is_tiny": tiny}
    if best is not None and best.hits:
        # In whole numbers: 48 of 100 beside 60 of 100 is four fifths, and not below.
        hits = one.hits if one.hits is not None else FEW - 1 if one.few else None
        if hits is not None:
            about["is_low"] = 5 * hits * best.people < 4 * best.hits * one.people
        if one.hits is not None:
            about["ratio"] = one.hits * best.people / (one.people * best.hits)
            if one is not best:
                about["interval"] = interval(one.hits, one.people, best.hits, best.people)
                about["probability"] = chance(one.hits, one.people, best.hits, best.people)
    return Line(one.name, one.people, one.hits, few=one.few, is_group=one.is_group, **about)


def interval(hits: int, people: int, other_hits: int, other_people: int) -> tuple[float, float]:
    """Within which the ratio of two rates lies in 95 of 100 cases, by the curve of its logarithm.

    Katz and others (1978), with a half added to each number where one is nothing (Walter 1975).
    """
    half = 0.5 if not hits or not other_hits else 0.0
    first, second = hits + half, other_hits + half
    of_first, of_second = people + half, other_people + half
    ratio = first / of_first / (second / of_second)
    spread = Z * sqrt(max(1 / first - 1 / of_first + 1 / second - 1 / of_second, 0.0))
    return exp(log(ratio) - spread), exp(log(ratio) + spread)
