"""Records of what may be one person, side by side: what they say, what they have, and what to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_datetime

from candidates.actions.candidates import FACTS
from candidates.models import Candidate, CandidateEmail, CandidateLink, CandidatePhone, Resume, moving
from candidates.models.contact import link_key

LABELS = {
    "full_name": "Name", "headline": "Headline", "city": "City", "country": "Country", "source": "Source",
    "external_id": "External id",
}  # fmt: skip
CONTACTS = {
    "candidates.candidateemail": "emails", "candidates.candidatephone": "phones", "candidates.candidatelink": "links",
}  # fmt: skip
KINDS = {"email": "E-mail", "phone": "Phone", "link": "Link"}


@dataclass(slots=True)
class Cell:
    """What one record says: `choice` is the value of its radio button, empty where there is nothing to choose."""

    text: str
    choice: str = ""
    chosen: bool = False


@dataclass(slots=True)
class Record:
    """One record of the comparison."""

    candidate: Candidate
    kept: bool = False
    # (text, whether another record has it too)
    contacts: list[tuple[str, bool]] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)
    resume: Resume | None = None


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    label: str
    cells: list[Cell]


def visible(user: Any, ids: Sequence[UUID]) -> list[Candidate]:
    """Those of these records that the user may see and that stand for themselves, with their contacts, oldest first."""
    rows = Candidate.objects.visible_to(user).unmerged().filter(pk__in=ids).order_by("created_at", "pk")
    return list(
        rows.prefetch_related(
            Prefetch("emails", CandidateEmail.objects.order_by("pk")),
            Prefetch("phones", CandidatePhone.objects.order_by("pk")),
            Prefetch("links", CandidateLink.objects.order_by("pk")),
            Prefetch("resumes", Resume.objects.ready().current(), to_attr="current_resumes"),
        )
    )


def records(user: Any, people: Sequence[Candidate]) -> list[Record]:
    """The records with what each has; the one with most applications, then the oldest, is proposed to be kept."""
    tables = [(mover, _counts(mover, user, people)) for mover in moving.registered() if mover.counted]
    shown = [
        Record(
            candidate=one,
            counts=[(mover.label[number != 1], number) for mover, found in tables if (number := found.get(one.pk, 0))],
            resume=next(iter(getattr(one, "current_resumes", [])), None),
        )
        for one in people
    ]
    _say_contacts(shown)
    if shown:
        weight = {
            one.pk: sum(found.get(one.pk, 0) for mover, found in tables if mover.model == "jobs.application")
            for one in people
        }
        max(shown, key=lambda record: weight[record.candidate.pk]).kept = True
    return shown


def _counts(mover: moving.Mover, user: Any, people: Sequence[Candidate]) -> dict[UUID, int]:
    noun = CONTACTS.get(mover.model)
    if noun is None:
        return mover.count(user, [one.pk for one in people])
    # Contacts were read with their people.
    return {one.pk: len(getattr(one, noun).all()) for one in people}


def _say_contacts(shown: list[Record]) -> None:
    keyed = [
        [(str(row), _key(row)) for noun in ("emails", "phones", "links") for row in getattr(one.candidate, noun).all()]
        for one in shown
    ]
    for number, (record, mine) in enumerate(zip(shown, keyed, strict=True)):
        others = {key for place, entries in enumerate(keyed) if place != number for _, key in entries}
        record.contacts = [(text, key in others) for text, key in mine]


def _key(row: Any) -> str:
    if isinstance(row, CandidatePhone):
        digits = row.e164[1:] if row.e164 else "".join(one for one in row.number if one.isdigit())
        return f"phone {digits}"
    return f"link {link_key(row.url) or row.url}" if isinstance(row, CandidateLink) else f"email {row.address}"


def rows(shown: Sequence[Record]) -> list[Row]:
    """What the records say, name by name; where they differ, each that says something can be chosen."""
    kept = next((one for one in shown if one.kept), None)
    found = []
    for name in FACTS:
        values = [getattr(one.candidate, name) for one in shown]
        if not any(values):
            continue
        differ = len({value for value in values if value}) > 1
        first = getattr(kept.candidate, name) if kept else ""
        # The kept record's value, or the first that says anything.
        best = next(number for number, value in enumerate(values) if value and (not first or shown[number].kept))
        found.append(
            Row(
                name,
                LABELS[name],
                [
                    Cell(value, str(one.candidate.pk) if differ and value else "", chosen=number == best)
                    for number, (one, value) in enumerate(zip(shown, values, strict=True))
                ],
            )
        )
    return found


def resume_cells(shown: Sequence[Record]) -> list[Cell]:
    """Which resume becomes the current one; the newest is proposed."""
    having = [one for one in shown if one.resume]
    newest = max(having, key=lambda one: one.resume.created_at, default=None)  # type: ignore[union-attr]
    return [
        Cell(
            one.resume.filename if one.resume else "",
            str(one.candidate.pk) if one.resume and len(having) > 1 else "",
            chosen=one is newest,
        )
        for one in shown
    ]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for on the comparison: whom to keep, whom to merge into it, whose values to take."""

    kept: Candidate
    others: list[Candidate]
    chosen: dict[str, UUID]
    seen: dict[UUID, Any]


def read(said: QueryDict, people: Sequence[Candidate], names: Sequence[str], seen: Mapping[UUID, Any]) -> Wish | None:
    """The form as it came in; None where it does not say which record to keep."""
    by_id = {str(one.pk): one for one in people}
    kept = by_id.get(said.get("keep", ""))
    if kept is None:
        return None
    wanted = said.getlist("merge") or list(by_id)
    others = [one for key, one in by_id.items() if key in wanted and one.pk != kept.pk]
    among = {one.pk for one in (kept, *others)}
    wanted_values = {name: str(said.get(name, "")) for name in names}
    chosen = {name: by_id[key].pk for name, key in wanted_values.items() if key in by_id}
    return Wish(kept, others, {name: pk for name, pk in chosen.items() if pk in among}, dict(seen))


def seen_then(request: HttpRequest) -> dict[UUID, Any]:
    """When each record was last changed as the comparison showed it."""
    found = {}
    for said in request.POST.getlist("seen"):
        key, _, when = said.partition(" ")
        try:
            found[UUID(key)] = parse_datetime(when)
        except ValueError:
            continue
    return {key: when for key, when in found.items() if when is not None}
