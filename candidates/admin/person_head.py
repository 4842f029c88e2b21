"""The head of every page of a person: how to reach them, what to know before writing, their tags and talent pools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import F
from django.urls import reverse

from candidates.actions import merging
from candidates.admin import labels, tag, talent_pool
from candidates.models import Candidate, LegalHold, Resume, holding
from candidates.models.candidate import everybody_of
from hrassist.admin import person_cards
from hrassist.admin.person_cards import Flags
from hrassist.lib import at_once
from hrassist.lib.at_once import Question, Row

CONTACTS = (
    ("emails", "address", "mail", "mailto:"),
    ("phones", "number", "phone", "tel:"),
    ("links", "url", "link", ""),
)


def of_person(user: Any, candidate: Candidate) -> dict[str, Any]:
    """For head.html, in one statement however many apps have something to say."""
    sources = person_cards.flags(user)
    found = at_once.rows(
        *(
            getattr(candidate, noun).filter(status="current").order_by("pk").values(text=F(column))
            for noun, column, _, _ in CONTACTS
        ),
        tag.of_person(candidate),
        talent_pool.of_person(user, candidate),
        *(source.ask(user, candidate) for source in sources),
    )
    reached, (tags, pools), told = found[: len(CONTACTS)], found[len(CONTACTS) :][:2], found[len(CONTACTS) + 2 :]
    return {
        "contacts": list(_contacts(reached)),
        "flags": [flag for source, rows in zip(sources, told, strict=True) for flag in source.tell(candidate, rows)],
        "labels": labels.of_person(user, tags, pools),
    }


def _contacts(found: list[list[Row]]) -> Iterator[dict[str, str]]:
    """Current addresses, numbers and links with the icon and the address that opens them."""
    for (_, _, icon, scheme), rows in zip(CONTACTS, found, strict=True):
        for row in rows:
            text = row["text"]
            shown = text.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
            yield {"icon": icon, "text": shown, "url": scheme + text.replace(" ", "")}


# --- What a reader should know before believing the file, or before writing to the person twice -----------------------


def _doubles(user: Any, candidate: Candidate) -> Question:
    return merging.doubles_of(candidate, user=user).values("group_id")[:1]


def _suspected(_candidate: Candidate, rows: list[Row]) -> Iterator[dict[str, str]]:
    for row in rows:
        yield {
            "label": "Duplicate suspected",
            "colour": "warn",
            "icon": "merge",
            "title": "Another record has the same e-mail address, phone number or link. Compare them.",
            "url": reverse("admin:candidates_duplicategroup_change", args=[row["group_id"]]),
        }


def _merges(_user: Any, candidate: Candidate) -> Question:
    return merging.standing_of(candidate).values("pk")


def _merged(_candidate: Candidate, rows: list[Row]) -> Iterator[dict[str, str]]:
    if rows:
        yield {
            "label": "Merged",
            "colour": "",
            "icon": "merge",
            "title": f"Records merged into this one: {len(rows)}. Look at what moved, or take it back.",
            "url": reverse("admin:candidates_candidatemerge_change", args=[rows[0]["pk"]]),
        }


def _any_hold(_user: Any, _candidate: Candidate) -> Question:
    return LegalHold.objects.standing().values("pk")[:1]


def _held(candidate: Candidate, any_hold: list[Row]) -> Iterator[dict[str, str]]:
    # Whether it is on this person costs more questions, which nobody asks while nothing at all is held.
    if any_hold and holding.on(everybody_of(candidate.pk)):
        yield {
            "label": "Legal hold",
            "colour": "warn",
            "icon": "lock",
            "title": "Nothing of this person is removed while the hold stands.",
        }


def _current_resumes(_user: Any, candidate: Candidate) -> Question:
    return candidate.resumes.filter(is_current=True).values("has_hidden_text", "state", "unreadable_for")


def _about_the_file(_candidate: Candidate, rows: list[Row]) -> Iterator[dict[str, str]]:
    for row in rows:
        if row["has_hidden_text"]:
            yield {
                "label": "Hidden text found",
                "colour": "warn",
                "icon": "eye-off",
                "title": "The file has text that a reader cannot see. It is neither searched nor scored.",
            }
        if row["state"] == Resume.State.UNREADABLE:
            yield {
                "label": "Unreadable",
                "colour": "bad",
                "icon": "alert",
                "title": f"Reason: {row['unreadable_for']}",
            }


_Ask = Callable[[Any, Any], Question]
_Tell = Callable[[Any, list[Row]], Iterator[dict[str, str]]]
_KNOWN: tuple[tuple[str, _Ask, _Tell], ...] = (
    ("candidates.view_duplicategroup", _doubles, _suspected),
    ("candidates.view_candidatemerge", _merges, _merged),
    ("candidates.view_candidate", _any_hold, _held),
    ("candidates.view_candidate", _current_resumes, _about_the_file),
)
person_cards.add_flags(
    *(
        Flags(permission=permission, ask=ask, tell=tell, order=order)
        for order, (permission, ask, tell) in enumerate(_KNOWN, 10)
    )
)
