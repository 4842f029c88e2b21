"""The log of rankings and tailored resumes: model, inputs, overseer, and how often people decided otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem
from hrassist.admin.paging import CURSOR_VAR, Cursor
from hrassist.admin.site import add_page
from jobs.actions import ranking_log
from jobs.models import MatchRun, TailoringRun
from jobs.reports.overrides import overrides

PAGE = 50
TAILORED_VAR = "tailored"
LOOKED_BACK = timedelta(days=90)


@require_safe
def ai_log_view(request: HttpRequest) -> HttpResponse:
    """Every ranking and every tailored resume, newest first; whom they held is not shown here."""
    user: Any = request.user
    if not user.has_perm("jobs.view_ranking_log"):
        raise PermissionDenied
    audit.viewed("ranking_log.viewed", target=None, by=user)
    now = timezone.now()
    ranked = MatchRun.objects.logged_for(user).select_related("job", "created_by")
    tailored = TailoringRun.objects.logged_for(user).select_related("application__job", "created_by", "approved_by")
    runs, older, newest = _page(ranked, request, CURSOR_VAR)
    tailorings, tailored_older, tailored_newest = _page(tailored.in_log(), request, TAILORED_VAR)
    context = {
        **admin.site.each_context(request),
        "title": "Log of rankings",
        "runs": runs,
        "older": older,
        "newest": newest,
        "tailorings": tailorings,
        "tailored_older": tailored_older,
        "tailored_newest": tailored_newest,
        "months": ranking_log.months_kept(),
        "overrides": overrides(since=now - LOOKED_BACK, until=now),
        "days": LOOKED_BACK.days,
    }
    return TemplateResponse(request, "jobs/ai_log.html", context)


def _page(rows: QuerySet[Any], request: HttpRequest, name: str) -> tuple[list[Any], str, bool]:
    """A page of a log, the way to the older ones, and whether it is the newest."""
    rows = rows.order_by("-created_at", "-pk")
    cursor = Cursor.decode(request.GET.get(name, ""))
    if cursor is not None:
        rows = rows.filter(created_at__lte=cursor.at).exclude(created_at=cursor.at, pk__gte=cursor.pk)
    found = list(rows[: PAGE + 1])
    older = ""
    if len(found) > PAGE:
        last = found[PAGE - 1]
        older = f"?{name}={Cursor(at=last.created_at, pk=str(last.pk)).encode()}"
    return found[:PAGE], older, cursor is None


add_page("jobs/rankings/", ai_log_view, name="jobs_ranking_log")
navigation.add(
    NavItem(
        label="Log of rankings", url_name="admin:jobs_ranking_log", icon="history",
        permission="jobs.view_ranking_log", section="Settings", order=94,
    )
)  # fmt: skip
