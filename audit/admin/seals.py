"""The seals over the audit trail: what each covers, whether its signature holds, and where its copies lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actions as audit
from audit.models import Anchor, Event, Seal
from audit.sealing import keys
from audit.sealing.body import Signed
from audit.sealing.keys import BadKey, NoKey, Ring
from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem

KINDS = {
    Seal.Kind.ROWS: "events",
    Seal.Kind.HEARTBEAT: "nothing happened",
    Seal.Kind.EXPIRY: "old events expired",
}


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, words[:1].upper() + words[1:]) for kind, words in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Seal]) -> QuerySet[Seal]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin[Seal]):
    list_display = ("number", "covers", "events", "signature_state", "copies", "sealed")
    list_display_links = ("number",)
    list_filter = (KindFilter,)
    noun, nouns, list_title = "seal", "seals", "Seals of the audit log"
    keyset_field = "sealed_at"
    search_fields = ("seq",)
    search_help_text = "The number of a seal"
    empty_title = "No seals yet"
    empty_hint = "The worker seals the audit log every minute once it has a key: manage.py audit_key --new FILE."
    fields = (
        "number", "covers", "events", "signature_state", "copies", "sealed", "root", "prev", "hash", "key_id", "ids",
    )  # fmt: skip

    def has_view_permission(self, request: HttpRequest, obj: Seal | None = None) -> bool:
        return request.user.has_perm("audit.view_event")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seal]:
        return super().get_queryset(request).defer("leaves")

    def get_readonly_fields(self, request: HttpRequest, obj: Seal | None = None) -> Any:
        return self.fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Seal], search_term: str
    ) -> tuple[QuerySet[Seal], bool]:
        words = search_term.replace(",", "").split()
        if not words:
            return queryset, False
        return queryset.filter(pk__in=[int(word) for word in words if word.isdecimal() and len(word) < 19]), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_view_permission(request):
            user: Any = request.user
            audit.viewed("seal.listed", target=None, by=user)
        return super().changelist_view(request, {"list_hint": _last_verified(), **(extra_context or {})})

    def fill(self, request: HttpRequest, rows: list[Seal], *, terms: Sequence[str]) -> None:
        super().fill(request, rows, terms=terms)
        ring = _ring()
        copies: dict[int, int] = {}
        for seq in Anchor.objects.filter(seq__in=[row.pk for row in rows]).values_list("seq", flat=True):
            copies[seq] = copies.get(seq, 0) + 1
        for row in rows:
            vars(row)["_copies"] = copies.get(row.pk, 0)
            vars(row)["_ring"] = ring

    @admin.display(description="Seal")
    def number(self, seal: Seal) -> str:
        return f"{seal.seq:,}"

    @admin.display(description="Because of")
    def covers(self, seal: Seal) -> str:
        return KINDS[Seal.Kind(seal.kind)]

    @admin.display(description="Events")
    def events(self, seal: Seal) -> SafeString:
        if not seal.count:
            return cells.NOTHING
        return format_html("{} <span class='small'>{} to {}</span>", f"{seal.count:,}", seal.first_id, seal.last_id)

    @admin.display(description="Signature")
    def signature_state(self, seal: Seal) -> SafeString:
        return cells.badge(*state_of(seal, vars(seal).get("_ring") or _ring()))

    @admin.display(description="Copies")
    def copies(self, seal: Seal) -> SafeString:
        kept = vars(seal).get("_copies")
        if kept is None:
            kept = Anchor.objects.filter(seq=seal.pk).count()
        return format_html("{}", kept) if kept else cells.badge("none yet", "warn")

    @admin.display(description="Sealed", ordering="sealed_at")
    def sealed(self, seal: Seal) -> SafeString:
        return cells.ago(seal.sealed_at)


def state_of(seal: Seal, ring: Ring | None) -> tuple[str, str]:
    """What the signature of a seal says today: words and a colour."""
    if ring is None:
        return "no key here", "warn"
    signed = Signed.of(seal)
    if not ring.knows(seal.key_id):
        return "unknown key", "bad"
    if not ring.verifies(seal.key_id, signed.message(), seal.signature) or signed.true_hash() != seal.hash:
        return "forged", "bad"
    return "holds", "good"


def _ring() -> Ring | None:
    try:
        return keys.configured()
    except (NoKey, BadKey):
        return None


def last_verified() -> Event | None:
    return Event.objects.filter(action="event.verified").order_by("-ts", "-id").first()


def _last_verified() -> SafeString:
    found = last_verified()
    command = "manage.py audit_verify --anchors"
    if found is None:
        return format_html("Nobody has verified the trail yet. On the server: {}.", command)
    rows = found.changes.get("rows", 0)
    said = "whole" if found.outcome == Event.Outcome.ALLOW else f"NOT whole ({found.reason_code.replace('_', ' ')})"
    return format_html(
        'Verified {}: {} events, <a href="{}">{}</a>. Again on the server: {}.',
        cells.ago(found.ts), f"{rows:,}", reverse("admin:audit_event_change", args=[found.pk]), said, command,
    )  # fmt: skip


navigation.add(
    NavItem(
        label="Seals",
        url_name="admin:audit_seal_changelist",
        icon="shield",
        permission="audit.view_event",
        section="Insight",
        order=81,
    )
)
