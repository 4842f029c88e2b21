"""Notices: which texts people are shown, in which versions and languages, with a preview before one is published."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import notices as actions
from candidates.models import Notice
from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib import jurisdictions, local_time
from hrassist.lib.errors import DomainError
from hrassist.lib.prose import blocks

EXAMPLES = {
    "my_page": "https://jobs.example.org/my/",
    "contact": "privacy@example.org",
    "grievance_contact": "grievance@example.org",
    "grievance_days": 90,
    "alternative": "people@example.org",
    "business_days": 10,
    "qualifications": "Python; PostgreSQL",
    "bias_audit_on": "1 March 2026",
    "bias_audit_url": "https://example.org/bias-audit",
    "months": 12,
    "reasons": "- Python (required): found: “Built billing in Python”",
}


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin[Notice]):
    noun, nouns = "notice", "notices"
    list_display = ("text_title", "kind_badge", "place", "language", "version_number", "state", "published")
    list_display_links = ("text_title",)
    list_filter = ("kind", "jurisdiction", "language")
    search_fields = ("title",)
    search_help_text = "Title"
    ordering = ("kind", "jurisdiction", "language", "-version")
    list_hint = "What people read before they apply. A published version never changes: who was shown it can be proven."
    empty_title = "No notice was shown yet"
    empty_hint = "Our own texts become version 1 with the first person who applies and reads them; or write yours."

    @admin.display(description="Title", ordering="title")
    def text_title(self, one: Notice) -> str:
        return one.title

    @admin.display(description="What for", ordering="kind")
    def kind_badge(self, one: Notice) -> SafeString:
        return cells.badge(Notice.Kind(one.kind).label)

    @admin.display(description="Place", ordering="jurisdiction")
    def place(self, one: Notice) -> str:
        return place_of(one)

    @admin.display(description="Version", ordering="version")
    def version_number(self, one: Notice) -> int:
        return one.version

    @admin.display(description="State")
    def state(self, one: Notice) -> SafeString:
        return cells.badge("published", "good") if one.is_published else cells.badge("draft", "warn")

    @admin.display(description="Published", ordering="published_at")
    def published(self, one: Notice) -> SafeString:
        return cells.ago(one.published_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Read a version; change, look at and publish a draft; begin the next version from this one."""
        notice = self.get_object(request, object_id)
        if not self.has_view_permission(request, notice):
            raise PermissionDenied
        if notice is None:
            raise Http404
        user: Any = request.user
        may = user.has_perm("candidates.change_notice")
        errors: dict[str, list[str]] = {}
        typed = {"title": notice.title, "text": notice.text}
        if request.method == "POST":
            if not may:
                raise PermissionDenied
            typed = {name: request.POST.get(name, "") for name in typed}
            try:
                answer = self._do(request, notice, typed)
            except DomainError as error:
                errors = error.fields or {"": [error.message]}
            else:
                if answer is not None:
                    return answer
        return self._page(request, notice, typed=typed, errors=errors, may_change=may)

    def _do(self, request: HttpRequest, notice: Notice, typed: dict[str, str]) -> HttpResponse | None:
        user: Any = request.user
        now, do = timezone.now(), request.POST.get("do", "")
        if do == "preview":
            return None
        if do == "next":
            made = actions.draft(
                kind=notice.kind, jurisdiction=notice.jurisdiction,
                language=request.POST.get("language", "") or notice.language, title=notice.title, text=notice.text,
                by=user, now=now,
            )  # fmt: skip
            messages.success(request, f"Version {made.version} is a draft now.")
            return HttpResponseRedirect(reverse("admin:candidates_notice_change", args=[made.pk]))
        seen = local_time.read(request.POST.get("seen", ""))
        changed = actions.change(notice=notice, **typed, by=user, now=now, expected_updated_at=seen)
        if do == "publish":
            actions.publish(notice=changed, by=user, now=now)
            messages.success(request, "Published: people read this version from now on.")
        else:
            messages.success(request, "The draft is saved.")
        return HttpResponseRedirect(reverse("admin:candidates_notice_change", args=[notice.pk]))

    def _page(
        self, request: HttpRequest, notice: Notice, *, typed: dict[str, str], errors: dict[str, list[str]],
        may_change: bool,
    ) -> HttpResponse:  # fmt: skip
        same = Notice.objects.filter(kind=notice.kind, jurisdiction=notice.jurisdiction)
        context = {
            **self.admin_site.each_context(request),
            "title": notice.title,
            "opts": self.opts,
            "notice": notice,
            "place": place_of(notice),
            "typed": typed,
            "errors": errors,
            "blocks": blocks(jurisdictions.filled(typed["text"], EXAMPLES)),
            "placeholders": actions.PLACEHOLDERS,
            "versions": same.filter(language=notice.language).order_by("-version"),
            "languages": same.exclude(language=notice.language).published().order_by("language", "-version"),
            "deliveries": notice.deliveries.count(),
            "consents": notice.consents.count(),
            "may_change": may_change,
        }
        return TemplateResponse(request, "candidates/notice.html", context, status=400 if errors else 200)


def new_notice_view(request: HttpRequest) -> HttpResponseBase:
    """Begin a text for a place or language that has none."""
    user: Any = request.user
    if not user.has_perm("candidates.add_notice"):
        raise PermissionDenied
    said = {name: request.POST.get(name, "") for name in ("kind", "jurisdiction", "language", "title", "text")}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            made = actions.draft(**said, by=user, now=timezone.now())
        except DomainError as error:
            errors = error.fields or {"": [error.message]}
        else:
            return HttpResponseRedirect(reverse("admin:candidates_notice_change", args=[made.pk]))
    audit.viewed("notice.editor_viewed", target=None, by=user)
    context = {
        **admin.site.each_context(request),
        "title": "New notice",
        "said": said,
        "errors": errors,
        "kinds": Notice.Kind.choices,
        "places": [("", "Everywhere else"), *((code, one.name) for code, one in jurisdictions.everything().items())],
        "placeholders": actions.PLACEHOLDERS,
    }
    return TemplateResponse(request, "candidates/new_notice.html", context, status=400 if errors else 200)


def place_of(notice: Notice) -> str:
    found = jurisdictions.everything().get(notice.jurisdiction)
    return found.short if found else "everywhere else"


add_page("candidates/notices/new/", new_notice_view, name="candidates_notice_new")
navigation.add(
    NavItem(
        label="Notices", url_name="admin:candidates_notice_changelist", icon="info",
        permission="candidates.view_notice", section="Settings", order=92, also=("/candidates/notices/",),
    )
)  # fmt: skip
