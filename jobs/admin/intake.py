"""What people sent through public forms: what is still being read, and what needs a look."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actions as audit
from hrassist.admin import cells, navigation
from hrassist.admin.navigation import NavItem
from jobs.actions import settling
from jobs.admin.listed import RecordedList
from jobs.models import IntakeSubmission

State = IntakeSubmission.State
COLOURS = {State.WAITING: "blue", State.APPLIED: "good", State.REJECTED: "", State.FAILED: "bad"}


@admin.register(IntakeSubmission)
class IntakeSubmissionAdmin(RecordedList[IntakeSubmission]):
    listed_as = "submission.listed"
    noun, nouns = "submission", "submissions"
    list_title = "Received applications"
    list_display = ("sender", "state_badge", "job_link", "through", "received", "why")
    list_display_links = ("sender",)
    list_select_related = ("job", "link", "ticket")
    list_filter = ("state",)
    keyset_field = "created_at"
    search_fields = ("full_name",)
    search_help_text = "Name of the sender"
    list_hint = "What people sent through links and the careers page. Once a resume is read, it stands in the pipeline."
    empty_title = "Nothing came in yet"
    empty_hint = "Publish a post or share a link of a job or drive."
    pages = (("retry", "retry_view", "retry"),)

    @admin.display(description="Sender")
    def sender(self, one: IntakeSubmission) -> SafeString:
        return cells.person(one.full_name, one.email, key=one.email)

    @admin.display(description="State", ordering="state")
    def state_badge(self, one: IntakeSubmission) -> SafeString:
        return state_badge(one)

    @admin.display(description="Job")
    def job_link(self, one: IntakeSubmission) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[one.job_id]), one.job)

    @admin.display(description="Through")
    def through(self, one: IntakeSubmission) -> str:
        return str(one.link)

    @admin.display(description="Received", ordering="created_at")
    def received(self, one: IntakeSubmission) -> SafeString:
        return cells.ago(one.created_at)

    @admin.display(description="Why")
    def why(self, one: IntakeSubmission) -> str:
        return one.failed_for or cells.NOTHING

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntakeSubmission]:
        return super().get_queryset(request).select_related("job", "link", "ticket", "candidate", "application")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one = self.submission_or_404(request, object_id)
        user: Any = request.user
        audit.viewed("submission.viewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
        context = {
            **self.admin_site.each_context(request),
            "title": one.full_name,
            "opts": self.opts,
            "one": one,
            "badge": state_badge(one),
            "can_retry": one.state == State.FAILED and user.has_perm("jobs.change_intakesubmission"),
        }
        return TemplateResponse(request, "admin/jobs/intakesubmission/page.html", context)

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if request.method != "POST":
            raise Http404
        one = self.submission_or_404(request, object_id)
        user: Any = request.user
        if not user.has_perm("jobs.change_intakesubmission"):
            raise PermissionDenied
        return self.do(
            request,
            lambda: settling.retry(submission=one, by=user, now=timezone.now()),
            done="It is tried again; look here in a minute.",
            back=reverse("admin:jobs_intakesubmission_change", args=[one.pk]),
        )

    def submission_or_404(self, request: HttpRequest, object_id: str) -> IntakeSubmission:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one


def state_badge(one: IntakeSubmission) -> SafeString:
    state = State(one.state)
    return cells.badge(state.label, COLOURS[state])


def needing_a_look(user: Any) -> int:
    return IntakeSubmission.objects.visible_to(user).filter(state=State.FAILED)[:100].count()


navigation.add(
    NavItem(
        label="Received", url_name="admin:jobs_intakesubmission_changelist", icon="mailbox",
        permission="jobs.view_intakesubmission", section="Outreach", order=64, count=needing_a_look, alarm=True,
    )
)  # fmt: skip
