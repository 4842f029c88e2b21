"""The public summary of a bias audit: what New York City wants on the website of whoever ranks people there.

6 RCNY 5-303 (Local Law 144 of 2021): the date of the most recent audit, the source and explanation of the data, how
many fall within an unknown category, and for all categories the number of applicants, the rates and the impact ratios;
and the distribution date. What may be told of small groups is decided in jobs/reports/demographics.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from hrassist.roles import COUNT_ANSWERS
from jobs.models import Job, JurisdictionSetting, MatchRun, ReportDocument
from jobs.reports import demographics
from jobs.reports.demographics import BY, FEW, Answers, Line
from jobs.reports.documents import paper
from jobs.reports.documents.demographics import REACHED, whole_months
from jobs.reports.documents.paper import Block, Report, Shown
from jobs.reports.impact import SHARE, SMALLEST
from jobs.reports.scope import Scope

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

PLACE = "us-nyc"
TO_ENTER = "not entered yet"
KINDS = {"sex": "Sex categories", "race": "Race and ethnicity categories", "both": "Intersectional categories"}
DATA = (
    "Historical data of this organisation alone; no test data. Counted are the applications that came in for its jobs "
    "in the months above and stand in a ranking that the tool drew (scoring), and all applications of these months "
    "(selection). Sex, race and ethnicity are what applicants chose themselves on a voluntary page after they "
    "applied, in the categories of the EEO-1 report. None of it is estimated, and no ranking ever sees it."
)
HOW = (
    (
        "Scoring rate: how many of a category stand above the median, in the better half of who applied for the same "
        "job, in its newest ranking of the period."
    ),
    "Selection rate: how many of a category were moved on to an interview or beyond.",
    "Impact ratio: the rate of a category divided by that of the category with the highest rate.",
    (
        f"A category of less than {SHARE:.0%} of the data is counted with its rate and left out of the impact ratios: "
        "its people are too few for a rate that would say something about the tool (6 RCNY 5-301 (d))."
    ),
    (
        f"So that nobody can be recognised, a category of fewer than {SMALLEST} people stands with those who did not "
        f"answer, and fewer than {FEW} people of a category who were selected are told as that. Where such a number "
        "would follow from the others, another one is left out with it."
    ),
)
WHAT = (
    "An automated tool ranks applications by how well a resume fits the text of a job. It helps people to decide whom "
    "to look at first; it rejects nobody. This page gives its rates by sex, by race or ethnicity, and by both "
    "together, as Local Law 144 of 2021 of New York City asks."
)
BY_AUDITOR = (
    "The figures were drawn by the tool itself, from its records. They are the summary of a bias audit when an "
    "independent auditor has confirmed them."
)


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    del now
    if document.since is None or document.until is None:
        raise ReportDocument.DoesNotExist
    jobs = list(Job.objects.order_by("pk").values_list("pk", flat=True))
    scope = Scope(user=user, since=document.since, until=document.until, jobs=jobs)
    months = whole_months(scope, today=today)
    answers = demographics.counted(months, ranked_until=scope.ends) if months else Answers([])
    report = Report(
        title="Summary of bias audit results",
        subtitle=f"Automated employment decision tool of {look.name}",
        facts=_facts(months, user=user),
        shown=Shown(permissions={"jobs.view_ranking_log", COUNT_ANSWERS}),
        personal=False,
        public=True,
    )
    report.section("What this is", paper.text(WHAT), paper.text(BY_AUDITOR))
    report.section("Source and explanation of the data", paper.text(DATA), _counts(answers))
    if any(demographics.shown(answers).values()):
        _rates(report, answers)
    else:
        report.section(
            "Results",
            paper.text(f"No category of these months holds {SMALLEST} people or more, so no rate can be told of."),
        )
    report.section("How it was counted", paper.bullets(HOW))
    return report


def _facts(months: Scope | None, *, user: User) -> list[tuple[str, str]]:
    on_file = JurisdictionSetting.objects.filter(code=PLACE).first()
    first = MatchRun.objects.logged_for(user).order_by("created_at").values_list("created_at", flat=True).first()
    return [
        ("Date of the audit", paper.day(on_file.bias_audit_on) if on_file and on_file.bias_audit_on else TO_ENTER),
        ("Distribution date", paper.day(first) if first else "the tool has drawn no ranking yet"),
        ("Months counted", f"{paper.day(months.since)} to {paper.day(months.until)}" if months else "none is over"),
    ]  # fmt: skip


def _counts(answers: Answers) -> Block:
    scored = sum(one.scored for one in answers.cells)
    return paper.figures(
        ("Applications", paper.number(answers.total)),
        ("Of these ranked", paper.number(scored)),
        (
            "In no known category",
            paper.number(answers.said_nothing),
            paper.percent(answers.said_nothing, answers.total),
        ),
    )


def _rates(report: Report, answers: Answers) -> None:
    scoring = {by: demographics.scoring(answers, by=by) for by in BY}
    blocks: list[Block | None] = []
    for by, name in KINDS.items():
        blocks += _table(name, scoring[by], ("Above the median", "Scoring rate"))
    report.section("Scoring", *(blocks or [paper.text("Too few were ranked in these months to tell of categories.")]))
    step = next((one for one in ("interview", "hired") if one in demographics.steps_told(answers)), "")
    blocks = []
    for by, name in KINDS.items():
        lines = demographics.selection(answers, by=by, step=step) if step else []
        blocks += _table(name, lines, ("Selected", "Selection rate"))
    heading = "Selection" if step in ("", "interview") else f"Selection: {REACHED[step][1]}"
    report.section(heading, *(blocks or [paper.text("Too few were selected, or not selected, to tell of categories.")]))


def _table(name: str, lines: Sequence[Line], heads: tuple[str, str]) -> list[Block | None]:
    """One table of categories, with what is not in its calculations below it."""
    categories = [one for one in lines if one.is_group]
    if not categories:
        return []
    rest = sum(one.people for one in lines if not one.is_group)
    noted = any(_note(one) for one in categories)
    columns: list[Any] = [
        ("Category", 2.8), ("Applicants", 1.3, "right"), (heads[0], 1.8, "right"), (heads[1], 1.6, "right"),
        ("Impact ratio", 1.5, "right"), *([("Note", 2)] if noted else []),
    ]  # fmt: skip
    table = paper.table(
        columns,
        [
            [one.name, one.people, _hits(one), _rate(one), paper.NOTHING if one.ratio is None else f"{one.ratio:.2f}",
             *([_note(one) or " "] if noted else [])]
            for one in categories
        ],
    )  # fmt: skip
    left_out = (
        f"{paper.counted(rest, 'applicant')} of an unknown category, or of one too small to be told of: not in these "
        "calculations."
    )
    return [paper.heading(name), table, paper.quiet(left_out) if rest else None]


def _hits(one: Line) -> str:
    return f"fewer than {FEW}" if one.few else paper.NOTHING if one.hits is None else paper.number(one.hits)


def _rate(one: Line) -> str:
    """As the rule prints it, with one decimal."""
    if one.few:
        return f"under {100 * FEW / one.people:.1f} %"
    return paper.NOTHING if one.rate is None else f"{100 * one.rate:.1f} %"


def _note(one: Line) -> str:
    if one.is_tiny:
        return f"under {SHARE:.0%} of the data"
    return "left out with a small one" if one.hits is None and not one.few else ""
