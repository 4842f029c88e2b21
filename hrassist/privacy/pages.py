"""The page for the first hours after a breach: ask the trail, read what happened, take the list of people along."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from audit import actions as audit
from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib import local_time
from hrassist.privacy import breach

PERMISSION = "audit.export_event"
SHOWN = 200
LONGEST = timedelta(days=92)


def breach_view(request: HttpRequest) -> HttpResponse:
    """A question by POST, because its answer is a disclosure that goes on record; `do` chooses page, CSV or form."""
    user: Any = request.user
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    said = {name: request.POST.get(name, "").strip()[:100] for name in ("since", "until", "actor", "address", "job")}
    error, found = "", None
    if request.method == "POST":
        try:
            found = breach.report(_question(said))
        except breach.Asked as refusal:
            error = str(refusal)
    if found is not None:
        with transaction.atomic():
            audit.record(
                "breach.reported", by=user, events=found.events, people=len(found.people),
                taken=request.POST.get("do", "page"),
            )  # fmt: skip
        if request.POST.get("do") == "csv":
            return _people(found)
        if request.POST.get("do") == "form":
            return _form(found)
    context = {
        **admin.site.each_context(request),
        "title": "Breach report",
        "said": said,
        "error": error,
        "found": found,
        "people": found.people[:SHOWN] if found else [],
        "begin": timezone.localtime() - timedelta(days=3),
    }
    return TemplateResponse(request, "admin/privacy/breach.html", context, status=400 if error else 200)


def _question(said: dict[str, str]) -> breach.Question:
    since, until = _moment(said["since"]), _moment(said["until"]) if said["until"] else timezone.now()
    if until - since > LONGEST:
        raise breach.Asked("A page reads at most three months. Ask for more with manage.py breach_report.")
    return breach.Question(
        since=since, until=until, actor=said["actor"], address=_address(said["address"]), job=said["job"]
    )


def _address(text: str) -> str:

    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise breach.Asked("This is not an IP address.") from None


def _moment(text: str) -> datetime:
    found = local_time.instant(text)
    if found is None:
        raise breach.Asked("Say from when on, as 2026-11-24T08:00.")
    return found


def _people(found: breach.Report) -> HttpResponse:
    file = io.StringIO()
    breach.write_people(found, file)
    answer = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="affected-people.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _form(found: breach.Report) -> HttpResponse:
    text = breach.notifications_text(
        found, company=settings.COMPANY_NAME, contact=settings.PRIVACY_CONTACT, now=timezone.localtime()
    )
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="breach-notification.md"'
    answer["Cache-Control"] = "no-store"
    return answer


add_page("privacy/breach/", breach_view, name="privacy_breach")
navigation.add(
    NavItem(
        label="Breach report", url_name="admin:privacy_breach", icon="alert", permission=PERMISSION,
        section="Settings", order=96,
    )
)  # fmt: skip
