"""The list of uploads: what became of each file, and why."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from candidates.models import Candidate, Resume, UploadTicket
from hrassist.admin import cells
from hrassist.admin.base import ReadOnlyAdmin

State = UploadTicket.State
COLOURS = {State.ISSUED: "", State.CONFIRMED: "blue", State.AVAILABLE: "good", State.REJECTED: "bad", State.EXPIRED: ""}
WORDS = {
    State.ISSUED: "uploading",
    State.CONFIRMED: "reading",
    State.AVAILABLE: "ready",
    State.REJECTED: "rejected",
    State.EXPIRED: "not uploaded",
}


def state_badge(state: str) -> SafeString:
    return cells.badge(WORDS.get(State(state), state), COLOURS.get(State(state), ""))


def person_of(ticket: UploadTicket) -> Candidate | None:
    """Whose resume the file became, or turned out to be already."""
    resume: Resume | None = getattr(ticket, "resume", None) or ticket.duplicate_of
    return resume.candidate if resume else None


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(str(state), WORDS[state].capitalize()) for state in State]

    def queryset(self, request, queryset):  # type: ignore[no-untyped-def]
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


@admin.register(UploadTicket)
class UploadTicketAdmin(ReadOnlyAdmin[UploadTicket]):
    list_display = ("file", "status", "reason", "became", "size", "by", "when")
    list_display_links = ("file",)
    list_select_related = ("created_by", "resume__candidate", "duplicate_of__candidate")
    list_filter = (StateFilter,)
    noun, nouns = "upload", "uploads"
    keyset_field = "created_at"
    search_fields = ("filename",)
    search_help_text = "File name"
    empty_title = "No uploads yet"
    empty_hint = "Drop resumes on the upload page; every file shows here with what became of it."
    fields = (
        "status", "reason", "became", "declared_type", "size", "by", "when", "confirmed", "settled",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="File")
    def file(self, one: UploadTicket) -> str:
        return one.filename

    @admin.display(description="State")
    def status(self, one: UploadTicket) -> SafeString:
        return state_badge(one.state)

    @admin.display(description="Reason")
    def reason(self, one: UploadTicket) -> str:
        return one.rejected_message or one.rejected_for or cells.NOTHING

    @admin.display(description="Person")
    def became(self, one: UploadTicket) -> SafeString:
        candidate = person_of(one)
        if candidate is None:
            return cells.NOTHING
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:candidates_candidate_change", args=[candidate.pk]), candidate
        )

    @admin.display(description="Size")
    def size(self, one: UploadTicket) -> str:
        return cells.size(one.declared_size)

    @admin.display(description="By")
    def by(self, one: UploadTicket) -> str:
        return one.created_by.display_name

    @admin.display(description="When", ordering="created_at")
    def when(self, one: UploadTicket) -> SafeString:
        return cells.ago(one.created_at)

    @admin.display(description="Sent")
    def confirmed(self, one: UploadTicket) -> SafeString:
        return cells.ago(one.confirmed_at)

    @admin.display(description="Settled")
    def settled(self, one: UploadTicket) -> SafeString:
        return cells.ago(one.settled_at)
