"""Decisions that somebody asks to have looked at again: the list, and the page where a colleague answers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.models import CandidateEmail
from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.lib.errors import DomainError
from jobs.actions import review_requests as actions
from jobs.models import Application, ReviewRequest

State = ReviewRequest.State
COLOURS = {State.OPEN: "blue", State.UPHELD: "", State.CHANGED: "good"}


@admin.register(ReviewRequest)
class ReviewRequestAdmin(ReadOnlyAdmin[ReviewRequest]):
    noun, nouns = "review", "reviews asked for"
    list_title = "Reviews asked for"
    list_display = ("who", "job", "state_badge", "asked", "due")
    list_display_links = ("who",)
    list_select_related = ("application__candidate", "application__job")
    list_filter = ("state",)
    keyset_field = "asked_at"
    search_fields = ("application__candidate__full_name",)
    search_help_text = "Name"
    list_hint = "Somebody asks that a person looks at a decision again. Who took the decision does not answer."
    empty_title = "Nobody asked for a review"
    empty_hint = "People do so on their own page, after a rejection."

    @admin.display(description="Who")
    def who(self, one: ReviewRequest) -> SafeString:
        person = one.application.candidate
        return cells.person(person.full_name, person.headline, key=person.pk)

    @admin.display(description="Job")
    def job(self, one: ReviewRequest) -> str:
        return str(one.application.job)

    @admin.display(description="State", ordering="state")
    def state_badge(self, one: ReviewRequest) -> SafeString:
        return cells.badge(State(one.state).label, COLOURS[State(one.state)])

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, one: ReviewRequest) -> SafeString:
        return cells.ago(one.asked_at)

    @admin.display(description="Answer by", ordering="due_at")
    def due(self, one: ReviewRequest) -> str | SafeString:
        if one.state != State.OPEN:
            return cells.NOTHING
        day = timezone.localtime(one.due_at).strftime("%d %b %Y")
        return cells.badge(day, "bad") if one.due_at < timezone.now() else day

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What they say, the way to the application without a ranking, and the answer."""
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        user: Any = request.user
        may = actions.may_answer(user)
        error, text = "", ""
        if request.method == "POST":
            text = request.POST.get("text", "")[:2000]
            try:
                actions.answer(request=one, changes=request.POST.get("do") == "change", text=text, by=user,
                               now=timezone.now())  # fmt: skip
            except DomainError as refusal:
                error = refusal.message
            else:
                reachable = one.application.candidate.emails.filter(status=CandidateEmail.Status.CURRENT).exists()
                messages.success(
                    request,
                    "Answered; the mail is on its way."
                    if reachable
                    else "Answered. No address of theirs is known, so tell them: it stands on their page only.",
                )
                return HttpResponseRedirect(reverse("admin:jobs_reviewrequest_changelist"))
        application = one.application
        audit.viewed("review.viewed", target=one, by=user, subject=application.candidate_id, job=application.job_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(one),
            "opts": self.opts,
            "one": one,
            "application": application,
            "person": application.candidate,
            "heading": f"{application.candidate} asks that a person looks again",
            "list_url": reverse("admin:jobs_reviewrequest_changelist"),
            "list_title": self.list_title,
            "answered_at": one.answered_at,
            "answered_by": one.answered_by,
            "refused": _refused(application, by=user, may=may),
            "error": error,
            "text": text,
        }
        return TemplateResponse(request, "jobs/review_request.html", context, status=400 if error else 200)


def _refused(application: Application, *, by: Any, may: bool) -> str:
    """Why this reader cannot answer, and who does; empty for who can."""
    if not may:
        return "Somebody who decides about applications of this job answers this."
    if application.ended_by_id == by.pk:
        return "You took this decision. A colleague has to look at it again."
    return ""


def waiting(user: Any) -> int:
    return ReviewRequest.objects.visible_to(user).open()[:100].count()


navigation.add(
    NavItem(
        label="Reviews asked for", url_name="admin:jobs_reviewrequest_changelist", icon="flag",
        permission="jobs.view_reviewrequest", section="Hiring", order=39, count=waiting,
    )
)  # fmt: skip
