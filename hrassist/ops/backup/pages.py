"""The operators' page of backups, read from the places when it is opened, and its section on the security page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import navigation, security
from hrassist.admin.navigation import NavItem
from hrassist.admin.security import Finding, Section
from hrassist.admin.security import Level as Shown
from hrassist.admin.site import add_page
from hrassist.ops.backup import status
from hrassist.ops.backup.status import Level, Status

PERMISSION = "hrassist.view_security"
# A place far away takes seconds; who reloads the page gets what was read within the minute.
KEPT_SECONDS = 60
_LEVELS = {Level.GOOD: Shown.GOOD, Level.WARN: Shown.NOTICE, Level.PAGE: Shown.SERIOUS}
_KINDS = {"database": "Database", "files": "Files", "drill": "Drill"}


def read() -> Status:
    """What the places hold, at most a minute old."""
    found: Status | None = cache.get("backup-status")
    if found is None:
        found = status.read()
        cache.set("backup-status", found, KEPT_SECONDS)
    return found


@require_safe
def backups_view(request: HttpRequest) -> HttpResponse:
    """What lies in each place, how old it is, what the last drill measured."""
    user: Any = request.user
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    audit.viewed("backup.viewed", target=None, by=user)
    found = read()
    return TemplateResponse(
        request,
        "admin/backups.html",
        {
            **admin.site.each_context(request),
            "title": "Backups",
            "status": found,
            "open": [one for one in found.all_facts if one.level != Level.GOOD],
            "places": [_place(one, found) for one in found.places],
            "drill": _drill(found),
        },
    )


def _place(one: status.PlaceStatus, found: Status) -> dict[str, Any]:
    rows = []
    for kind, label in _KINDS.items():
        said = one.newest.get(kind)
        rows.append({
            "label": label,
            "age": status.in_words(timedelta(seconds=one.ages[kind])) if kind in one.ages else "",
            "what": _what(kind, said) if said else "",
        })  # fmt: skip
    del found
    return {
        "label": one.label, "where": one.where, "rows": rows, "canary": one.canary, "free": one.free,
        "trouble": one.trouble, "is_empty": not one.ages,
        "key_is_elsewhere": one.canary is None and settings.BACKUP_STATUS_FILE is None,
    }  # fmt: skip


def _what(kind: str, said: dict[str, Any]) -> str:
    if kind == "database":
        return f"{sum(said['rows'].values()):,} rows, {said['size'] / 1_000_000:,.1f} MB encrypted"
    if kind == "files":
        return f"{said['files']:,} files, {said['copied']:,} new in that run"
    return "passed" if said["passed"] else f"failed: {said.get('why', '')}"


def _drill(found: Status) -> dict[str, Any] | None:
    last = found.last_drill()
    if last is None or not last["passed"]:
        return None
    return {
        "rpo": status.in_words(timedelta(seconds=last["rpo_seconds"])),
        "rto": status.in_words(timedelta(seconds=last["rto_seconds"])),
        "rows": last["rows"], "place": last["place"],
    }  # fmt: skip


def load() -> list[Finding]:
    """For the security page and its alerts."""
    page = reverse("admin:backups")
    return [Finding(_LEVELS[one.level], one.what, one.advice, page) for one in read().all_facts]


add_page("backups/", backups_view, name="backups")
security.add(Section("backups", "Backups", load, order=15))
navigation.add(
    NavItem(
        label="Backups", url_name="admin:backups", icon="shield", permission=PERMISSION, section="Insight", order=82
    )
)
