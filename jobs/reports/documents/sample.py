"""A paper with invented words, to look at how documents look."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from jobs.reports.documents import charts, paper, pdf
from jobs.reports.documents.paper import Report, Shown

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

STAGES = (("Applied", 48), ("Screening", 21), ("Interview", 9), ("Offer", 2), ("Hired", 1))


def pages(look: Look, *, owner: User, now: datetime) -> list[bytes]:
    """Its pages as PNG."""
    report = Report(
        title="Job report: Sample Position",
        subtitle="Sample department · Sample city · Full time",
        facts=[("State", "Open"), ("Note", "Every word and number on this page is invented.")],
        shown=Shown(),
        personal=False,
    )
    report.section(
        "At a glance",
        paper.figures(("Applications", "48"), ("In process", "20"), ("Hired", "1", "of 2 openings"), ("Days", "31")),
    )
    bars = [(name, float(count), paper.number(count)) for name, count in STAGES]
    report.section(
        "Pipeline",
        charts.bars(bars, alt="Sample bars", colour=look.accent),
        paper.table([("Stage", 3), ("Reached", 1, "right")], STAGES),
        paper.quiet("How something is counted stands below it, like this."),
    )
    said = paper.said(report, brand=look.as_data(), owner=owner, made_at=now)
    return pdf.pages(said, dots_per_inch=80)
