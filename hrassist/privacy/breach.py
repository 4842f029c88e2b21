"""Who saw or took what in a time, told from the audit trail: for the first 72 hours after something went wrong.

Everything is grouped in the database, so that a million events are read once. People are named by identifier, country
and whether there is an address to write to; who may see the report looks them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

from django.db.models import Count, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from audit.models import Event
from candidates.models import Candidate, CandidateEmail
from hrassist.lib import jurisdictions, tables

# What an action showed or let out, by the beginning of its name; the first that fits counts.
KINDS = (
    ("Files taken away", ("resume.downloaded", "candidate.exported", "data_export.downloaded", "application.exported",
                          "long_task.file_downloaded", "offer.letter_downloaded")),
    ("Resumes read", ("resume.",)),
    ("Personal records", ("candidate.", "contact.", "submission.", "self_service.", "correction.")),
    ("Applications and decisions", ("application.", "interview.", "scorecard.", "humandecision.", "offer.", "review.")),
    ("Rankings", ("match", "ranking")),
    ("Mail and notes", ("message.", "note.")),
)  # fmt: skip
OTHER = "Other"
MOST_PEOPLE = 200_000


class Asked(Exception):
    """The question cannot be answered as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look for: at least a time; an actor (name or identifier), an address and a job narrow it."""

    since: datetime
    until: datetime
    actor: str = ""
    address: str = ""
    job: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of act: how often, over how many people, first and last."""

    label: str
    events: int
    people: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """A person whose data was reached: no name, only what decides who is told and how."""

    candidate: UUID
    country: str
    place: str
    has_address: bool
    events: int
    first: datetime
    last: datetime
    erased: bool


@dataclass(slots=True)
class Report:
    """The answer: what was done by whom from where, and to whom it happened."""

    question: Question
    events: int
    actors: list[tuple[str, str, int]]
    addresses: list[tuple[str, int]]
    kinds: list[Line]
    actions: list[Line]
    people: list[Affected]
    jobs: int
    # Lists that were exported: the trail keeps how many rows they had, not whose.
    exports: int = 0
    exported_rows: int = 0
    left_off: int = 0

    def in_country(self, code: str) -> int:
        return sum(one.country == code for one in self.people)

    @property
    def without_address(self) -> int:
        return sum(not one.has_address for one in self.people)

    @property
    def places(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.people:
            found[one.place or "elsewhere"] = found.get(one.place or "elsewhere", 0) + 1
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def events_of(question: Question) -> QuerySet[Event]:
    """The accesses and changes that were let through. Raises Asked for a time that ends before it begins."""
    if question.until <= question.since:
        raise Asked("The time ends before it begins. Turn the two around.")
    rows = Event.objects.filter(ts__gte=question.since, ts__lt=question.until, outcome=Event.Outcome.ALLOW)
    if question.actor:
        named = Q(actor_display__iexact=question.actor) | Q(actor_id=question.actor) | Q(token_id=question.actor)
        rows = rows.filter(named)
    if question.address:
        rows = rows.filter(ip=question.address)
    if question.job:
        rows = rows.filter(job_id=question.job)
    return rows.order_by()


def report(question: Question) -> Report:
    """The whole answer in a handful of passes. Raises Asked."""
    rows = events_of(question)
    figures: dict[str, Any] = {
        "events": Count("pk"),
        "people": Count("subject_ref", distinct=True, filter=~Q(subject_ref="")),
        "first": Min("ts"),
        "last": Max("ts"),
    }
    by_columns: Any = rows
    grouped = by_columns.values("action").annotate(**figures)
    lines = (Line(one["action"], one["events"], one["people"], one["first"], one["last"]) for one in grouped)
    by_action = sorted(lines, key=lambda one: (-one.events, one.label))
    actors = by_columns.values("actor_display", "actor_type").annotate(events=Count("pk")).order_by("-events")[:100]
    addresses = rows.exclude(ip__isnull=True).values("ip").annotate(events=Count("pk")).order_by("-events")[:100]
    people, left_off = _affected(rows)
    return Report(
        question=question,
        events=sum(one.events for one in by_action),
        actors=[(one["actor_display"] or one["actor_type"], one["actor_type"], one["events"]) for one in actors],
        addresses=[(str(one["ip"]), one["events"]) for one in addresses],
        kinds=_by_kind(rows, by_action),
        actions=by_action,
        people=people,
        jobs=rows.exclude(job_id="").values("job_id").distinct().count(),
        left_off=left_off,
        **_exports(rows),
    )


def _exports(rows: QuerySet[Event]) -> dict[str, int]:
    lists = rows.filter(action__endswith=".exported", changes__has_key="rows")
    found = lists.aggregate(exports=Count("pk"), exported_rows=Sum(Cast(KT("changes__rows"), IntegerField())))
    return {name: count or 0 for name, count in found.items()}


def kind_of(action: str) -> str:
    """What sort of data an act is about."""
    return next((label for label, starts in KINDS if action.startswith(starts)), OTHER)


def _by_kind(rows: QuerySet[Event], actions: list[Line]) -> list[Line]:
    grouped: dict[str, list[Line]] = {}
    for one in actions:
        grouped.setdefault(kind_of(one.label), []).append(one)
    found = []
    for label, lines in grouped.items():
        # People are counted anew: one who was read and downloaded is one person.
        mine = rows.filter(action__in=[one.label for one in lines]).exclude(subject_ref="")
        people = mine.aggregate(people=Count("subject_ref", distinct=True))["people"]
        found.append(
            Line(label, sum(one.events for one in lines), people, min(one.first for one in lines),
                 max(one.last for one in lines))
        )  # fmt: skip
    return sorted(found, key=lambda one: -one.events)


def _affected(rows: QuerySet[Event]) -> tuple[list[Affected], int]:
    grouped = (
        rows.exclude(subject_ref="")
        .values("subject_ref")
        .annotate(events=Count("pk"), first=Min("ts"), last=Max("ts"))
        .order_by("-events", "subject_ref")
    )
    found = list(grouped[: MOST_PEOPLE + 1])
    left_off = max(0, len(found) - MOST_PEOPLE)
    found = found[:MOST_PEOPLE]
    known = _people([_uuid(one["subject_ref"]) for one in found])
    people = []
    for one in found:
        key = _uuid(one["subject_ref"])
        if key is None:
            continue
        country, city, has_address, erased = known.get(key, ("", "", False, True))
        places = jurisdictions.of_place(country=country, city=city)
        people.append(
            Affected(key, country, ", ".join(place.short for place in places), has_address, one["events"],
                     one["first"], one["last"], erased)
        )  # fmt: skip
    return people, left_off


def _people(keys: list[UUID | None]) -> dict[UUID, tuple[str, str, bool, bool]]:
    current = CandidateEmail.objects.filter(candidate=OuterRef("pk"), status=CandidateEmail.Status.CURRENT)
    found: dict[UUID, tuple[str, str, bool, bool]] = {}
    wanted = [key for key in keys if key is not None]
    for start in range(0, len(wanted), 10_000):
        rows = Candidate.objects.filter(pk__in=wanted[start : start + 10_000]).annotate(has_address=Exists(current))
        for pk, country, city, has, erased in rows.values_list("pk", "country", "city", "has_address", "erased_at"):
            found[pk] = (country, city, has, erased is not None)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def write_people(found: Report, file: TextIO) -> None:
    """The affected people as a table, safe to open in a spreadsheet."""
    head = ("candidate", "country", "law", "e-mail address known", "events", "first", "last", "erased")
    rows = (
        (str(one.candidate), one.country, one.place, "yes" if one.has_address else "no", one.events,
         one.first.isoformat(), one.last.isoformat(), "yes" if one.erased else "no")
        for one in found.people
    )  # fmt: skip
    tables.write_csv(file, [head, *rows])


def notifications_text(found: Report, *, company: str, contact: str, now: datetime) -> str:
    """The forms of GDPR Article 33 and DPDP Rule 7, filled in as far as the trail knows; the rest is to be written."""
    asked = found.question
    kinds = "\n".join(f"  - {one.label}: {one.events} events, {one.people} people" for one in found.kinds)
    places = "\n".join(f"  - {name}: {count}" for name, count in found.places.items()) or "  - nobody"
    when = f"{asked.since:%Y-%m-%d %H:%M %Z} to {asked.until:%Y-%m-%d %H:%M %Z}"
    narrowed = ", ".join(
        part
        for part in (
            f"actor {asked.actor}" if asked.actor else "",
            f"address {asked.address}" if asked.address else "",
            f"job {asked.job}" if asked.job else "",
        )
        if part
    )
    return f"""# Notification of a personal data breach

Drawn from the audit trail on {now:%Y-%m-%d %H:%M %Z}. Lines in brackets are for you to write.

## To the supervisory authority (GDPR, Article 33; within 72 hours of becoming aware)

1. Controller: {company}. Contact: {contact}
2. Became aware: [day and hour]
3. Time of the breach: {when}{f" ({narrowed})" if narrowed else ""}
4. Nature: [what happened: loss of confidentiality, integrity or availability]
5. Categories of data reached, from {found.events} events:
{kinds or "  - none"}
   Lists exported: {found.exports}, of {found.exported_rows} rows together; whose they are has to be asked of the file.
6. People concerned: {len(found.people)}{" (at least)" if found.left_off else ""}, by law:
{places}
7. Likely consequences: [for the people concerned]
8. Measures taken and proposed: [accounts closed, tokens revoked, people told]
9. Reasons for a delay, if later than 72 hours: [reason]

## To the Data Protection Board of India and to each person (DPDP Rules 2025, Rule 7)

Without delay: nature, extent, time and place of the breach, its likely impact.
- Nature and extent: as 4 to 6 above; people in India: {found.in_country("IN")}
- Time: {when}
- Impact on each person: [what they should expect]
Within 72 hours, in detail: broad facts, measures, findings about who caused it, remedial steps, who was told.
- People who can be told by e-mail: {len(found.people) - found.without_address}
- People without a known address: {found.without_address}

## To the people concerned (GDPR, Article 34; DPDP Rule 7(1))

What happened on [day], what of your data was reached, what it may lead to, what we did, what you can do. Ask:
{contact}
"""
