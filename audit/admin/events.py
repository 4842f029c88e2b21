"""The audit log to read: who did or saw what, when, from where. Reading it is on record too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from ipaddress import ip_address
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actions as audit
from audit.admin.sealed import covering
from audit.codes import NOUNS, description
from audit.models import Event
from hrassist import exports
from hrassist.admin import cells, dashboard, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.dashboard import Card
from hrassist.admin.navigation import NavItem
from hrassist.exports import Column, Export, field, shown

OUTCOMES = {Event.Outcome.ALLOW: "", Event.Outcome.DENY: "bad", Event.Outcome.ERROR: "warn"}


class TimeFilter(admin.SimpleListFilter):
    title = "time"
    parameter_name = "past"
    HOURS: ClassVar = {"1": "Past hour", "24": "Past day", "168": "Past 7 days", "720": "Past 30 days"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.HOURS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() not in self.HOURS:
            return queryset
        return queryset.filter(ts__gt=timezone.now() - timedelta(hours=int(self.value() or 0)))


class FamilyFilter(admin.SimpleListFilter):
    title = "about"
    parameter_name = "about"
    FAMILIES: ClassVar = {
        "resume.": "Resumes",
        "candidate.": "Candidates",
        "upload.": "Uploads",
        "application.": "Applications",
        "job.": "Jobs",
        "match_run.": "Rankings",
        "user.": "Users and sign-ins",
        "event.": "The audit log itself",
        "token.": "API tokens",
        "request.": "Refused access",
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.FAMILIES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        family = self.value()
        return queryset.filter(action__startswith=family) if family and family in self.FAMILIES else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("who", "action", "result", "on_what", "subject", "ip", "when", "seal")
    list_display_links = ("who",)
    list_filter = (TimeFilter, FamilyFilter, "outcome", "actor_type")
    noun, nouns, list_title = "entry", "entries", "Audit log"
    keyset_field = "ts"
    search_fields = ("actor_display",)
    search_help_text = "User, action, address, identifier; from:2026-11-01 to:2026-11-30"
    list_hint = "Append-only: nobody changes or deletes an entry. That you read it is an entry too."
    empty_title = "Nothing on record yet"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_view_permission(request):
            user: Any = request.user
            audit.viewed("event.listed", target=None, by=user, filters=sorted(request.GET))
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        for word in words_of(search_term):
            name, colon, value = word.partition(":")
            narrow = ASKED.get(name.lower()) if colon else None
            try:
                queryset = queryset.filter(narrow(value) if narrow else _anywhere(word))
            except ValueError as error:
                messages.error(request, str(error), fail_silently=True)
                return queryset.none(), False
        return queryset, False

    def fill(self, request: HttpRequest, rows: list[Event], *, terms: Sequence[str]) -> None:
        super().fill(request, rows, terms=terms)
        seals = covering([row.pk for row in rows])
        for row in rows:
            vars(row)["_seal"] = seals.get(row.pk)

    @admin.display(description="Seal")
    def seal(self, event: Event) -> SafeString:
        kept = vars(event)["_seal"] if "_seal" in vars(event) else covering([event.pk]).get(event.pk)
        if kept is None:
            return SafeString('<span class="small" title="The worker seals every minute">not yet</span>')
        return format_html(
            '<a class="small" href="{}" title="Sealed at {} UTC">{}</a>',
            reverse("admin:audit_seal_change", args=[kept.seq]),
            f"{kept.sealed_at:%Y-%m-%d %H:%M:%S}",
            f"{kept.seq:,}",
        )

    @admin.display(description="What it means")
    def meaning(self, event: Event) -> str:
        return f"{description(event.action)}." if description(event.action) else ""

    @admin.display(description="Who")
    def who(self, event: Event) -> SafeString:
        name = event.actor_display or event.get_actor_type_display()
        return cells.person(name, event.actor_type, key=event.actor_id or event.actor_type)

    @admin.display(description="Outcome")
    def result(self, event: Event) -> SafeString:
        outcome = Event.Outcome(event.outcome)
        return cells.badge(outcome.label if not event.reason_code else event.reason_code, OUTCOMES[outcome])

    @admin.display(description="On what")
    def on_what(self, event: Event) -> SafeString:
        if not event.target_type:
            return cells.NOTHING
        return format_html(
            '{} <a class="small" href="?q={}" title="{}">…{}</a>',
            event.target_type.rpartition(".")[2],
            event.target_id,
            event.target_id,
            event.target_id[-6:],
        )

    @admin.display(description="Whose data")
    def subject(self, event: Event) -> SafeString:
        if not event.subject_ref:
            return cells.NOTHING
        return format_html(
            '<a class="small" href="?q={}" title="{}">…{}</a>',
            event.subject_ref,
            event.subject_ref,
            event.subject_ref[-6:],
        )

    @admin.display(description="When", ordering="ts")
    def when(self, event: Event) -> SafeString:
        return cells.ago(event.ts)


def _anywhere(word: str) -> Q:
    if _is_identifier(word):
        return Q(subject_ref=word) | Q(target_id=word) | Q(job_id=word) | Q(request_id=word)
    if _is_address(word):
        return Q(ip=word)
    action = word.lower()
    # Only where an action could begin with it: the two conditions together cost far more than either.
    if any(f"{noun}.".startswith(action) or action.startswith(f"{noun}.") for noun in NOUNS):
        return Q(actor_display__iexact=word) | Q(action__startswith=action)
    return Q(actor_display__iexact=word)


def _day(value: str) -> datetime:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(value), time.min))
    except ValueError as error:
        raise ValueError(f"“{value}” is no day. Write it as 2026-11-02.") from error


def _address(value: str) -> Q:
    if not _is_address(value):
        raise ValueError(f"“{value}” is no address. Write it as 192.0.2.7 or 2001:db8::7.")
    return Q(ip=value)


# What may stand before a colon; a word without one is looked for among users, actions, identifiers and addresses.
ASKED: dict[str, Callable[[str], Q]] = {
    "who": lambda value: Q(actor_display__iexact=value),
    "action": lambda value: Q(action__startswith=value.lower()),
    "person": lambda value: Q(subject_ref=value),
    "job": lambda value: Q(job_id=value),
    "on": lambda value: Q(target_id=value),
    "ip": _address,
    "from": lambda value: Q(ts__gte=_day(value)),
    "to": lambda value: Q(ts__lt=_day(value) + timedelta(days=1)),
}


def words_of(text: str) -> list[str]:
    """The words of a search; quotes hold words together, and a quote that is never closed is taken as it stands."""
    return [one.replace('"', "") for one in re.findall(r'(?:[^\s"]|"[^"]*"?)+', text)]


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _is_identifier(words: str) -> bool:
    try:
        UUID(words)
    except ValueError:
        return words.isdigit()
    return True


exports.add(
    Export(
        model="audit.event",
        noun="audit-log",
        action="event.exported",
        permission="audit.export_event",
        columns=(
            field("ts", "When"),
            field("actor_display", "Who"),
            shown("actor_type", "As what"),
            field("action", "Action"),
            shown("outcome", "Outcome"),
            field("reason_code", "Reason"),
            field("target_type", "On what"),
            field("target_id", "Identifier"),
            field("subject_ref", "Whose data"),
            field("job_id", "Job"),
            field("ip", "Address"),
            field("request_id", "Request"),
            field("route", "Route", chosen=False),
            field("user_agent", "Browser", chosen=False),
            Column(key="changes", label="Details", of=lambda event: json.dumps(event.changes, sort_keys=True)),
        ),
    )
)
navigation.add(
    NavItem(
        label="Audit log",
        url_name="admin:audit_event_changelist",
        icon="shield",
        permission="audit.view_event",
        section="Insight",
        order=80,
    )
)


# What an auditor looks at first.
WATCHED = (
    ("Refused", Q(outcome=Event.Outcome.DENY)),
    ("Failed sign-ins", Q(action="user.login_failed")),
    ("Files that left", Q(action__in=["resume.downloaded", "task_file.downloaded"])),
    ("Exports", Q(action__endswith=".exported")),
)


def past_day(request: HttpRequest) -> dict[str, Any]:
    """The past day in numbers, counted once a minute."""
    counts: dict[str, int] | None = cache.get("audit-past-day")
    if counts is None:
        since = timezone.now() - timedelta(days=1)
        counts = Event.objects.filter(ts__gt=since).aggregate(
            events=Count("pk"), **{f"n{at}": Count("pk", filter=rule) for at, (_, rule) in enumerate(WATCHED)}
        )
        cache.set("audit-past-day", counts, 60)
    return {
        "events": counts["events"],
        "lines": [(label, counts[f"n{at}"]) for at, (label, _) in enumerate(WATCHED)],
    }


dashboard.add(
    Card(template="audit/card_past_day.html", data=past_day, permission="audit.view_event", wide=True, order=60)
)
