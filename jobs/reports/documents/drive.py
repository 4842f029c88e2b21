"""The report of a drive: how far it is, over which days, by which links and sources, and what came in."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from jobs.models import DriveJob, IntakeSubmission, Job, RecruitmentDrive, ReportDocument, TrackingLink
from jobs.reports import drive_figures
from jobs.reports.documents import charts, paper
from jobs.reports.documents.paper import Report, Shown

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

MOST_LINKS = 100


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    del now
    drive = RecruitmentDrive.objects.visible_to(user).select_related("created_by").get(pk=cast(UUID, document.drive_id))
    every = DriveJob.objects.filter(drive=drive)
    parts = list(every.filter(job__in=Job.objects.visible_to(user)).select_related("job").order_by("job__title"))
    hidden = every.count() - len(parts)
    report = Report(
        title=f"Drive report: {drive.name}",
        subtitle=f"{paper.day(drive.starts_on)} to {paper.day(drive.ends_on)}",
        facts=[
            ("State", str(drive.get_status_display())),
            ("Set up by", drive.created_by.display_name),
            ("What for", paper.shortened(drive.description, paper.CELL)),
        ],
        shown=Shown(
            jobs={one.job_id for one in parts}, permissions={"jobs.view_reports", "jobs.view_recruitmentdrive"}
        ),
        personal=False,
    )
    _progress(report, drive, user=user, look=look, today=today, hidden=hidden)
    _jobs(report, drive, parts)
    _links(report, drive, user=user, look=look)
    _intake(report, drive, user=user)
    report.section(
        "Costs", paper.quiet("No costs are recorded for drives in this system, so none are reckoned per application.")
    )
    return report


def _progress(
    report: Report, drive: RecruitmentDrive, *, user: User, look: Look, today: date, hidden: int
) -> None:  # fmt: skip
    found = drive_figures.progress_of([drive.pk], user=user).get(drive.pk, drive_figures.Progress()).against(drive)
    days = (drive.ends_on - drive.starts_on).days + 1
    over = min(days, max(0, (today - drive.starts_on).days + 1))
    bars = drive_figures.per_day(drive, user=user, today=today)
    came = "; ".join(f"{one.start:%-d %B} {one.count}" for one in bars if one.count) or "none yet"
    report.section(
        "Progress",
        paper.figures(
            ("Applications", paper.number(found.applications), _against(found.applications, drive.target_applications)),
            ("In process", paper.number(found.active)),
            ("Hires", paper.number(found.hires), _against(found.hires, drive.target_hires)),
            ("Days over", f"{over} of {days}", paper.percent(over, days)),
        ),
        _pace(found.applications, drive.target_applications, over=over, days=days),
        charts.columns(
            [(f"{one.start:%-d %b}", one.count) for one in bars],
            alt=f"Applications over the days of the drive: {came}",
            colour=look.accent,
        )
        or paper.quiet("Nobody has applied through this drive yet."),
        paper.quiet(f"{paper.counted(hidden, 'job')} of the drive that you do not see: not counted here.")
        if hidden
        else None,
    )


def _against(count: int, target: int) -> str:
    return f"{paper.percent(count, target)} of {target:,}" if target else "no target"


def _pace(count: int, target: int, *, over: int, days: int) -> paper.Block | None:
    """Whether it is on its way: what had to have come in by now, were it even over the days."""
    if not target or not over:
        return None
    expected = round(target * over / days)
    far = count - expected
    how = "as planned" if far == 0 else f"{abs(far):,} {'more' if far > 0 else 'fewer'} than that"
    return paper.text(
        f"Spread evenly over its days, {expected:,} of {target:,} applications would have come in by now; it is {how}."
    )


def _jobs(report: Report, drive: RecruitmentDrive, parts: list[DriveJob]) -> None:
    counts = drive_figures.progress_of_jobs(drive, [one.job for one in parts])
    rows = []
    for one in parts:
        found = counts.get(one.job_id, {})
        rows.append(
            [one.job.title, str(one.job.get_status_display()), found.get("applications", 0), found.get("active", 0),
             found.get("hires", 0), one.target_hires or paper.NOTHING]
        )  # fmt: skip
    report.section(
        "Jobs",
        paper.table(
            [("Job", 3.5), ("State", 1.2), ("Applications", 1.3, "right"), ("In process", 1.2, "right"),
             ("Hires", 1, "right"), ("Target", 1, "right")],
            rows,
        )
        or paper.quiet("No job that you see is part of this drive."),
    )  # fmt: skip


def _links(report: Report, drive: RecruitmentDrive, *, user: User, look: Look) -> None:
    found = TrackingLink.objects.visible_to(user).filter(drive=drive).select_related("source", "job")
    links = drive_figures.with_figures(found.order_by("created_at")[:MOST_LINKS], user=user)
    sources: Counter[str] = Counter()
    for one in links:
        sources[one.source.name if one.source else "No source"] += one.applied
    bars = [(name, float(count), paper.number(count)) for name, count in sources.most_common() if count]
    report.section(
        "Links and sources",
        charts.bars(
            bars,
            alt="Applications by source: " + "; ".join(f"{name} {said}" for name, _, said in bars),
            colour=look.accent,
        ),
        paper.table(
            [("Link", 3), ("Source", 2), ("Visits", 1, "right"), ("Sent", 1, "right"), ("Applied", 1, "right"),
             ("Hired", 1, "right"), ("Of visits", 1.2, "right")],
            [
                [one.label, one.source.name if one.source else None, one.visits, one.submitted, one.applied, one.hired,
                 paper.percent(one.applied, one.visits)]
                for one in links
            ],
        )
        or paper.quiet("The drive has no link yet: people cannot come in through it."),
    )  # fmt: skip


def _intake(report: Report, drive: RecruitmentDrive, *, user: User) -> None:
    if not user.has_perm("jobs.view_intakesubmission"):
        return
    report.shown.permissions.add("jobs.view_intakesubmission")
    seen = IntakeSubmission.objects.visible_to(user).filter(link__drive=drive)
    counts = Counter(seen.values_list("state", flat=True))
    rows = [[str(state.label), counts[state]] for state in IntakeSubmission.State if counts[state]]
    report.section(
        "What came in",
        paper.table([("State", 4), ("Forms", 1, "right")], rows) or paper.quiet("No form has been sent yet."),
    )
