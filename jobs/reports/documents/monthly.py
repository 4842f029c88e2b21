"""The month of everybody's hiring that its reader sees, and the month before beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from jobs.models import Application, Interview, Job, Offer, ReportDocument, StageTransition
from jobs.reports import sources, time_to_hire, workload
from jobs.reports.documents import charts, paper
from jobs.reports.documents.paper import Report, Shown
from jobs.reports.scope import Scope

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

SHOWN_SOURCES = 20
SHOWN_JOBS = 40
SHOWN_COLLEAGUES = 60


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the comparison: None is nothing to measure."""

    label: str
    now: float | None
    before: float | None
    fraction: bool = False

    def row(self) -> list[str]:
        return [self.label, self._said(self.now), self._said(self.before), self.change]

    def _said(self, value: float | None) -> str:
        return paper.days(value) if self.fraction else paper.word(None if value is None else int(value))

    @property
    def change(self) -> str:
        if self.now is None or self.before is None:
            return paper.NOTHING
        far = self.now - self.before
        if not far:
            return "same"
        said = f"{far:+.1f}" if self.fraction else f"{int(far):+,}"
        return f"{said} ({100 * far / self.before:+.0f} %)" if self.before else said


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    del now
    if document.since is None or document.until is None:
        raise ReportDocument.DoesNotExist
    scope = Scope(user=user, since=document.since, until=document.until)
    last = scope.since - timedelta(days=1)
    before = Scope(user=user, since=last.replace(day=1), until=last, jobs=scope.job_ids)
    report = Report(
        title=f"Monthly report: {scope.since:%B %Y}",
        subtitle=f"{paper.counted(len(scope.job_ids), 'job')} that you see",
        facts=[
            ("Period", f"{paper.day(scope.since)} to {paper.day(scope.until)}"),
            ("Compared with", f"{paper.day(before.since)} to {paper.day(before.until)}"),
            ("Note", "The month is not over: figures go on." if scope.until >= today else ""),
        ],
        shown=Shown(jobs=set(scope.job_ids), permissions={"jobs.view_reports"}),
    )
    names = (f"{scope.since:%B}", f"{before.since:%B}")
    _summary(report, scope, before, names, user=user)
    _applications(report, scope, look, today=today)
    _jobs(report, scope)
    _sources(report, scope, before, names, look)
    _hires(report, scope)
    _workload(report, scope)
    return report


def _summary(report: Report, scope: Scope, before: Scope, names: Sequence[str], *, user: User) -> None:
    both = [_counted(one, user=user) for one in (scope, before)]
    taken = [time_to_hire.time_to_hire(one).total for one in (scope, before)]
    measures = [
        *(Measure(label, both[0][label], both[1][label]) for label in both[0]),
        Measure("Hires", taken[0].hires, taken[1].hires),
        Measure("Median days to hire", taken[0].median, taken[1].median, fraction=True),
    ]
    if user.has_perm("jobs.view_offer"):
        report.shown.permissions.add("jobs.view_offer")
    report.section(
        "At a glance",
        paper.figures(
            ("Applications", paper.number(both[0]["Applications"]), f"{both[1]['Applications']:,} in {names[1]}"),
            ("Interviews", paper.number(both[0]["Interviews"]), f"{both[1]['Interviews']:,} in {names[1]}"),
            ("Hires", paper.number(taken[0].hires), f"{taken[1].hires:,} in {names[1]}"),
            ("Days to hire", paper.days(taken[0].median), f"{paper.days(taken[1].median)} in {names[1]}"),
        ),
        paper.table(
            [("Measure", 3.5), (names[0], 1.3, "right"), (names[1], 1.3, "right"), ("Change", 1.8, "right")],
            [one.row() for one in measures],
        ),
        paper.quiet(
            "Hires are those of the month, whenever the people came in; a hire that was undone does not count. "
            "Interviews are those planned or held, without cancelled ones."
        ),
    )  # fmt: skip


def _counted(scope: Scope, *, user: User) -> dict[str, int]:
    begins, ends, jobs = scope.begins, scope.ends, scope.job_ids
    inside = {"gte": begins, "lt": ends}

    def within(column: str) -> Q:
        return Q(**{f"{column}__{name}": value for name, value in inside.items()})

    opened = Job.objects.filter(pk__in=jobs).aggregate(
        opened=Count("pk", filter=within("opened_at")), closed=Count("pk", filter=within("closed_at"))
    )
    steps = StageTransition.objects.filter(within("at"), application__job__in=jobs, undoes__isnull=True)
    moved = steps.filter(undone_by__isnull=True).aggregate(
        applied=Count("pk", filter=Q(from_stage__isnull=True)),
        rejected=Count("pk", filter=Q(to_status=Application.Status.REJECTED)),
        withdrawn=Count("pk", filter=Q(to_status=Application.Status.WITHDRAWN)),
    )
    met = Interview.objects.filter(within("starts_at"), application__job__in=jobs)
    found = {
        "Jobs opened": opened["opened"],
        "Jobs closed": opened["closed"],
        "Applications": moved["applied"],
        "Interviews": met.exclude(status=Interview.Status.CANCELLED).count(),
        "Rejected": moved["rejected"],
        "Withdrawn": moved["withdrawn"],
    }
    if user.has_perm("jobs.view_offer"):
        offers = Offer.objects.visible_to(user).filter(application__job__in=jobs).aggregate(
            sent=Count("pk", filter=within("sent_at")),
            accepted=Count("pk", filter=within("answered_at") & Q(status=Offer.Status.SIGNED)),
            declined=Count("pk", filter=within("answered_at") & Q(status=Offer.Status.DENIED)),
        )  # fmt: skip
        found |= {
            "Offers sent": offers["sent"], "Offers accepted": offers["accepted"], "Offers declined": offers["declined"],
        }  # fmt: skip
    return found


def _applications(report: Report, scope: Scope, look: Look, *, today: date) -> None:
    came = StageTransition.objects.filter(
        from_stage__isnull=True, at__gte=scope.begins, at__lt=scope.ends, application__job__in=scope.job_ids
    )
    rows: Any = came.order_by().annotate(day=TruncDate("at")).values_list("day").annotate(n=Count("pk"))
    counts: dict[date, int] = dict(rows)
    last = min(scope.until, max(today, scope.since))
    days = [scope.since + timedelta(days=number) for number in range((last - scope.since).days + 1)]
    points = [(f"{one:%-d}", counts.get(one, 0)) for one in days]
    best = max(days, key=lambda one: counts.get(one, 0))
    report.section(
        "Applications by day",
        charts.columns(
            points,
            alt=f"Applications for each day; most on {paper.day(best)}: {counts.get(best, 0)}. "
            f"In all {sum(counts.values())}.",
            colour=look.accent,
        )
        or paper.quiet("Nobody applied in this month."),
        paper.text(f"Most came in on {paper.day(best)}: {counts[best]:,}.") if counts.get(best) else None,
    )


def _jobs(report: Report, scope: Scope) -> None:
    inside = Q(opened_at__gte=scope.begins, opened_at__lt=scope.ends)
    ended = Q(closed_at__gte=scope.begins, closed_at__lt=scope.ends)
    rows = Job.objects.filter(inside | ended, pk__in=scope.job_ids).order_by("title", "pk")[:SHOWN_JOBS]
    report.section(
        "Jobs opened and closed",
        paper.table(
            [("Job", 3.5), ("Department", 2), ("Opened", 1.4), ("Closed", 1.4), ("State", 1.2)],
            [[one.title, one.department, one.opened_at, one.closed_at, str(one.get_status_display())] for one in rows],
        )
        or paper.quiet("No job was opened or closed in this month."),
    )


def _sources(report: Report, scope: Scope, before: Scope, names: Sequence[str], look: Look) -> None:
    found, then = sources.source_quality(scope), {one.source: one for one in sources.source_quality(before)}
    bars = [(one.source, float(one.applications), paper.number(one.applications)) for one in found[:SHOWN_SOURCES]]
    report.section(
        "Sources",
        charts.bars(
            bars,
            alt="Applications by source: " + "; ".join(f"{name} {said}" for name, _, said in bars),
            colour=look.accent,
        ),
        paper.table(
            [("Source", 3), (names[0], 1.2, "right"), (names[1], 1.2, "right"), ("To interview", 1.4, "right"),
             ("Share", 1, "right"), ("Hired", 1, "right")],
            [
                [one.source, one.applications, then[one.source].applications if one.source in then else 0,
                 one.interviews, paper.percent(one.interviews, one.applications), one.hires]
                for one in found[:SHOWN_SOURCES]
            ],
        )
        or paper.quiet("Nobody applied in this month."),
    )  # fmt: skip


def _hires(report: Report, scope: Scope) -> None:
    found = time_to_hire.time_to_hire(scope)
    report.section(
        "Hires by department",
        paper.table(
            [("Department", 3), ("Hires", 1, "right"), ("Median days", 1.3, "right"), ("90 % within", 1.3, "right")],
            [
                [name, one.hires, paper.days(one.median), paper.days(one.p90)]
                for name, one in sorted(found.departments.items())
            ],
        )
        or paper.quiet("Nobody was hired in this month."),
    )


def _workload(report: Report, scope: Scope) -> None:
    found = workload.workload(scope)
    report.section(
        "Workload",
        paper.table(
            [("Colleague", 2.4), ("Role", 2), ("Open jobs", 1, "right"), ("Active applications", 1.5, "right"),
             ("Reviews", 1.1, "right"), ("Interviews", 1.4, "right")],
            [
                [one.user, one.roles, one.open_jobs, one.applications, one.reviews, one.interviews]
                for one in found[:SHOWN_COLLEAGUES]
            ],
        )
        or paper.quiet("Nobody is recruiter or hiring manager of these jobs."),
        paper.quiet("Open jobs and active applications are those of today; reviews and interviews those of the month."),
    )  # fmt: skip
