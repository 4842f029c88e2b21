"""The list of interviews, as days: what comes first, what was, and what still waits for a scorecard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem
from hrassist.admin.paging import Cursor
from hrassist.admin.site import add_page
from hrassist.lib import local_time
from jobs.actions import interviews as actions
from jobs.actions import scorecards
from jobs.admin.interview_times import RESPONSE_COLOURS, STATUS_COLOURS, When, today, when
from jobs.models import Interview, Interviewer, Job

PAGE = 50
WHENS = {
    "upcoming": "Upcoming",
    "today": "Today",
    "week": "Next 7 days",
    "card": "Needs scorecard",
    "past": "Past",
}
# No interview is longer: lets the index on the beginning find those that still run.
LONGEST = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Row:
    """An interview in a list, as this reader sees it."""

    interview: Interview
    when: When
    colour: str
    met_by: list[tuple[Interviewer, str]]
    mine: bool


def rows_of(interviews: QuerySet[Interview], user: Any) -> list[Row]:
    """Rows of a list of interviews, in two queries however many there are."""
    ready = interviews.select_related("application__candidate", "application__job").prefetch_related(
        Prefetch("interviewers", queryset=Interviewer.objects.select_related("user").order_by("pk"))
    )
    return [
        Row(
            interview=one,
            when=when(one, user),
            colour=STATUS_COLOURS[Interview.Status(one.status)],
            met_by=[(met, RESPONSE_COLOURS[Interviewer.Response(met.response)]) for met in one.interviewers.all()],
            mine=any(met.user_id == user.pk for met in one.interviewers.all()),
        )
        for one in ready
    ]


@require_safe
def list_view(request: HttpRequest) -> HttpResponse:
    """Interviews that the user may see: upcoming ones first in time, past ones backwards."""
    user: Any = request.user
    if not user.has_perm("jobs.view_interview"):
        raise PermissionDenied
    now, asked = timezone.now(), request.GET
    plans = user.has_perm("jobs.add_interview")
    whose = asked.get("whose", "") if asked.get("whose") in {"mine", "all"} else "all" if plans else "mine"
    span = asked["when"] if asked.get("when") in WHENS else "upcoming"
    found: QuerySet[Interview] = Interview.objects.visible_to(user)
    if whose == "mine":
        found = found.filter(Exists(Interviewer.objects.filter(interview=OuterRef("pk"), user=user.pk)))
    interviewer = int(asked["interviewer"]) if asked.get("interviewer", "").isdigit() else None
    if interviewer is not None:
        found = found.filter(Exists(Interviewer.objects.filter(interview=OuterRef("pk"), user=interviewer % 2**31)))
    job = _job(user, asked["job"]) if asked.get("job") else None
    if asked.get("job"):
        found = found.filter(application__job=job) if job else found.none()
    found, descending = _in_span(found, span, user=user, mine=whose == "mine", now=now)
    page, older, newer = _page(found, asked.get("cursor", ""), descending=descending)
    rows = rows_of(page, user)
    rows.sort(key=lambda row: (row.interview.starts_at, row.interview.pk), reverse=descending)
    kept = {name: value for name, value in asked.items() if name in {"interviewer", "job"} and value}
    context = {
        **admin.site.each_context(request),
        "title": "Interviews",
        "days": [(day, list(those)) for day, those in groupby(rows, key=lambda row: row.when.day)],
        "today": f"{_day(now, user)}",
        "whens": [(key, label, key == span) for key, label in WHENS.items()],
        "span": span,
        "whose": whose,
        "kept": kept,
        "job": job,
        "interviewer": interviewer,
        "colleagues": actions.eligible() if plans else [],
        "older": older,
        "newer": newer,
        "zone": local_time.or_utc(user.time_zone),
        "filtered": bool(kept) or whose == "mine" or span != "upcoming",
    }
    return TemplateResponse(request, "jobs/interviews.html", context)


def _in_span(
    found: QuerySet[Interview], span: str, *, user: Any, mine: bool, now: datetime
) -> tuple[QuerySet[Interview], bool]:
    """The interviews of that time, and whether the latest come first."""
    if span == "past":
        return found.filter(starts_at__lt=now, ends_at__lte=now), True
    if span == "card":
        owed = scorecards.owing(interview=OuterRef("pk"))
        if mine:
            owed = owed.filter(user=user.pk)
        # The state first: without it every interview of the past would be asked for its cards.
        return found.filter(starts_at__lt=now, starts_at__gt=now - timedelta(days=90)).filter(Exists(owed)), True
    begin, end = today(user, now=now)
    if span == "today":
        return found.filter(starts_at__gte=begin, starts_at__lt=end), False
    coming = found.filter(starts_at__gt=now - LONGEST, ends_at__gt=now)
    if span == "week":
        coming = coming.filter(starts_at__lt=begin + timedelta(days=7))
    return coming.exclude(status=Interview.Status.CANCELLED), False


def _page(found: QuerySet[Interview], text: str, *, descending: bool) -> tuple[QuerySet[Interview], str, str]:
    """One page from a cursor on, and the cursors of the pages behind and before it; empty where there is none."""
    cursor = Cursor.decode(text) if text else None
    down = descending
    if cursor is not None:
        down = descending != cursor.newer
        side = "lt" if down else "gt"
        try:
            key = UUID(cursor.pk)
        except ValueError:
            cursor = None
        else:
            found = found.filter(
                Q(**{f"starts_at__{side}e": cursor.at})
                & (Q(**{f"starts_at__{side}": cursor.at}) | Q(**{f"pk__{side}": key}))
            )
    sign = "-" if down else ""
    keys = list(found.order_by(f"{sign}starts_at", f"{sign}pk").values_list("pk", "starts_at")[: PAGE + 1])
    more, keys = len(keys) > PAGE, keys[:PAGE]
    backwards = cursor is not None and cursor.newer
    if backwards:
        keys.reverse()
    following = preceding = ""
    if keys and (more or backwards):
        following = Cursor(at=keys[-1][1], pk=str(keys[-1][0])).encode()
    if keys and ((cursor is not None and not backwards) or (more and backwards)):
        preceding = Cursor(at=keys[0][1], pk=str(keys[0][0]), newer=True).encode()
    return Interview.objects.filter(pk__in=[pk for pk, _ in keys]), following, preceding


def _job(user: Any, text: str) -> Job | None:
    try:
        return Job.objects.visible_to(user).filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _day(now: datetime, user: Any) -> str:
    here = now.astimezone(local_time.zone(local_time.or_utc(user.time_zone)))
    return f"{here:%A} {here.day} {here:%B %Y}"


def mine_today(user: Any) -> int:
    """How many interviews of one's own are still to come today, for the side bar."""
    now = timezone.now()
    end = today(user, now=now)[1]
    mine = Interviewer.objects.filter(user=user.pk, interview__status=Interview.Status.SCHEDULED)
    return mine.filter(interview__starts_at__gt=now - LONGEST, interview__ends_at__gt=now,
                       interview__starts_at__lt=end).count()  # fmt: skip


add_page("jobs/interview/", list_view, name="jobs_interview_changelist")
navigation.add(
    NavItem(
        label="Interviews",
        url_name="admin:jobs_interview_changelist",
        icon="calendar",
        permission="jobs.view_interview",
        section="Hiring",
        order=50,
        count=mine_today,
        also=("/jobs/absence/",),
    )
)
