"""The part of the bias audit that counts by sex and race: what was answered, what may be told of it, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hrassist.roles import COUNT_ANSWERS
from jobs.reports import demographics
from jobs.reports.demographics import BY, FEW, Answers, Line
from jobs.reports.documents import charts, paper
from jobs.reports.documents.paper import Block, Report
from jobs.reports.impact import SHARE, SMALLEST

if TYPE_CHECKING:
    from hrassist.branding import Look
    from jobs.reports.scope import Scope

REACHED = {
    "screen": ("Screen", "got past having applied"),
    "interview": ("Interview", "got to an interview or beyond"),
    "offer": ("Offer", "got to an offer or beyond"),
    "hired": ("Hire", "were hired"),
}
WHO = (
    "People are asked after they applied, on a page of their own, and only where a place or a job is switched on for "
    "it. They answer or leave it. No answer is ever estimated: guessing a person's sex or origin from a name, a "
    "picture or anything else is not done."
)
METHOD = (
    (
        "Sex, race and ethnicity: the categories of the EEO-1 report, as people chose them themselves. Who did not "
        "answer is counted in the last line of each table, as the rules of New York City ask, and compared with nobody."
    ),
    (
        f"Small numbers: a group of fewer than {SMALLEST} people has no line of its own; fewer than {FEW} of a group "
        "who got to a step are told as such, and their rate as below what it would be with that many. Where such a "
        "number would follow from the others, another one is left out with it. A step that was taken, or missed, by "
        f"fewer than {SMALLEST} people or by one group alone is not told of."
    ),
    (
        f"Groups under {SHARE:.0%} of all are counted and left out of the comparison (6 RCNY 5-301). The ratio is to "
        "the highest rate that is told."
    ),
    (
        "95 % interval: of the ratio, by the curve of its logarithm (Katz and others, 1978). One that holds 1.00 is as "
        "well explained by chance."
    ),
    (
        "Whole calendar months that are over are counted, so that two reports do not differ by a day. Answers that "
        "were taken back, and of people who were erased, are not said any more."
    ),
)


@dataclass(slots=True)
class Told:
    """What the findings of the whole report take from this part: what lies low, and whether anything was compared."""

    low: list[str] = field(default_factory=list)
    counted: bool = False


def sections(report: Report, scope: Scope, *, look: Look, today: date) -> Told:
    """Add what may be said to the report's owner; who may not count answers reads that there are such figures."""
    if not scope.user.has_perm(COUNT_ANSWERS):
        report.section(
            "Sex, race and ethnicity",
            paper.text("These figures are for who may count answers about sex and race: the role Auditor."),
        )
        return Told()
    # The figures go when the right goes: each download asks for it again.
    report.shown.permissions.add(COUNT_ANSWERS)
    months = whole_months(scope, today=today)
    if months is None:
        report.section(
            "Sex, race and ethnicity",
            paper.text("The period holds no whole calendar month that is over, so nothing is counted by these groups."),
        )
        return Told()
    answers = demographics.counted(months, ranked_until=scope.ends)
    steps = demographics.steps_told(answers)
    said = answers.total - answers.said_nothing
    if not any(demographics.shown(answers).values()):
        report.section(
            "Sex, race and ethnicity", paper.text(WHO),
            paper.text(
                "No group is large enough to be told of: "
                + ("nobody answered" if not said else f"fewer than {SMALLEST} people gave each of the answers")
                + f" among those who applied from {paper.day(months.since)} to {paper.day(months.until)}."
            ),
        )  # fmt: skip
        return Told()
    report.section(
        "Sex, race and ethnicity",
        paper.text(WHO),
        paper.figures(
            ("Applications", paper.number(answers.total)),
            ("Answered", paper.number(said), paper.percent(said, answers.total)),
            ("Said nothing", paper.number(answers.said_nothing)),
        ),
        paper.facts([("Counted", f"Who applied from {paper.day(months.since)} to {paper.day(months.until)}")]),
        paper.quiet(_untold(steps)) if len(steps) < len(REACHED) else None,
    )
    told = Told(counted=True)
    for by in BY:
        report.section(BY[by], *_by(answers, by, steps, look=look, told=told))
    return told


def whole_months(scope: Scope, *, today: date) -> Scope | None:
    """The calendar months that lie in the period as a whole and are over; None without any."""
    begins = scope.since if scope.since.day == 1 else (scope.since.replace(day=28) + timedelta(days=4)).replace(day=1)
    after = min(scope.until + timedelta(days=1), today)
    ends = after.replace(day=1) - timedelta(days=1)
    return None if ends < begins else replace(scope, since=begins, until=ends)


def _untold(steps: Sequence[str]) -> str:
    names = [name.lower() for step, (name, _) in REACHED.items() if step not in steps]
    return (
        f"Not told of, because too few people took the step or missed it, or all are of one group: {', '.join(names)}."
    )


def _by(answers: Answers, by: str, steps: Sequence[str], *, look: Look, told: Told) -> list[Block | None]:
    blocks: list[Block | None] = []
    for step in steps:
        name, note = REACHED[step]
        lines = demographics.selection(answers, by=by, step=step)
        blocks += [paper.heading(name, note), *_chart(lines, by, name, look), _table(lines, ("Applied", "Got there"))]
        told.low += _low(lines, BY[by], name.lower())
    lines = demographics.scoring(answers, by=by)
    blocks += [
        paper.heading("Scoring", "above the median: in the better half of the newest ranking of their job"),
        _table(lines, ("Ranked", "Better half")) if lines else paper.quiet("Too few were ranked to tell of groups."),
    ]
    told.low += _low(lines, BY[by], "scoring")
    return blocks


def _chart(lines: Sequence[Line], by: str, name: str, look: Look) -> list[Block | None]:
    bars = [
        (one.name, one.hits / one.people, paper.percent(one.hits, one.people))
        for one in lines
        if one.is_group and one.hits is not None
    ]
    if by == "both" or len(bars) < 2:
        return []
    alt = f"{name}, rates: " + "; ".join(f"{group} {said}" for group, _, said in bars)
    return [charts.bars(bars, alt=alt, colour=look.accent)]


def _table(lines: Sequence[Line], names: tuple[str, str]) -> Block:
    return paper.table(
        [("Group", 3), (names[0], 1.1, "right"), (names[1], 1.3, "right"), ("Rate", 1, "right"),
         ("Impact ratio", 1.1, "right"), ("95 % interval", 1.5, "right"), ("p", 1, "right"), ("", 1.6)],
        [
            [one.name, one.people, _hits(one), _rate(one), paper.NOTHING if one.ratio is None else f"{one.ratio:.2f}",
             _interval(one), _probability(one.probability), _note(one)]
            for one in lines
        ],
    ) or paper.quiet("Nothing to compare that is not about a handful of people.")  # fmt: skip


def _hits(one: Line) -> str:
    return f"fewer than {FEW}" if one.few else paper.NOTHING if one.hits is None else paper.number(one.hits)


def _rate(one: Line) -> str:
    if one.few:
        return f"< {paper.percent(FEW, one.people)}"
    return paper.NOTHING if one.hits is None else paper.percent(one.hits, one.people)


def _interval(one: Line) -> str:
    return paper.NOTHING if one.interval is None else f"{one.interval[0]:.2f} to {one.interval[1]:.2f}"


def _probability(value: float | None) -> str:
    return paper.NOTHING if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _note(one: Line) -> str:
    if one.is_low:
        return "below four fifths"
    if not one.is_group:
        return "not compared"
    if one.is_tiny:
        return f"under {100 * SHARE:.0f} %, not compared"
    return "left out with a small one" if one.hits is None and not one.few else " "


def _low(lines: Iterable[Line], label: str, what: str) -> list[str]:
    return [
        f"{label}, {what}: {one.name} has {_share(one)}."
        for one in lines
        if one.is_low
    ]  # fmt: skip


def _share(one: Line) -> str:
    if one.ratio is None:
        return "less than four fifths of the highest rate"
    chance = (
        "" if one.probability is None else f" ({'could be chance' if one.probability >= 0.05 else 'hardly chance'})"
    )
    return f"{one.ratio:.2f} of the highest rate{chance}"
