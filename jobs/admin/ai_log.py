"""The log of rankings for those who answer for it: model, inputs, overseer, and how often people decided otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
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
from jobs.models import MatchRun
from jobs.reports.overrides import overrides

PAGE = 50
LOOKED_BACK = timedelta(days=90)


@require_safe
def ai_log_view(request: HttpRequest) -> HttpResponse:
    """Every ranking, newest first; whom it held is not shown here."""
    user: Any = request.user
    if not user.has_perm("jobs.view_ranking_log"):
        raise PermissionDenied
    audit.viewed("ranking_log.viewed", target=None, by=user)
    now = timezone.now()
    rows = MatchRun.objects.logged_for(user).select_related("job", "created_by").order_by("-created_at", "-pk")
    cursor = Cursor.decode(request.GET.get(CURSOR_VAR, ""))
    if cursor is not None:
        rows = rows.filter(created_at__lte=cursor.at).exclude(created_at=cursor.at, pk__gte=cursor.pk)
    page = list(rows[: PAGE + 1])
    older = ""
    if len(page) > PAGE:
        last = page[PAGE - 1]
        older = f"?{CURSOR_VAR}={Cursor(at=last.created_at, pk=str(last.pk)).encode()}"
    context = {
        **admin.site.each_context(request),
        "title": "Log of rankings",
        "runs": page[:PAGE],
        "older": older,
        "newest": cursor is None,
        "months": ranking_log.months_kept(),
        "overrides": overrides(since=now - LOOKED_BACK, until=now),
        "days": LOOKED_BACK.days,
    }
    return TemplateResponse(request, "jobs/ai_log.html", context)


add_page("jobs/rankings/", ai_log_view, name="jobs_ranking_log")
navigation.add(
    NavItem(
        label="Log of rankings", url_name="admin:jobs_ranking_log", icon="history",
        permission="jobs.view_ranking_log", section="Settings", order=94,
    )
)  # fmt: skip
