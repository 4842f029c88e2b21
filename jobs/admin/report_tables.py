"""Each report as figures, a chart and a table; the queries are in jobs/reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from hrassist.admin import charts
from hrassist.admin.charts import Bar, Point
from jobs.reports import drives, funnel, sources, time_in_stage, time_to_hire, workload
from jobs.reports.scope import KINDS, Scope

SHOWN_BARS = 15


@dataclass(frozen=True, slots=True)
class Shown:
    """`says` is what is counted, in a sentence; the first column of the table is its heading, the others are numbers
    unless `text_columns` names them."""

    says: str
    columns: Sequence[str]
    rows: list[list[Any]]
    chart: SafeString
    figures: list[tuple[str, str]] = field(default_factory=list)
    legend: tuple[str, str] | None = None
    text_columns: frozenset[int] = frozenset()
    empty: str = "Nobody came in in this period in these jobs. Widen the period or take a filter off."


@dataclass(frozen=True, slots=True)
class Report:
    name: str
    title: str
    show: Callable[[Scope], Shown]
    # Months in a table stand for dates, which a filter on jobs narrows; drives know no recruiter.
    icon: str = "chart"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def days(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def show_funnel(scope: Scope) -> Shown:
    steps = funnel.funnel(scope)
    first = steps[0].reached
    return Shown(
        says="Applications that came in in this period, at the furthest step at which they stand, or stood when they "
        "ended. Steps that were taken back do not count.",
        columns=["Step", "Reached", "Of the step before", "Of all", "Stand there now", "Ended there"],
        rows=[
            [step.label, step.reached, percent(step.from_before), percent(step.from_first), step.now, step.ended]
            for step in steps
        ]
        if first
        else [],
        chart=charts.bars(
            [
                Bar(
                    step.label,
                    step.from_first or 0,
                    f"{step.reached:,}",
                    percent(step.from_before) if step.from_before is not None else "",
                )
                for step in steps
            ]
            if first
            else [],
            title="Applications by the furthest step reached, with the share of the step before",
        ),
    )


def show_time_to_hire(scope: Scope) -> Shown:
    found = time_to_hire.time_to_hire(scope)
    months = list(found.months.items())
    table = [[date_format(month, "M Y"), one.hires, days(one.median), days(one.p90)] for month, one in months]
    table += [[name, one.hires, days(one.median), days(one.p90)] for name, one in found.departments.items()]
    points = [Point(date_format(month, "M y"), one.median) for month, one in months]
    return Shown(
        says="Everybody who was hired in this period, whenever they came in: calendar days from coming in to the hire. "
        "A hire that was undone does not count.",
        columns=["Month or department", "Hires", "Median days", "90 % within days"],
        rows=table if found.total.hires else [],
        chart=charts.line(
            points,
            title="Median days to hire by month",
            unit=" days",
            second=[Point(date_format(month, "M y"), one.p90) for month, one in months],
        ),
        figures=[
            ("Hires", f"{found.total.hires:,}"),
            ("Median", f"{days(found.total.median)} days"),
            ("90 % within", f"{days(found.total.p90)} days"),
        ]
        if found.total.hires
        else [],
        legend=("Median", "90 % within"),
        empty="Nobody was hired in this period in these jobs.",
    )


def show_time_in_stage(scope: Scope) -> Shown:
    found = time_in_stage.time_in_stage(scope)
    longest = max((one.p75 or 0 for one in found.kinds), default=0) or 1
    table = [["All jobs", "People", *(one.people for one in found.kinds)]] if any(k.people for k in found.kinds) else []
    if table:
        table.append(["All jobs", "Median days", *(days(one.median) for one in found.kinds)])
        table.append(["All jobs", "75 % within days", *(days(one.p75) for one in found.kinds)])
    for title, kinds in found.jobs:
        table.append(
            [title, "Median days", *(days(kinds[kind].median) if kind in kinds else "–" for kind in KINDS[:-1])]
        )
    return Shown(
        says="Applications that came in in this period: days at each kind of step, counted once it was left. Several "
        "stays of one person add up; time after an application had ended does not count, nor does a slip that was "
        "taken back within ten minutes.",
        columns=["Job", "What", *(one.label for one in found.kinds)],
        rows=table,
        chart=charts.bars(
            [
                Bar(one.label, (one.median or 0) / longest, f"{days(one.median)} days", f"75 % within {days(one.p75)}")
                for one in found.kinds
                if one.people
            ],
            title="Median days at each kind of step",
        ),
        text_columns=frozenset({1}),
        empty="Nobody who came in in this period has left a step yet.",
    )


def show_sources(scope: Scope) -> Shown:
    found = sources.source_quality(scope)
    most = max((one.applications for one in found), default=0) or 1
    return Shown(
        says="Applications that came in in this period by their source, and how far they got. Shares are of the "
        "applications of the source.",
        columns=["Source", "Applications", "Interview", "Share", "Offer", "Share", "Hired", "Share"],
        rows=[
            [
                one.source, one.applications, one.interviews, percent(one.share(one.interviews)), one.offers,
                percent(one.share(one.offers)), one.hires, percent(one.share(one.hires)),
            ]
            for one in found
        ],
        chart=charts.bars(
            [
                Bar(
                    one.source,
                    one.applications / most,
                    f"{one.applications:,}",
                    f"{percent(one.share(one.interviews))} to interview · {one.hires:,} hired",
                )
                for one in found[:SHOWN_BARS]
            ],
            title="Applications by source",
        ),
    )  # fmt: skip


def show_workload(scope: Scope) -> Shown:
    found = workload.workload(scope)
    most = max((one.applications for one in found), default=0) or 1
    return Shown(
        says="Recruiters and hiring managers on the teams of these jobs. Open jobs and active applications are those "
        "of now; reviews and interviews are those of the period.",
        columns=["Colleague", "Role", "Open jobs", "Active applications", "Reviews", "Interviews"],
        rows=[
            [one.user, one.roles, one.open_jobs, one.applications, one.reviews, one.interviews] for one in found
        ],
        chart=charts.bars(
            [
                Bar(one.user, one.applications / most, f"{one.applications:,}", f"{one.open_jobs} open jobs", part=1)
                for one in found[:SHOWN_BARS]
            ],
            title="Active applications for each recruiter and hiring manager",
        ),
        text_columns=frozenset({1}),
        empty="Nobody is recruiter or hiring manager of these jobs. Add people on a job's page, under Team.",
    )  # fmt: skip


def show_drives(scope: Scope) -> Shown:
    found = drives.drive_progress(scope, today=timezone.localdate())
    chart = []
    for one in found[:SHOWN_BARS]:
        share = one.share(one.applications, one.target_applications)
        said = f"{one.applications:,} of {one.target_applications:,}" if share is not None else f"{one.applications:,}"
        chart.append(Bar(one.name, share or 0, said, f"{percent(one.elapsed)} of its days over", part=2))
    return Shown(
        says="Drives that run at some time in this period: applications for their jobs that came in from the first to "
        "the last day of the drive, and hires among them.",
        columns=[
            "Drive", "From", "To", "State", "Jobs", "Applications", "Target", "Reached", "Hires", "Target", "Reached",
        ],
        rows=[
            [
                one.name, _day(one.starts_on), _day(one.ends_on), one.status, one.jobs, one.applications,
                one.target_applications or "–", percent(one.share(one.applications, one.target_applications)),
                one.hires, one.target_hires or "–", percent(one.share(one.hires, one.target_hires)),
            ]
            for one in found
        ],
        chart=charts.bars(chart, title="Applications of each drive against its target"),
        text_columns=frozenset({1, 2, 3}),
        empty="No drive runs in this period.",
    )  # fmt: skip


def _day(day: date) -> str:
    return date_format(day, "j M Y")


REPORTS = (
    Report("funnel", "Funnel", show_funnel),
    Report("time-to-hire", "Time to hire", show_time_to_hire),
    Report("time-in-stage", "Time in stage", show_time_in_stage),
    Report("sources", "Source quality", show_sources),
    Report("workload", "Workload", show_workload),
    Report("drives", "Drive progress", show_drives),
)
