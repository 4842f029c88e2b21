"""The history of merges, each with the way back."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import merging
from candidates.admin.comparison import LABELS
from candidates.models import CandidateMerge, moving
from hrassist.admin import cells
from hrassist.admin.base import ReadOnlyAdmin


@admin.register(CandidateMerge)
class CandidateMergeAdmin(ReadOnlyAdmin[CandidateMerge]):
    list_display = ("what", "merged_by", "when", "state")
    list_display_links = ("what",)
    list_select_related = ("kept", "gone", "by")
    keyset_field = "at"
    list_title = "Duplicates"
    noun, nouns = "merge", "merges"
    list_hint = "Every merge can be taken back, the latest of a record first."
    empty_title = "Nothing was merged yet"
    empty_hint = "When two records are merged, the merge stands here with its way back."
    pages = (("undo", "undo_view", "undo"),)

    @admin.display(description="Merged")
    def what(self, one: CandidateMerge) -> SafeString:
        return cells.person(one.kept.full_name, f"from {one.gone.full_name}", key=one.kept_id)

    @admin.display(description="By")
    def merged_by(self, one: CandidateMerge) -> str:
        return one.by.display_name

    @admin.display(description="When")
    def when(self, one: CandidateMerge) -> SafeString:
        return cells.ago(one.at)

    @admin.display(description="State")
    def state(self, one: CandidateMerge) -> SafeString:
        return cells.badge("taken back") if one.undone_at else cells.badge("merged", "good")

    def merge_or_404(self, request: HttpRequest, object_id: str) -> CandidateMerge:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What moved, and the button that moves it back."""
        one = self.merge_or_404(request, object_id)
        user: Any = request.user
        audit.viewed("candidate.merge_viewed", target=one, by=user, subject=one.kept_id)
        return TemplateResponse(
            request,
            "admin/candidates/candidatemerge/one.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"{one.gone} merged into {one.kept}",
                "merge": one,
                "moved": _moved(one),
                "fields": [(LABELS[name], value, getattr(one.gone, name)) for name, value in one.before.items()],
                "may_undo": one.undone_at is None and user.has_perm("candidates.merge_candidate"),
            },
        )

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Take the merge back."""
        back = reverse("admin:candidates_candidatemerge_change", args=[object_id])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        one = self.merge_or_404(request, object_id)
        user: Any = request.user
        if not user.has_perm("candidates.merge_candidate"):
            raise PermissionDenied
        return self.do(
            request,
            lambda: merging.unmerge(merge=one, by=user, now=timezone.now()),
            done=f"{one.gone} has a record of their own again.",
            back=back,
        )


def _moved(one: CandidateMerge) -> list[tuple[int, str]]:
    """(number, what they are called) of what moved, in the order it did."""
    labels = {mover.model: mover.label for mover in moving.registered()}
    counts: dict[str, int] = {}
    for entry in one.moved:
        if "column" in entry:
            counts[entry["what"]] = counts.get(entry["what"], 0) + len(entry["rows"])

    def called(model: str, number: int) -> str:
        if model in labels:
            return labels[model][number != 1]
        return str(apps.get_model(model)._meta.verbose_name_plural)

    return [(number, called(model, number)) for model, number in counts.items()]
