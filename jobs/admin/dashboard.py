"""What this app adds to the first page: what waits for me, the open jobs, and how hiring goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from hrassist.admin import charts, dashboard
from hrassist.admin.charts import Bar
from hrassist.admin.dashboard import Card
from hrassist.models import User
from jobs.admin import funnel, review_queue
from jobs.admin.report_tables import days, percent
from jobs.models import Application, Interview, Job, Scorecard, Stage
from jobs.reports import drives as drive_report
from jobs.reports import sources as source_report
from jobs.reports import time_to_hire as hire_report
from jobs.reports.scope import Scope, last_days

SHOWN = 8
# Beyond these nobody reads the exact number on a first page.
MOST_WAITING = 999
SECONDS = 60
SOURCES = DRIVES = 5
SOURCE_DAYS = 30
HIRE_DAYS = 182

T = TypeVar("T")


def open_jobs(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    jobs = list(Job.objects.visible_to(user).open()[:SHOWN])
    steps = _for_a_minute(user, "funnel", lambda: funnel.of_jobs(jobs))
    return {
        "jobs": [(job, steps[job.pk]) for job in jobs if job.pk in steps],
        "kinds": [kind.label for kind in Stage.Kind],
    }


def new_applications(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    rows = Application.objects.visible_to(user).active().select_related("candidate", "job")
    return {"applications": list(rows[:5])}


def waiting_for_me(request: HttpRequest) -> dict[str, Any] | None:
    """Applications of my jobs that I have not decided on, and scorecards of interviews that are over."""
    user: Any = request.user
    found = _for_a_minute(user, "owed", lambda: _waiting(user))
    # Names are read each time: a cache would still tell that of somebody who was erased meanwhile.
    rows = Interview.objects.filter(pk__in=found["interviews"]).select_related("application__candidate")
    return {
        **found,
        "scorecards": [
            (one.application_id, one.application.candidate.full_name, one.title, one.ends_at)
            for one in rows.order_by("-starts_at")
        ],
    }


def _waiting(user: Any) -> dict[str, Any]:
    card = Scorecard.objects.filter(interview=OuterRef("pk"), by=user, submitted_at__isnull=False)
    held = Interview.objects.filter(
        interviewers__user=user, ends_at__lt=timezone.now(), application__status=Application.Status.ACTIVE
    ).exclude(status__in=[Interview.Status.CANCELLED, Interview.Status.NO_SHOW])
    due = held.filter(~Exists(card)).order_by("-starts_at")
    return {
        "reviews": review_queue.count(user) if user.has_perm("jobs.add_humandecision") else 0,
        "most": MOST_WAITING,
        "interviews": list(due.values_list("pk", flat=True)[:5]),
    }


def hiring_speed(request: HttpRequest) -> dict[str, Any] | None:
    """The median of the past half year with its months as a line; nothing for who has never hired."""
    found = hire_report.time_to_hire(_last_days(request, HIRE_DAYS))
    medians = [taken.median for taken in found.months.values()]
    return {
        "hires": found.total.hires,
        "median": days(found.total.median),
        "p90": days(found.total.p90),
        "line": charts.sparkline(medians, title="Median days to hire, month by month"),
        "first": next(iter(found.months), None),
        "last": next(reversed(found.months), None),
    }


def best_sources(request: HttpRequest) -> dict[str, Any]:
    found = source_report.source_quality(_last_days(request, SOURCE_DAYS))[:SOURCES]
    most = max((one.applications for one in found), default=0) or 1
    bars = [
        Bar(one.source, one.applications / most, f"{one.applications:,}", percent(one.share(one.interviews)), part=1)
        for one in found
    ]
    return {"chart": charts.bars(bars, title="Applications by source"), "days": SOURCE_DAYS, "any": bool(found)}


def running_drives(request: HttpRequest) -> dict[str, Any] | None:
    """Drives that run today against their targets; nothing where none does."""
    found = drive_report.drive_progress(_last_days(request, 1), today=timezone.localdate(), limit=DRIVES)
    return {"drives": [_goals(one) for one in found]} if found else None


def _last_days(request: HttpRequest, days: int) -> Scope:
    """The period that ends today over the jobs that the user sees, asked for once for all cards."""
    kept, user = vars(request), request.user
    scope = last_days(cast(User, user), today=timezone.localdate(), days=days, jobs=kept.get("seen_jobs"))
    kept["seen_jobs"] = scope.job_ids
    return scope


def _goals(drive: drive_report.DriveProgress) -> dict[str, Any]:
    goals = [
        ("Applications", drive.applications, drive.target_applications),
        ("Hires", drive.hires, drive.target_hires),
    ]
    bars = [
        Bar(label, (count / target) if target else 0, f"{count:,} of {target:,}" if target else f"{count:,}", part=2)
        for label, count, target in goals
    ]
    return {"name": drive.name, "ends_on": drive.ends_on, "elapsed": percent(drive.elapsed),
            "chart": charts.bars(bars, title=f"{drive.name} against its targets")}  # fmt: skip


def _for_a_minute(user: Any, name: str, count: Callable[[], T]) -> T:
    key = f"dashboard-{name}-{user.pk}"
    found: T | None = cache.get(key)
    if found is None:
        found = count()
        cache.set(key, found, SECONDS)
    return found


dashboard.add(
    Card(template="jobs/card_open_jobs.html", data=open_jobs, permission="jobs.view_job", wide=True, order=20),
    Card(template="jobs/card_drives.html", data=running_drives, permission="jobs.view_recruitmentdrive", wide=True,
         order=40),
    Card(template="jobs/card_waiting.html", data=waiting_for_me, permission="jobs.view_application", wide=True,
         order=5),
    Card(template="jobs/card_new_applications.html", data=new_applications, permission="jobs.view_application",
         order=15),
    Card(template="jobs/card_hiring_speed.html", data=hiring_speed, permission="jobs.view_reports", order=40),
    Card(template="jobs/card_sources.html", data=best_sources, permission="jobs.view_reports", wide=True, order=30),
)  # fmt: skip
