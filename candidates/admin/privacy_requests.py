"""What waits for an answer, and who falls due: the pages of those who answer for people's data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from audit import actions as audit
from candidates.actions import retention
from candidates.admin.data_export import export_badge
from candidates.admin.erasure import due_badge, state_badge
from candidates.models import DataExport, Erasure, LegalHold, RetentionDue
from hrassist.admin import navigation, security
from hrassist.admin.navigation import NavItem
from hrassist.admin.security import Finding, Level, Section
from hrassist.admin.site import add_page

SHOWN, PAGE = 200, 50


@require_safe
def requests_view(request: HttpRequest) -> HttpResponse:
    """Every request that is open, the most urgent first, with what it waits for."""
    user: Any = request.user
    if not user.has_perms(["candidates.view_erasure", "candidates.view_dataexport"]):
        raise PermissionDenied
    audit.viewed("privacy.requests_viewed", target=None, by=user)
    now = timezone.now()
    erasures = list(_open(Erasure.objects.visible_to(user)))
    exports = list(_open(DataExport.objects.visible_to(user)))
    lines = [(one, "Erasure", state_badge(one), due_badge(one)) for one in erasures]
    lines += [(one, "Copy of data", export_badge(one), due_badge(one)) for one in exports]
    due = RetentionDue.objects.visible_to(user)
    return TemplateResponse(
        request,
        "candidates/privacy_requests.html",
        {
            **admin.site.each_context(request),
            "title": "Privacy requests",
            "lines": sorted(lines, key=lambda line: (line[0].due_at, line[0].pk)),
            "overdue": sum(one.is_overdue(now=now) for one, *_ in lines),
            "held": LegalHold.objects.visible_to(user).standing().count(),
            "falling_due": due.filter(held=False).count() if user.has_perm("candidates.view_retentiondue") else 0,
            "ahead": retention.AHEAD.days,
            "current": "requests",
        },
    )


def _open(rows: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.open().select_related("candidate", "requested_by").order_by("due_at", "pk")[:SHOWN]
    return found


@require_safe
def due_view(request: HttpRequest) -> HttpResponse:
    """Who falls due within the next weeks, the first first; `?mine=1` are the people whom the user added."""
    user: Any = request.user
    if not user.has_perm("candidates.view_retentiondue"):
        raise PermissionDenied
    audit.viewed("retention.due_viewed", target=None, by=user)
    rows = RetentionDue.objects.visible_to(user).select_related("candidate", "rule").order_by("due_at", "candidate")
    mine = "mine" in request.GET
    if mine:
        rows = rows.filter(candidate__created_by=user)
    if (after := _after(request)) is not None:
        rows = rows.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], candidate__gt=after[1]))
    found = list(rows[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    last = {"after": f"{found[-1].due_at.isoformat()} {found[-1].pk}"} if more else {}
    newest = RetentionDue.objects.order_by("-found_at").values_list("found_at", flat=True).first()
    return TemplateResponse(
        request,
        "candidates/retention_due.html",
        {
            **admin.site.each_context(request),
            "title": "Falling due",
            "rows": found,
            "next": "?" + urlencode(({"mine": "1"} if mine else {}) | last) if more else "",
            "mine": mine,
            "first": after is None,
            "now": timezone.now(),
            "found_at": newest,
            "ahead": retention.AHEAD.days,
            "current": "due",
        },
    )


def _after(request: HttpRequest) -> tuple[datetime, str] | None:
    at, _, pk = request.GET.get("after", "").partition(" ")
    try:
        moment = parse_datetime(at)
        return (moment, str(UUID(pk))) if moment is not None and timezone.is_aware(moment) else None
    except ValueError:
        return None


def overdue(_user: Any) -> int:
    now = timezone.now()
    return Erasure.objects.overdue(now=now).count() + DataExport.objects.overdue(now=now).count()


def _findings() -> list[Finding]:
    """For operators: that requests are overdue or break off; whose they are stays with those who see people."""
    now = timezone.now()
    found = []
    if late := Erasure.objects.overdue(now=now).count():
        found.append(
            Finding(
                Level.SERIOUS,
                f"{late} erasure{'s' if late > 1 else ''} overdue.",
                "See that a worker runs, that the store answers and that the ledger can be written; "
                "the last reason stands with each erasure.",
            )
        )
    if late := DataExport.objects.overdue(now=now).count():
        found.append(
            Finding(
                Level.SERIOUS,
                f"{late} {'copy' if late == 1 else 'copies'} of data overdue.",
                "The law gives a month. Hand them over.",
            )
        )
    failing = Erasure.objects.open().exclude(failed_for="").values_list("failed_for", flat=True).distinct()
    found += [
        Finding(
            Level.NOTICE, f"An erasure broke off: {code}.", "It is tried again by itself. Look at the worker's log."
        )
        for code in failing[:5]
    ]
    held = Erasure.objects.open().filter(needs_second=True, confirmed_at__isnull=True).count()
    if held:
        found.append(
            Finding(Level.NOTICE, f"{held} erasure{' waits' if held == 1 else 's wait'} for a second person to agree.")
        )
    return found or [Finding(Level.GOOD, "No erasure and no copy of data is overdue.")]


add_page("privacy/", requests_view, name="privacy_requests")
add_page("privacy/due/", due_view, name="retention_due")
security.add(Section(key="privacy", title="Privacy requests", load=_findings, order=60))
navigation.add(
    NavItem(
        label="Privacy", url_name="admin:privacy_requests", icon="shield", permission="candidates.view_erasure",
        section="People", order=29, count=overdue, alarm=True,
        also=("/privacy/", "/candidates/erasure/", "/candidates/dataexport/", "/candidates/legalhold/"),
    ),
    NavItem(
        label="Retention rules", url_name="admin:candidates_retentionrule_changelist", icon="clock",
        permission="candidates.view_retentionrule", section="Settings", order=84,
    ),
)  # fmt: skip
