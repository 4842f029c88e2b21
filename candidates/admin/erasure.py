"""Erasures: asking for one, the list of all, and each with its steps and its certificate."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import erasures as actions
from candidates.admin.privacy import holds_of, privacy_url
from candidates.erasure import paper
from candidates.models import Candidate, Erasure
from hrassist.admin import bulk, cells, pages
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.bulk import Bulk, BulkForm
from hrassist.admin.site import add_page
from hrassist.lib.typesetting import PDF

COLOURS = {"waiting": "warn", "running": "blue", "done": "good", "cancelled": ""}
# What people read of the steps, in their order.
STEPS = (
    ("begin", "Begun: from here on it cannot be taken back"),
    ("remember", "Put into the ledger outside the database"),
    ("files", "Exports and imports that name the person found"),
    ("rows", "Every row removed or emptied"),
    ("objects", "Every version of every file deleted"),
    ("again", "Looked once more for what was under way"),
    ("certify", "Certified"),
)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin[Erasure]):
    list_display = ("who", "state_shown", "grounds", "asked", "due")
    list_display_links = ("who",)
    list_select_related = ("candidate", "requested_by")
    list_filter = ("state", "grounds")
    keyset_field = "requested_at"
    noun, nouns = "erasure", "erasures"
    list_hint = "Everybody whose data was, or is about to be, removed. What is left of them is a certificate."
    empty_title = "Nobody was erased yet"
    empty_hint = "Erasures are asked for on the tab Privacy of a person, or by the rules of retention."
    pages = (
        ("cancel", "cancel_view", "cancel"),
        ("confirm", "confirm_view", "confirm"),
        ("certificate", "certificate_view", "certificate"),
    )

    @admin.display(description="Who")
    def who(self, one: Erasure) -> SafeString:
        return cells.person(one.candidate.full_name, one.get_channel_display(), key=one.candidate_id)

    @admin.display(description="State", ordering="state")
    def state_shown(self, one: Erasure) -> SafeString:
        return state_badge(one)

    @admin.display(description="Asked for")
    def asked(self, one: Erasure) -> SafeString:
        return cells.ago(one.requested_at)

    @admin.display(description="Due")
    def due(self, one: Erasure) -> SafeString | str:
        return cells.ago(one.done_at) if one.done_at else due_badge(one)

    def one_or_404(self, request: HttpRequest, object_id: str) -> Erasure:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is, or the certificate."""
        one = self.one_or_404(request, object_id)
        user: Any = request.user
        audit.viewed("erasure.viewed", target=one, by=user, subject=one.candidate_id)
        names = [name for name, _ in STEPS]
        reached = names.index(one.step) + 1 if one.step else 0
        mine = one.requested_by_id == user.pk
        return TemplateResponse(
            request,
            "candidates/erasure.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Certificate of erasure" if one.certificate else f"Erasure of {one.candidate}",
                "erasure": one,
                "badge": state_badge(one),
                "steps": [(label, number < reached) for number, (_, label) in enumerate(STEPS)],
                "removed": paper.removed(one.counts),
                "facts": paper.facts(one.certificate) if one.certificate else [],
                "holds": holds_of(user, one.candidate) if one.is_open else [],
                "may_cancel": one.state == Erasure.State.WAITING and user.has_perm("candidates.add_erasure"),
                "waits_for_second": one.needs_second and one.confirmed_at is None and one.is_open,
                "may_confirm": not mine and user.has_perm("candidates.bulk_erase"),
                "now": timezone.now(),
            },
        )

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Take the request back."""
        one = self.one_or_404(request, object_id)
        back = reverse("admin:candidates_erasure_change", args=[one.pk])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        user: Any = request.user
        return self.do(
            request,
            lambda: actions.cancel(erasure=one, by=user, now=timezone.now()),
            done="The request was taken back. Nothing was removed.",
            back=back,
        )

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Agree as the second person."""
        one = self.one_or_404(request, object_id)
        back = reverse("admin:candidates_erasure_change", args=[one.pk])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        user: Any = request.user
        return self.do(
            request,
            lambda: actions.confirm(erasure=one, by=user, now=timezone.now()),
            done="You agreed. It can be taken back until it begins.",
            back=back,
        )

    def certificate_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The certificate as a file: what was signed, or with `as=pdf` the same as a paper."""
        one = self.one_or_404(request, object_id)
        if one.certificate is None:
            raise Http404
        user: Any = request.user
        audit.viewed("erasure.certificate_downloaded", target=one, by=user, subject=one.candidate_id)
        if request.GET.get("as") == "pdf":
            answer = HttpResponse(paper.pdf(one.certificate), content_type=PDF)
            answer["Content-Disposition"] = f'attachment; filename="erasure-{one.pk}.pdf"'
            return answer
        answer = HttpResponse(json.dumps(one.certificate, indent=2), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="erasure-{one.pk}.json"'
        return answer


def state_badge(one: Erasure) -> SafeString:
    if one.needs_second and one.confirmed_at is None and one.is_open:
        return cells.badge("waits for a second person", "warn")
    return cells.badge(one.get_state_display().lower(), COLOURS.get(one.state, ""))


def due_badge(one: Any) -> SafeString | str:
    """When a request has to be answered, and how bad it is that it is not."""
    if not one.is_open:
        return cells.NOTHING
    if one.is_overdue(now=timezone.now()):
        return cells.badge(f"overdue since {timezone.localtime(one.due_at):%-d %b %Y}", "bad")
    return cells.ago(one.due_at)


def erase_view(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """First what would happen, then the request itself."""
    candidate: Candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not user.has_perm("candidates.add_erasure"):
        raise PermissionDenied
    said = {"reason": "", "channel": str(Erasure.Channel.MAIL)}
    if request.method == "POST" and "sure" in request.POST:
        said = {"reason": request.POST.get("reason", ""), "channel": request.POST.get("channel", "")}
        if said["channel"] not in {Erasure.Channel.MAIL, Erasure.Channel.ADMIN}:
            said["channel"] = Erasure.Channel.ADMIN
        one = actions.request(
            candidate=candidate, by=user, now=timezone.now(), reason=said["reason"], channel=said["channel"]
        )
        messages.success(request, f"{candidate} will be erased. Until it begins it can be taken back here.")
        return HttpResponseRedirect(reverse("admin:candidates_erasure_change", args=[one.pk]))
    audit.viewed("candidate.erasure_previewed", target=candidate, by=user, subject=candidate)
    context = {
        "holds": holds_of(user, candidate),
        "wait": _soon(),
        "said": said,
        "channels": [(one.value, one.label) for one in (Erasure.Channel.MAIL, Erasure.Channel.ADMIN)],
        "back": privacy_url(candidate),
        **actions.preview(candidate),
    }
    return pages.render(
        request, "candidate", candidate, tab="privacy", template="candidates/erase.html", context=context
    )


def _soon() -> str:
    minutes = int(actions.wait().total_seconds() // 60)
    return f"in {minutes} minutes" if minutes else "at once"


class EraseForm(BulkForm):
    reason = forms.CharField(label="Why", max_length=300, help_text="For whoever looks at it until it is done.")
    sure = forms.BooleanField(
        label="I know that names, contacts, resumes, notes, messages and files go for good; decisions and figures stay."
    )

    def params(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


bulk.add(
    Bulk(
        model="candidates.candidate", name="erase", label="Erase…", icon="trash", form=EraseForm, danger=True, order=99,
        permissions=("candidates.bulk_erase", "candidates.add_erasure"), do=actions.request_of_keys,
        happens="{count} are erased. Whoever is under a legal hold stays.", done="{count} will be erased.",
    ),
)  # fmt: skip
add_page("candidates/candidate/<uuid:candidate_id>/erase/", erase_view, name="candidates_candidate_erase")
