"""The bell, the page of all notifications, and opening one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from hrassist import notifications
from hrassist.admin import cells, keyset
from hrassist.admin.site import add_page
from hrassist.models import Notification

LATEST, PAGE = 8, 40
ICONS = {
    "mention": "at", "approval_asked": "question", "approval_decided": "check", "interview": "calendar",
    "scorecard_due": "clipboard", "application": "columns", "offer": "contract", "message_failed": "alert",
    "task_ended": "layers", "drive": "flag", "security": "shield",
}  # fmt: skip


def notifications_view(request: HttpRequest) -> HttpResponse:
    """Everything the user was told and may still read, newest first."""
    user: Any = request.user
    rows = Notification.objects.visible_to(user).select_related("by")
    only_unread = "unread" in request.GET
    page = keyset.page(request, rows.unread() if only_unread else rows, by="created_at", size=PAGE)
    return TemplateResponse(
        request,
        "admin/notifications.html",
        {
            **admin.site.each_context(request),
            "title": "Notifications",
            "page": page,
            "rows": [(one, ICONS.get(one.kind, "bell")) for one in notifications.readable(user, page.rows)],
            "only_unread": only_unread,
        },
    )


@require_safe
def latest_view(request: HttpRequest) -> JsonResponse:
    """The newest ones for the panel of the bell; with `count` only how many are unread."""
    user: Any = request.user
    count = notifications.unread(user, fresh=True)
    if "count" in request.GET:
        return JsonResponse({"unread": count})
    newest = Notification.objects.visible_to(user).order_by("-created_at", "-id")[: 3 * LATEST]
    told = notifications.readable(user, newest)[:LATEST]
    now = timezone.now()
    return JsonResponse(
        {
            "unread": count,
            "notifications": [
                {
                    "url": reverse("admin:notification_open", args=[one.pk]),
                    "text": one.text,
                    "icon": ICONS.get(one.kind, "bell"),
                    "when": cells.in_words(one.created_at, now=now),
                    "read": one.read_at is not None,
                }
                for one in told
            ],
        }
    )


def open_view(request: HttpRequest, notification_id: UUID) -> HttpResponseBase:
    """Mark it read and go to the page it is about."""
    user: Any = request.user
    one = Notification.objects.visible_to(user).filter(pk=notification_id).first()
    if one is None:
        raise Http404
    notifications.mark_read(user=user, now=timezone.now(), only=one.pk)
    if not notifications.readable(user, [one]):
        messages.info(request, "You may no longer see what this was about.")
        return HttpResponseRedirect(reverse("admin:notifications"))
    safe = url_has_allowed_host_and_scheme(one.url, allowed_hosts=None) and one.url.startswith("/")
    return HttpResponseRedirect(one.url if safe else reverse("admin:notifications"))


def read_view(request: HttpRequest) -> HttpResponseBase:
    """Mark all read, or one (`notification`) read or (`unread`) unread."""
    user: Any = request.user
    if request.method == "POST":
        said = request.POST.get("notification", "")
        try:
            only = UUID(said) if said else None
        except ValueError as error:
            raise Http404 from error
        if only is not None and "unread" in request.POST:
            notifications.mark_unread(user=user, only=only)
        else:
            notifications.mark_read(user=user, now=timezone.now(), only=only)
    return HttpResponseRedirect(reverse("admin:notifications"))


add_page("notifications/", notifications_view, name="notifications")
add_page("notifications/latest/", latest_view, name="notifications_latest")
add_page("notifications/read/", read_view, name="notifications_read")
add_page("notifications/<uuid:notification_id>/open/", open_view, name="notification_open")
