"""Adding a person and keeping what is known of them up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import phonenumbers
from django.db import models, transaction

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.contact import link_key
from hrassist.lib.errors import Conflict, DomainError

if TYPE_CHECKING:
    from hrassist.models import User

ContactNoun = Literal["emails", "phones", "links"]


class ContactFacts(TypedDict, total=False):
    """One way to reach somebody: `value` is the address, number or link."""

    value: str
    type: str
    status: str


# Noun → its model and the column that holds the value.
CONTACTS: dict[str, tuple[type[models.Model], str]] = {
    "emails": (CandidateEmail, "address"),
    "phones": (CandidatePhone, "number"),
    "links": (CandidateLink, "url"),
}
FACTS = ("full_name", "headline", "city", "country", "source", "external_id")


class NoName(DomainError):
    """A person needs a name."""

    code = "no_name"
    default_message = "Give the person a name."


class CandidateMerged(Conflict):
    """The record was merged into another one, which has to be changed instead."""

    code = "candidate_merged"
    default_message = "This record was merged into another one. Change that one."


@transaction.atomic
def create(
    *,
    by: User,
    now: datetime,
    facts: Mapping[str, str],
    contacts: Mapping[str, Iterable[ContactFacts]] | None = None,
) -> Candidate:
    """Add a person with contacts; two people may share an address, which merging (not this) decides upon.

    `facts` are columns of FACTS, `contacts` maps emails, phones and links to their entries.
    """
    _require_name(facts.get("full_name", ""))
    candidate = Candidate.objects.create(
        **{name: facts[name].strip() for name in FACTS if name in facts},
        created_by=by,
        created_at=now,
        last_activity_at=now,
    )
    counts = {
        noun: _set_contacts(candidate, noun, entries, source="recruiter", new=True)
        for noun, entries in (contacts or {}).items()
    }
    audit.record("candidate.created", target=candidate, by=by, subject=candidate, contacts=counts)
    return candidate


@transaction.atomic
def update(
    *,
    candidate: Candidate,
    by: User,
    now: datetime,
    facts: Mapping[str, str],
    contacts: Mapping[str, Iterable[ContactFacts]] | None = None,
    expected_updated_at: datetime | None = None,
) -> Candidate:
    """Change facts, and replace those contact lists that are given; what is not named stays.

    Raises CandidateMerged for a merged record, Conflict if it changed since `expected_updated_at`.
    """
    candidate = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)
    if candidate.merged_into_id is not None:
        raise CandidateMerged
    if expected_updated_at is not None and candidate.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this person since you read it. Read it again.", code="candidate_changed")
    if "full_name" in facts:
        _require_name(facts["full_name"])
    changed = [name for name in FACTS if name in facts and getattr(candidate, name) != facts[name].strip()]
    for name in changed:
        setattr(candidate, name, facts[name].strip())
    counts = {
        noun: _set_contacts(candidate, noun, entries, source="recruiter") for noun, entries in (contacts or {}).items()
    }
    if not changed and not any(counts.values()):
        return candidate
    candidate.last_activity_at = now
    # updated_at moves with a changed contact too: who follows changes reads one clock per person.
    candidate.save(update_fields=[*changed, "last_activity_at", "updated_at"])
    audit.record("candidate.updated", target=candidate, by=by, subject=candidate, fields=changed, contacts=counts)
    return candidate


def _require_name(name: str) -> None:
    if not name.strip():
        raise NoName(fields={"full_name": ["This must not be empty."]})


def _set_contacts(
    candidate: Candidate, noun: str, entries: Iterable[ContactFacts], *, source: str, new: bool = False
) -> int:
    """Make the entries the person's contacts of this noun; the number of rows added, changed or removed."""
    model, column = CONTACTS[noun]
    wanted: dict[str, ContactFacts] = {}
    for entry in entries:
        value = entry["value"].strip()
        wanted[value.lower() if noun == "emails" else value] = entry
    manager: models.Manager[Any] = getattr(candidate, noun)
    # Somebody who was added a moment ago has none yet.
    present = {} if new else {getattr(row, column): row for row in manager.all()}
    gone = [row.pk for value, row in present.items() if value not in wanted]
    if gone:
        manager.filter(pk__in=gone).delete()
    touched = len(gone)
    fresh = []
    for value, entry in wanted.items():
        details = {name: entry[name] for name in ("type", "status") if name in entry}
        row = present.get(value)
        if row is None:
            fresh.append(model(candidate=candidate, source=source, **{column: value}, **_also(noun, value), **details))
        elif any(getattr(row, name) != detail for name, detail in details.items()):
            for name, detail in details.items():
                setattr(row, name, detail)
            row.save(update_fields=list(details))
            touched += 1
    manager.bulk_create(fresh)
    return touched + len(fresh)


LONGEST_E164 = 16


def _also(noun: str, value: str) -> dict[str, str]:
    if noun == "links":
        return {"match_key": link_key(value)}
    if noun != "phones":
        return {}
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return {}
    if not phonenumbers.is_possible_number(number):
        return {}
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Of some countries longer ones are possible than the standard allows: such a number is kept as it was written.
    return {"e164": e164} if len(e164) <= LONGEST_E164 else {}
