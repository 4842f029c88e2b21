"""Two pages for whoever runs the machine: how it does at this moment, and what a month costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hrassist import health
from hrassist.admin import charts, navigation
from hrassist.admin.charts import Bar
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib import backlog
from hrassist.ops import costs

PERMISSION = "hrassist.view_security"
# Counting the whole trail for each reload would be a cost of its own.
KEPT_SECONDS = 300
KEEP_MONTHS = 24
NAMES = {
    "database": "Database", "storage": "Store of files", "disk": "Disk", "queue": "Background work",
    "scanner": "Scanner", "clock": "Clock", "audit_seals": "Audit seals", "database_role": "Database role",
    "language_model": "Language model", "redis": "Redis", "erasures": "Erasures",
    "erasure_ledger": "Ledger of erasures",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the machine and what it says, as the page shows it."""

    name: str
    said: str
    level: str


def _allowed(request: HttpRequest) -> None:
    user: Any = request.user
    if not user.has_perm(PERMISSION):
        raise PermissionDenied


@require_safe
def operation_view(request: HttpRequest) -> HttpResponse:
    """What answers and what waits; no name of anybody stands here."""
    _allowed(request)
    found = health.state()
    queues = backlog.queues() if found.get("database") == "ok" else []
    return TemplateResponse(
        request,
        "admin/operation.html",
        {
            **admin.site.each_context(request),
            "title": "Operation",
            "ready": health.is_ready(found),
            "parts": [_part(name, said) for name, said in found.items() if name not in _absent()],
            "queues": queues,
            "workers": backlog.workers(),
            "stalled": backlog.stalled(),
            "late": health.LATE_SECONDS,
            "version": settings.VERSION,
            "environment": settings.ENVIRONMENT,
        },
    )


def _absent() -> set[str]:
    """Parts that this installation does not have; what their absence means, the security page says."""
    there = {"scanner": settings.CLAMD_SOCKET, "redis": settings.REDIS_URL}
    return {name for name, address in there.items() if not address}


def _part(name: str, said: str) -> Part:
    if said == "ok":
        return Part(NAMES[name], "", "good")
    warning = said.removeprefix("warning: ")
    return Part(NAMES[name], warning, "warn" if warning != said else "bad")


@require_safe
def costs_view(request: HttpRequest) -> HttpResponse:
    """The specification's worst month, or ?usage=real; ?plan= shows the parts of one."""
    _allowed(request)
    prices = costs.load(settings.PRICES_CONFIG)
    real = request.GET.get("usage") == "real"
    usage = _real() if real else costs.worst_month(prices)
    plans = prices.plans()
    chosen = request.GET.get("plan", "")
    chosen = chosen if chosen in plans else plans[0]
    bills = {plan: costs.over_time(prices, plan, usage, kept_months=KEEP_MONTHS) for plan in plans}
    most = max(months[0].usd for months in bills.values())
    return TemplateResponse(
        request,
        "admin/costs.html",
        {
            **admin.site.each_context(request),
            "title": "Costs",
            "real": real,
            "usage": usage,
            "chosen": chosen,
            "rows": [(plan, [_shown(one.usd) for one in months]) for plan, months in bills.items()],
            "months": costs.MONTHS,
            "lines": [(line.what, line.why, _shown(line.usd)) for line in bills[chosen][0].lines],
            "chart": charts.bars(
                [
                    Bar(
                        plan,
                        float(months[0].usd / most),
                        f"${_shown(months[0].usd)}",
                        f"${_shown(months[-1].usd)} in month 36",
                    )
                    for plan, months in bills.items()
                ],
                title="Dollars in the first month by provider",
            ),
            "warnings": costs.warnings(usage, prices, kept_months=KEEP_MONTHS)
            + costs.compute_warnings(prices, [chosen]),
            "old": prices.old(today=timezone.now().date()),
            "assumed": prices.assumed(),
            "specification": [] if real else costs.specification(prices),
            "keep": KEEP_MONTHS,
        },
    )


def _real() -> costs.Usage:
    kept: costs.Usage | None = cache.get("costs-last-month")
    if kept is None:
        kept = costs.last_month(now=timezone.now())
        cache.set("costs-last-month", kept, KEPT_SECONDS)
    return kept


def _shown(usd: Decimal) -> str:
    return f"{usd:,.2f}"


add_page("operation/", operation_view, name="operation")
add_page("costs/", costs_view, name="costs")
navigation.add(
    NavItem(
        label="Operation", url_name="admin:operation", icon="layers", permission=PERMISSION, section="Insight", order=82
    )
)
navigation.add(
    NavItem(label="Costs", url_name="admin:costs", icon="chart", permission=PERMISSION, section="Insight", order=83)
)
