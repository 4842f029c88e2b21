"""Copies of somebody's data: asked for, handed over, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from candidates.actions import data_exports as actions
from candidates.admin.erasure import due_badge
from candidates.admin.privacy import privacy_url
from candidates.models import Candidate, DataExport, Erasure
from hrassist.admin import cells, pages
from hrassist.admin.base import ReadOnlyAdmin, RowLink
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import file_answer

COLOURS = {"waiting": "warn", "making": "blue", "ready": "accent", "handed_over": "good", "failed": "bad"}


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin[DataExport]):
    list_display = ("who", "state_shown", "asked", "due", "handed_over")
    list_display_links = ("who",)
    list_select_related = ("candidate",)
    list_filter = ("state",)
    keyset_field = "requested_at"
    list_title = "Copies of data"
    noun, nouns = "copy of data", "copies of data"
    list_hint = "What people asked to be given of their data. The law gives a month; a copy is kept for a week."
    empty_title = "Nobody asked for a copy yet"
    empty_hint = "A copy is asked for on the tab Privacy of a person, or by the person on their own page."
    pages = (("download", "download_view", "download"), ("cancel", "cancel_view", "cancel"))

    @admin.display(description="Who")
    def who(self, one: DataExport) -> SafeString:
        return cells.person(one.candidate.full_name, key=one.candidate_id)

    @admin.display(description="State", ordering="state")
    def state_shown(self, one: DataExport) -> SafeString:
        return export_badge(one)

    @admin.display(description="Asked for")
    def asked(self, one: DataExport) -> SafeString:
        return cells.ago(one.requested_at)

    @admin.display(description="Due")
    def due(self, one: DataExport) -> SafeString | str:
        return due_badge(one)

    @admin.display(description="Handed over")
    def handed_over(self, one: DataExport) -> SafeString:
        return cells.ago(one.handed_over_at)

    def row_links(self, request: HttpRequest, row: DataExport) -> list[RowLink]:
        user: Any = request.user
        there = row.state in {DataExport.State.READY, DataExport.State.HANDED_OVER}
        if not there or not user.has_perm("candidates.download_dataexport"):
            return []
        url = reverse("admin:candidates_dataexport_download", args=[row.pk])
        return [RowLink(label="Download to hand it over", url=url, icon="download")]

    def one_or_404(self, request: HttpRequest, object_id: str) -> DataExport:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It stands on the person's own page."""
        return HttpResponseRedirect(privacy_url(self.one_or_404(request, object_id).candidate))

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        one = self.one_or_404(request, object_id)
        user: Any = request.user
        return file_answer(actions.open_copy(export=one, by=user, now=timezone.now()))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Withdraw the request."""
        one = self.one_or_404(request, object_id)
        back = privacy_url(one.candidate)
        if request.method != "POST":
            return HttpResponseRedirect(back)
        user: Any = request.user
        return self.do(
            request,
            lambda: actions.cancel(export=one, by=user, now=timezone.now()),
            done="The request was withdrawn.",
            back=back,
        )


def export_badge(one: DataExport) -> SafeString:
    return cells.badge(one.get_state_display().lower(), COLOURS.get(one.state, ""))


def copy_view(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """Have a copy made."""
    candidate: Candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if request.method == "POST":
        if not user.has_perm("candidates.add_dataexport"):
            raise PermissionDenied
        try:
            actions.request(candidate=candidate, by=user, channel=Erasure.Channel.ADMIN, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "The copy is being made. It stands here as soon as it is ready.")
    return HttpResponseRedirect(privacy_url(candidate))


add_page("candidates/candidate/<uuid:candidate_id>/copy/", copy_view, name="candidates_candidate_copy")
