"""The switches of law: what each does, where its text stands, and what it still needs from this installation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from hrassist.admin import navigation, security
from hrassist.admin.navigation import NavItem
from hrassist.admin.security import Finding, Level, Section
from hrassist.admin.site import add_page
from hrassist.lib import jurisdictions, local_time
from hrassist.lib.errors import DomainError
from hrassist.lib.jurisdictions import Jurisdiction
from jobs.actions import job_notices, privacy_settings
from jobs.matching.lawful import AUDIT_LASTS
from jobs.models import Job, JurisdictionSetting

VIEW, CHANGE = "jobs.view_jurisdictionsetting", "jobs.change_jurisdictionsetting"


@dataclass(frozen=True, slots=True)
class Switch:
    place: Jurisdiction
    setting: JurisdictionSetting | None
    jobs: int
    missing: tuple[str, ...]

    @property
    def enabled(self) -> bool:
        return self.setting is None or self.setting.enabled


def switches(jobs: QuerySet[Job], *, today: date) -> list[Switch]:
    """Every switch with how many of these jobs it applies to and what is missing, in two queries."""
    said = {one.code: one for one in JurisdictionSetting.objects.select_related("updated_by")}
    counts = dict.fromkeys(jurisdictions.everything(), 0)
    for country, city in jobs.values_list("country", "city"):
        for place in jurisdictions.of_place(country=country, city=city):
            counts[place.code] += 1
    return [
        Switch(place, said.get(code), counts[code], tuple(_missing(place, said.get(code), today=today)))
        for code, place in jurisdictions.everything().items()
    ]


def _missing(place: Jurisdiction, said: JurisdictionSetting | None, *, today: date) -> Iterable[str]:
    yield from job_notices.missing(place, said)
    if said is not None and said.bias_audit_on and said.bias_audit_on < today - AUDIT_LASTS:
        yield "a bias audit of the past twelve months"


def jurisdictions_view(request: HttpRequest) -> HttpResponse:
    """The list of switches."""
    user: Any = request.user
    if not user.has_perm(VIEW):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Privacy law by place",
        "switches": switches(Job.objects.visible_to(user).open(), today=timezone.localdate()),
        "sees_jobs": user.has_perm("jobs.view_job"),
        "may_change": user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "jobs/jurisdictions.html", context)


def jurisdiction_view(request: HttpRequest, code: str) -> HttpResponse:
    """One switch with its facts."""
    user: Any = request.user
    if not user.has_perm(CHANGE):
        raise PermissionDenied
    place = jurisdictions.everything().get(code)
    if place is None:
        raise Http404
    setting = JurisdictionSetting.objects.filter(code=code).first()
    typed: dict[str, Any] = {name: getattr(setting, name, "") for name in privacy_settings.FACTS}
    typed["bias_audit_on"] = setting.bias_audit_on.isoformat() if setting and setting.bias_audit_on else ""
    typed["enabled"] = setting is None or setting.enabled
    typed["asks_demographics"] = setting is not None and setting.asks_demographics
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in typed} | {
            name: name in request.POST for name in ("enabled", "asks_demographics")
        }
        try:
            privacy_settings.set_jurisdiction(
                code=code, enabled=typed["enabled"], by=user, now=timezone.now(),
                bias_audit_on=_day(typed["bias_audit_on"]), asks_demographics=typed["asks_demographics"],
                expected_updated_at=local_time.read(request.POST.get("seen", "")),
                **{name: typed[name] for name in privacy_settings.FACTS},
            )  # fmt: skip
        except DomainError as error:
            errors = error.fields or {"": [error.message]}
        else:
            messages.success(request, f"{place.name} is set.")
            return HttpResponseRedirect(reverse("admin:jobs_jurisdictions"))
    context = {
        **admin.site.each_context(request),
        "title": place.name,
        "place": place,
        "setting": setting,
        "typed": typed,
        "errors": errors,
    }
    return TemplateResponse(request, "jobs/jurisdiction.html", context, status=400 if errors else 200)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DomainError("This is not a day. Write it as 2026-11-30.", code="bad_day",
                          fields={"bias_audit_on": ["Write a day as 2026-11-30."]}) from None  # fmt: skip


def findings() -> list[Finding]:
    """For the security page: a place with open jobs whose switch lacks something; how many may be confidential."""
    return [
        Finding(
            level=Level.NOTICE,
            what=f"{one.place.name}: not stated: {', '.join(one.missing)}.",
            advice="State it: notices leave a gap until then, and some rankings do not run.",
            url=reverse("admin:jobs_jurisdiction", args=[one.place.code]),
        )
        for one in switches(Job.objects.open(), today=timezone.localdate())
        if one.enabled and one.jobs and one.missing
    ]


add_page("jobs/jurisdictions/", jurisdictions_view, name="jobs_jurisdictions")
add_page("jobs/jurisdictions/<str:code>/", jurisdiction_view, name="jobs_jurisdiction")
navigation.add(
    NavItem(
        label="Privacy law", url_name="admin:jobs_jurisdictions", icon="globe", permission=VIEW, section="Settings",
        order=93,
    )
)  # fmt: skip
security.add(Section(key="jurisdictions", title="Privacy law by place", load=findings))
