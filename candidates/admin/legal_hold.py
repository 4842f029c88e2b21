"""Legal holds: placing one on a person, a job or an application, the list of all, and releasing them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import legal_holds as actions
from candidates.models import LegalHold, holding
from hrassist.admin import cells
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin[LegalHold]):
    list_display = ("what", "kind", "reason", "since", "state_shown")
    list_display_links = None
    list_select_related = ("placed_by", "released_by")
    list_filter = ("scope", ("released_at", admin.EmptyFieldListFilter))
    keyset_field = "placed_at"
    noun, nouns = "legal hold", "legal holds"
    list_hint = "While a hold stands, neither a rule nor a request removes what it covers."
    empty_title = "Nothing is held"
    empty_hint = "A hold is placed on the tab Privacy of a person, or on the page of a job or an application."
    pages = (("release", "release_view", "release"),)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        user: Any = request.user
        if self.has_view_permission(request):
            audit.viewed("legal_hold.listed", target=None, by=user)
        return super().changelist_view(request, extra_context)

    def fill(self, request: HttpRequest, rows: list[LegalHold], *, terms: Any) -> None:
        super().fill(request, rows, terms=terms)
        for scope in {row.scope for row in rows}:
            mine = [row for row in rows if row.scope == scope]
            kind = holding.kind(scope)
            user: Any = request.user
            things = kind.visible(user).in_bulk([row.target_ref for row in mine]) if kind else {}
            for row in mine:
                vars(row)["shown"] = things.get(row.target_ref)

    @admin.display(description="What")
    def what(self, one: LegalHold) -> SafeString | str:
        thing, kind = getattr(one, "shown", None), holding.kind(one.scope)
        if thing is None or kind is None:
            return cells.NOTHING
        return format_html('<a href="{}">{}</a>', reverse(kind.url_name, args=[thing.pk]), kind.label(thing))

    def get_list_display(self, request: HttpRequest) -> Any:
        """Who may not release a hold is offered no link to it."""
        columns = super().get_list_display(request)
        if self.has_release_permission(request):
            return columns
        return ["state_only" if one == "state_shown" else one for one in columns]

    def has_release_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("candidates.change_legalhold"))

    @admin.display(description="Kind", ordering="scope")
    def kind(self, one: LegalHold) -> str:
        return one.get_scope_display()

    @admin.display(description="Since")
    def since(self, one: LegalHold) -> SafeString:
        return format_html("{} by {}", cells.ago(one.placed_at), one.placed_by.display_name)

    @admin.display(description="State")
    def state_only(self, one: LegalHold) -> SafeString:
        return cells.badge("released") if one.released_at else cells.badge("stands", "warn", "lock")

    @admin.display(description="State")
    def state_shown(self, one: LegalHold) -> SafeString:
        if one.released_at:
            return self.state_only(one)
        url = reverse("admin:candidates_legalhold_release", args=[one.pk])
        return format_html('{} <a class="small" href="{}">Release…</a>', self.state_only(one), url)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Ask once more, then release."""
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        user: Any = request.user
        if not user.has_perm("candidates.change_legalhold"):
            raise PermissionDenied
        back = reverse("admin:candidates_legalhold_changelist")
        if request.method == "POST" and "sure" in request.POST:
            return self.do(
                request,
                lambda: actions.release(hold=one, by=user, now=timezone.now()),
                done="The hold is released. What is past its time goes with the next run of the rules.",
                back=back,
            )
        context = {**self.admin_site.each_context(request), "title": "Release this hold?", "hold": one, "back": back}
        return TemplateResponse(request, "candidates/hold_release.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:candidates_legalhold_changelist"))


def hold_view(request: HttpRequest, scope: str, target_id: UUID) -> HttpResponseBase:
    """The form that places a hold on one thing."""
    user: Any = request.user
    if not user.has_perm("candidates.add_legalhold"):
        raise PermissionDenied
    kind = holding.kind(scope)
    thing = kind.visible(user).filter(pk=target_id).first() if kind else None
    if kind is None or thing is None:
        raise Http404
    try:
        back = reverse(kind.url_name, args=[thing.pk])
    except NoReverseMatch:
        back = reverse("admin:candidates_legalhold_changelist")
    reason, errors, status = "", {}, 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            actions.place(scope=scope, target_ref=thing.pk, reason=reason, by=user, now=timezone.now())
        except DomainError as error:
            errors, status = {"reason": [error.message], **error.fields}, error.status
        else:
            return HttpResponseRedirect(back)
    if scope != LegalHold.Scope.JOB:
        # The page names a person.
        audit.viewed("legal_hold.form_viewed", target=thing, by=user, subject=getattr(thing, "candidate_id", thing.pk))
    context = {
        **admin.site.each_context(request), "title": f"Legal hold on {kind.label(thing)}", "thing": kind.label(thing),
        "kind": LegalHold.Scope(scope).label.lower(), "reason": reason, "errors": errors, "back": back,
    }  # fmt: skip
    return TemplateResponse(request, "candidates/hold.html", context, status=status)


def hold_person(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    return hold_view(request, LegalHold.Scope.CANDIDATE, candidate_id)


def hold_job(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    return hold_view(request, LegalHold.Scope.JOB, job_id)


def hold_application(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    return hold_view(request, LegalHold.Scope.APPLICATION, application_id)


add_page("privacy/hold/candidate/<uuid:candidate_id>/", hold_person, name="legal_hold_candidate")
add_page("privacy/hold/job/<uuid:job_id>/", hold_job, name="legal_hold_job")
add_page("privacy/hold/application/<uuid:application_id>/", hold_application, name="legal_hold_application")
