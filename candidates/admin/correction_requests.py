"""What people ask to have put right on their own page: the difference, and one of ours who decides."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import correction_requests as actions
from candidates.models import CorrectionRequest
from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.lib.errors import DomainError

State = CorrectionRequest.State
COLOURS = {State.OPEN: "blue", State.ACCEPTED: "good", State.DECLINED: ""}


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(ReadOnlyAdmin[CorrectionRequest]):
    noun, nouns = "correction", "corrections asked for"
    list_title = "Corrections asked for"
    list_display = ("who", "what", "state_badge", "asked")
    list_display_links = ("who",)
    list_select_related = ("candidate",)
    list_filter = ("state",)
    keyset_field = "created_at"
    search_fields = ("candidate__full_name",)
    search_help_text = "Name"
    list_hint = "What people say is wrong about them. Answer within 30 days; they read the answer on their page."
    empty_title = "Nobody asked for a correction"
    empty_hint = "People do so on their own page, which a link in a mail opens."

    @admin.display(description="Who")
    def who(self, one: CorrectionRequest) -> SafeString:
        return cells.person(one.candidate.full_name, one.candidate.headline, key=one.candidate_id)

    @admin.display(description="What")
    def what(self, one: CorrectionRequest) -> str:
        names = [actions.FACTS.get(name, name) for name in one.proposed]
        return ", ".join([*names, *(["a message"] if one.message else [])])

    @admin.display(description="State", ordering="state")
    def state_badge(self, one: CorrectionRequest) -> SafeString:
        return cells.badge(one.get_state_display(), COLOURS[State(one.state)])

    @admin.display(description="Asked", ordering="created_at")
    def asked(self, one: CorrectionRequest) -> SafeString:
        return cells.ago(one.created_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The difference, to be taken over or declined with a reason."""
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        user: Any = request.user
        may = actions.may_decide(user)
        error = answer = ""
        if request.method == "POST":
            answer, now = request.POST.get("answer", "")[:500], timezone.now()
            try:
                if request.POST.get("do") == "accept":
                    actions.accept(request=one, by=user, now=now, answer=answer)
                    messages.success(request, "Taken over.")
                else:
                    actions.decline(request=one, by=user, now=now, answer=answer)
                    messages.success(request, "Declined; they read your answer.")
            except DomainError as refusal:
                error = refusal.message
            else:
                return HttpResponseRedirect(reverse("admin:candidates_correctionrequest_changelist"))
        audit.viewed("correction.viewed", target=one, by=user, subject=one.candidate_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(one),
            "opts": self.opts,
            "one": one,
            "person": one.candidate,
            "heading": f"{one.candidate} asks to have something put right",
            "list_url": reverse("admin:candidates_correctionrequest_changelist"),
            "list_title": self.list_title,
            "rows": [
                (actions.FACTS.get(name, name), getattr(one.candidate, name, ""), value)
                for name, value in one.proposed.items()
            ],
            "answered_at": one.decided_at,
            "answered_by": one.decided_by,
            "refused": "" if may else "Somebody who may change people's records answers this.",
            "answer": answer,
            "due": one.created_at + actions.ANSWERED_WITHIN,
            "error": error,
        }
        return TemplateResponse(request, "candidates/correction_request.html", context, status=400 if error else 200)


def waiting(user: Any) -> int:
    return CorrectionRequest.objects.visible_to(user).open()[:100].count()


navigation.add(
    NavItem(
        label="Corrections", url_name="admin:candidates_correctionrequest_changelist", icon="edit",
        permission="candidates.view_correctionrequest", section="People", order=28, count=waiting,
    )
)  # fmt: skip
