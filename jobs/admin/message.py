"""Mail to candidates as it was sent: the list of all, those of one person or application, and one by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from hrassist.admin import cells, navigation, pages
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.colleagues import who_may
from hrassist.lib.errors import DomainError
from jobs.actions import messages as actions
from jobs.admin.listed import RecordedList
from jobs.models import Application, EmailTemplate, Message

State = Message.State
COLOURS = {
    State.QUEUED: ("", "clock"),
    State.SENDING: ("blue", "send"),
    State.CANCELLED: ("", "undo"),
    State.SENT: ("good", "check"),
    State.FAILED: ("bad", "alert"),
    State.BOUNCED: ("bad", "alert"),
    State.UNCLEAR: ("warn", "question"),
}
SHOWN = 100


def state_badge(message: Message) -> SafeString:
    state = State(message.state)
    return cells.badge(state.label, *COLOURS[state])


class SentFilter(admin.SimpleListFilter):
    title = "written"
    parameter_name = "written"
    DAYS: ClassVar = {"1": "Past day", "7": "Past 7 days", "30": "Past 30 days", "365": "Past year"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.DAYS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        if self.value() not in self.DAYS:
            return queryset
        return queryset.filter(created_at__gt=timezone.now() - timedelta(days=int(self.value() or 0)))


class TemplateFilter(admin.SimpleListFilter):
    title = "template"
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in EmailTemplate.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        value = self.value() or ""
        return queryset.filter(template=int(value)) if value.isdigit() else queryset


class SenderFilter(admin.SimpleListFilter):
    title = "sender"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        writers = who_may("jobs.add_message")[:100]
        return [(str(one.pk), one.display_name) for one in writers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        value = self.value() or ""
        return queryset.filter(by=int(value)) if value.isdigit() else queryset


@admin.register(Message)
class MessageAdmin(RecordedList[Message]):
    listed_as = "message.listed"
    list_display = ("person", "mail", "badge", "sender", "written")
    list_display_links = ("person",)
    list_select_related = ("candidate", "by", "template")
    list_filter = ("state", TemplateFilter, SenderFilter, SentFilter)
    keyset_field = "created_at"
    search_fields = ("candidate__full_name",)
    search_help_text = "Name of the person"
    empty_title = "No mail yet"
    empty_hint = "Write to somebody from their page or from an application, under Messages."
    list_hint = "Every mail to a candidate, and what became of it."

    @admin.display(description="To")
    def person(self, message: Message) -> SafeString:
        return cells.person(message.candidate.full_name, message.to, key=message.candidate_id)

    @admin.display(description="Mail")
    def mail(self, message: Message) -> SafeString:
        template = format_html('<br><span class="quiet small">{}</span>', message.template) if message.template else ""
        return format_html("{}{}", message.subject, template)

    @admin.display(description="State", ordering="state")
    def badge(self, message: Message) -> SafeString:
        return state_badge(message)

    @admin.display(description="By")
    def sender(self, message: Message) -> str:
        return message.by.display_name if message.by else "hrassist"

    @admin.display(description="Written", ordering="created_at")
    def written(self, message: Message) -> SafeString:
        return cells.ago(message.created_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One mail as it was written, and each thing that happened to it."""
        user: Any = request.user
        message = self.get_object(request, object_id)
        if message is None or not user.has_perm("jobs.view_message"):
            raise Http404
        audit.viewed("message.viewed", target=message, by=user, subject=message.candidate_id, job=_job(message))
        context = {
            **self.admin_site.each_context(request), "title": message.subject, "message": message,
            "row": _row(message), "can_change": user.has_perm("jobs.change_message"), "opts": self.opts,
        }  # fmt: skip
        return TemplateResponse(request, "admin/jobs/message/one.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("candidate", "by", "template", "application__job")


@require_safe
def of_candidate_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """Every mail to this person that the user may see, the newest first."""
    candidate = pages.load(request, "candidate", candidate_id)
    rows = _seen(request).filter(candidate=candidate)
    return _thread(request, "candidate", candidate, rows, subject=candidate.pk, job=None)


@require_safe
def of_application_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The mails about this application."""
    application: Application = pages.load(request, "application", application_id)
    rows = _seen(request).filter(application=application)
    return _thread(
        request, "application", application, rows, subject=application.candidate_id, job=application.job_id
    )  # fmt: skip


def _seen(request: HttpRequest) -> QuerySet[Message]:
    user: Any = request.user
    if not user.has_perm("jobs.view_message"):
        raise PermissionDenied
    return Message.objects.visible_to(user).select_related("by", "template", "application__job", "candidate")


def _thread(
    request: HttpRequest, noun: str, thing: Any, rows: QuerySet[Message], *, subject: Any, job: Any
) -> HttpResponse:
    user: Any = request.user
    audit.viewed(f"{noun}.messages_viewed", target=thing, by=user, subject=subject, job=job)
    here = reverse(f"admin:jobs_{noun}_messages", args=[thing.pk])
    context = {
        "rows": [_row(one) for one in rows.order_by("-created_at", "-id")[:SHOWN]],
        "here": here,
        "write": reverse(f"admin:jobs_{noun}_write", args=[thing.pk]),
        "can_write": user.has_perm("jobs.add_message"),
        "can_change": user.has_perm("jobs.change_message"),
        "shown": SHOWN,
        "page_template": f"admin/{'jobs/application' if noun == 'application' else 'candidates/candidate'}/page.html",
    }
    return pages.render(
        request, noun, thing, tab="messages", template="admin/jobs/message/thread.html", context=context
    )


def _row(message: Message) -> dict[str, Any]:
    return {
        "message": message,
        "badge": state_badge(message),
        "why": message.bounced_for or message.failed_for,
        "can_take_back": message.can_move(State.CANCELLED),
        "can_retry": message.can_move(State.QUEUED) and message.state != State.SENDING,
        "is_unclear": message.state == State.UNCLEAR,
    }


@require_POST
def step_view(request: HttpRequest, message_id: UUID) -> HttpResponseBase:
    """Take a mail back, send it again, or say that it did leave."""
    user: Any = request.user
    message = Message.objects.visible_to(user).filter(pk=message_id).first()
    if message is None:
        raise Http404
    if not user.has_perm("jobs.change_message"):
        raise PermissionDenied
    steps = {
        "take_back": (actions.take_back, "The mail was taken back. It did not leave."),
        "retry": (actions.retry, "The mail is on its way."),
        "mark_sent": (actions.mark_sent, "The mail counts as sent."),
    }
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("admin:jobs_message_change", args=[message.pk])
    action, done = steps.get(request.POST.get("do", ""), (_nothing, ""))
    found: Any = admin.site._registry[Message]
    answer: HttpResponseBase = found.do(
        request, lambda: action(message=message, by=user, now=timezone.now()), done=done, back=back
    )
    return answer


def _nothing(**_kwargs: Any) -> Message:
    raise DomainError("Choose what to do with this mail.", code="no_step")


def _job(message: Message) -> Any:
    return message.application.job_id if message.application else None


for route, view, name in (
    ("jobs/candidate/<uuid:candidate_id>/messages/", of_candidate_view, "jobs_candidate_messages"),
    ("jobs/application/<uuid:application_id>/messages/", of_application_view, "jobs_application_messages"),
    ("jobs/message/<uuid:message_id>/step/", step_view, "jobs_message_step"),
):
    add_page(route, view, name=name)

pages.add_tab(
    pages.Tab(
        noun="candidate", name="messages", label="Messages", url_name="admin:jobs_candidate_messages",
        permission="jobs.view_message", order=50,
    ),
    pages.Tab(
        noun="application", name="messages", label="Messages", url_name="admin:jobs_application_messages",
        permission="jobs.view_message", order=50,
    ),
)  # fmt: skip
navigation.add(
    NavItem(
        label="Messages",
        url_name="admin:jobs_message_changelist",
        icon="send",
        permission="jobs.view_message",
        section="Hiring",
        order=58,
        also=("/jobs/message/", "/jobs/messages/"),
    )
)
