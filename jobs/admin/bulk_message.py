"""One mail to many: chosen in the list of applications, seen as the first three would get it, sent by long work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit import actions as audit
from hrassist.admin import bulk
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import bulk_messages as actions
from jobs.actions.messages import UNDO_WINDOW, left_today
from jobs.admin.compose import templates
from jobs.emails.placeholders import PLACEHOLDERS
from jobs.models import Application, EmailTemplate

LOOKED_AT = 3


def write_to_them(request: HttpRequest, rows: QuerySet[Application]) -> HttpResponse:
    """The page to write on, for everybody who was chosen in the list."""
    keys = list(rows.order_by().values_list("pk", flat=True)[: actions.MOST + 1])
    return _page(request, _seen(request, keys), template=None)


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_view(request: HttpRequest) -> HttpResponseBase:
    """Fill in a template, look at the first mails, and send them."""
    user: Any = request.user
    if not user.has_perm("jobs.add_message"):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:jobs_application_changelist"))
    said = request.POST
    people = _seen(request, _keys(said.get("applications", "")))
    key = said.get("template", "")
    template = EmailTemplate.objects.filter(active=True, pk=key).first() if key.isdigit() else None
    if said.get("do") == "fill":
        return _page(request, people, template=template)
    subject, body = said.get("subject", ""), said.get("body", "").replace("\r\n", "\n")
    if said.get("do") != "send":
        return _page(request, people, template=template, subject=subject, body=body)
    now = timezone.now()
    try:
        task = actions.start(
            applications=people, subject=subject, body=body, by=user, now=now, template=template,
            send_at=now + UNDO_WINDOW,
        )  # fmt: skip
    except DomainError as error:
        return _page(request, people, template=template, subject=subject, body=body, error=error)
    flash.success(request, f"{task.total} mails are being prepared. They leave in ten minutes.")
    return HttpResponseRedirect(_page_of(task.pk))


def _page_of(task: Any) -> str:
    try:
        return reverse("admin:long_task", args=[task])
    except NoReverseMatch:
        return reverse("admin:jobs_message_changelist")


def _seen(request: HttpRequest, keys: list[UUID]) -> list[Application]:
    user: Any = request.user
    rows = Application.objects.visible_to(user).filter(pk__in=keys).select_related("candidate", "job", "stage")
    return list(rows.order_by("candidate__full_name", "pk")[: actions.MOST + 1])


def _keys(said: str) -> list[UUID]:
    found = []
    for one in said.split(",")[: actions.MOST + 1]:
        try:
            found.append(UUID(one.strip()))
        except ValueError:
            continue
    return found


def _page(
    request: HttpRequest,
    people: list[Application],
    *,
    template: EmailTemplate | None,
    subject: str | None = None,
    body: str | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    user: Any = request.user
    if subject is None or body is None:
        subject, body = (template.subject, template.body) if template else ("", "")
    language = template.language if template else "en"
    for one in people[:LOOKED_AT]:
        audit.viewed("application.mail_previewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
    looked_at = [
        (one, actions.mail_to(one, subject=subject, body=body, by=user, language=language))
        for one in (people[:LOOKED_AT] if subject or body else [])
    ]
    context = {
        **admin.site.each_context(request),
        "title": f"Mail to {len(people)} people",
        "people": people,
        "keys": ",".join(str(one.pk) for one in people),
        "template": template,
        "templates": templates(),
        "subject": subject,
        "body": body,
        "error": error,
        "looked_at": looked_at,
        "rest": max(len(people) - LOOKED_AT, 0),
        "left_today": left_today(user, now=timezone.now()),
        "placeholders": [one for one in PLACEHOLDERS.values() if one.group in {"candidate", "job", "stage", "sender"}],
    }
    status = error.status if error else 200
    return TemplateResponse(request, "admin/jobs/message/bulk.html", context, status=status)


bulk.add(
    bulk.Elsewhere(
        model="jobs.application", name="write_to_them", label="Write a mail…", icon="mail", order=30,
        permissions=("jobs.add_message",), page=write_to_them,
    )
)  # fmt: skip
add_page("jobs/messages/bulk/", bulk_view, name="jobs_messages_bulk")
