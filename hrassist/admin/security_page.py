"""The operators' security page: every section that an app registered, the worst first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist import security_alerts
from hrassist.admin import navigation, security
from hrassist.admin.navigation import NavItem
from hrassist.admin.security import Finding, Level
from hrassist.admin.site import add_page

PERMISSION = "hrassist.view_security"
# So many lines that say "in order" are read; more of them are folded.
SHOWN_GOOD = 3
_RANK = [Level.SERIOUS, Level.NOTICE, Level.GOOD]


@dataclass(frozen=True, slots=True)
class Shown:
    """A section as the page shows it."""

    key: str
    title: str
    findings: list[Finding]

    @property
    def worst(self) -> Level:
        return min((one.level for one in self.findings), key=_RANK.index, default=Level.GOOD)

    @property
    def open(self) -> list[Finding]:
        return [one for one in self.findings if one.level != Level.GOOD]

    @property
    def good(self) -> list[Finding]:
        return [one for one in self.findings if one.level == Level.GOOD]

    @property
    def folded(self) -> bool:
        return len(self.good) > SHOWN_GOOD

    @property
    def serious(self) -> int:
        return sum(one.level == Level.SERIOUS for one in self.findings)

    @property
    def notices(self) -> int:
        return sum(one.level == Level.NOTICE for one in self.findings)


@require_safe
def security_view(request: HttpRequest) -> HttpResponse:
    """What is serious, what deserves a look, what is in order."""
    user: Any = request.user
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    audit.viewed("security.viewed", target=None, by=user)
    shown = [Shown(one.key, one.title, _for(user, security_alerts.load(one))) for one in security.sections()]
    shown.sort(key=lambda one: _RANK.index(one.worst))
    return TemplateResponse(
        request,
        "admin/security.html",
        {
            **admin.site.each_context(request),
            "title": "Security",
            "sections": shown,
            "serious": sum(one.serious for one in shown),
            "notices": sum(one.notices for one in shown),
            "good": sum(len(one.good) for one in shown),
        },
    )


def _for(user: Any, findings: list[Finding]) -> list[Finding]:
    return [one if navigation.leads_on(one.url, user) else replace(one, url="") for one in findings]


add_page("security/", security_view, name="security")
navigation.add(
    NavItem(
        label="Security", url_name="admin:security", icon="lock", permission=PERMISSION, section="Insight", order=81
    )
)
