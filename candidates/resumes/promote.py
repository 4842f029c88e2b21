"""From checked bytes to stored objects, and from stored objects to rows that people see."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value
from django.db.models.expressions import CombinedExpression

from audit import actions as audit
from candidates.models import (
    Candidate,
    Resume,
    ResumePage,
    ResumeParse,
    ResumeText,
    ResumeVector,
    UploadTicket,
)
from candidates.resumes import person
from candidates.resumes.claims import Claim, locked
from candidates.resumes.context import Context
from candidates.resumes.document import Kind, Label, ParsedResume
from candidates.resumes.reading import ReadResume
from candidates.resumes.storable import storable, storable_json
from hrassist.lib import failpoint, storage

TYPES = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
    Kind.RTF: "application/rtf",
    Kind.TXT: "text/plain",
    Kind.HTML: "text/html",
}
# A tsvector holds 1 MB; two configurations of this many bytes of text stay below it whatever the words are.
SEARCHED_BYTES = 200_000
# What searching by skill and title keeps; a list of a thousand skills is a keyword trap, not a person.
LONGEST_SKILL, MOST_SKILLS, LONGEST_TITLE, MOST_TITLES = 80, 300, 200, 60


class NotWhatWasStored(storage.StorageUnavailable):
    """The store gave back other bytes than it was given."""

    code = "storage_corrupt"
    default_message = "The file store returned other bytes than were written to it."


def store(context: Context) -> Context:
    """Put the very buffer that was checked under a fresh key, and its pages beside it; read everything back.

    A crash after this leaves objects without rows, which the sweep finds; never a row without an object.
    """
    content_type = TYPES[context.kind] if context.kind else "application/octet-stream"
    key, version_id = _stored(context.data, content_type=content_type)
    pages = tuple(replace(one, key=_stored(one.data, content_type=one.content_type)[0]) for one in context.pages)
    return replace(context, key=key, version_id=version_id, pages=pages)


def _stored(data: bytes, *, content_type: str) -> tuple[str, str]:
    clean, key = storage.clean(), f"clean/{uuid4()}"
    written = clean.put(key, data, content_type=content_type)
    digest = hashlib.sha256()
    for chunk in clean.open(key):
        digest.update(chunk)
    if digest.digest() != hashlib.sha256(data).digest():
        raise NotWhatWasStored
    return key, written.version_id


def discard(context: Context) -> None:
    """Delete what this run stored and nothing refers to."""
    for key in (context.key, *(one.key for one in context.pages)):
        if key:
            storage.clean().delete(key)


def appear(context: Context, *, now: datetime) -> Resume | None:
    """Make the resume visible in one transaction, if the claim still holds; None when its bytes are here already.

    Raises Superseded.
    """
    with transaction.atomic():
        ticket = locked(Claim(ticket=context.ticket, fence=context.fence))
        failpoint.reach("ingest.appearing")
        candidate, is_new = _candidate(ticket, context.reading)
        same = _same_bytes(ticket, candidate, context.sha256)
        resume = None if same else _insert(context, ticket=ticket, candidate=candidate, now=now)
        ticket.move(UploadTicket.State.AVAILABLE, now=now)
        ticket.claimed_until, ticket.duplicate_of = None, same
        ticket.save(update_fields=["state", "settled_at", "claimed_until", "duplicate_of"])
        shown = resume or same
        audit.record(
            "upload.available",
            target=ticket,
            subject=candidate,
            resume=shown.pk if shown else None,
            sha256=context.sha256,
            is_duplicate=same is not None,
            is_new_candidate=is_new,
            state=shown.state if shown else "",
            scanned_by=context.scanned_by,
        )
    return resume


def _candidate(ticket: UploadTicket, reading: ReadResume | None) -> tuple[Candidate | None, bool]:
    if reading:
        return person.find_or_create(ticket, reading.parsed)
    return ticket.candidate, False


def _same_bytes(ticket: UploadTicket, candidate: Candidate | None, sha256: str) -> Resume | None:
    """The resume of this person with the same bytes. Never another person's: that would tell that it exists."""
    same = Resume.objects.filter(sha256=sha256, candidate=candidate)
    if candidate is None:
        same = same.filter(created_by=ticket.created_by)
    return same.order_by("-is_current", "-created_at").first()


def _insert(context: Context, *, ticket: UploadTicket, candidate: Candidate | None, now: datetime) -> Resume:
    reading = context.reading
    if reading:
        Resume.objects.filter(candidate=candidate, is_current=True).update(is_current=False)
    resume = Resume.objects.create(
        candidate=candidate,
        ticket=ticket,
        key=context.key,
        version_id=context.version_id[:100],
        sha256=context.sha256,
        size=len(context.data),
        kind=context.kind or "",
        filename=ticket.filename,
        page_count=len(reading.document.pages) if reading else len(context.pages),
        language=reading.language[:8] if reading else "",
        state=Resume.State.READY if reading else Resume.State.UNREADABLE,
        unreadable_at=None if reading else now,
        unreadable_for="" if reading else context.unreadable_for[:40],
        is_current=reading is not None,
        has_hidden_text=bool(reading and reading.document.hidden),
        parser_version=reading.parsed.parser_version[:40] if reading else "",
        scanned_by=context.scanned_by[:80],
        created_by=ticket.created_by,
        created_at=now,
    )
    ResumePage.objects.bulk_create(
        ResumePage(resume=resume, number=number, key=one.key, width=one.width, height=one.height)
        for number, one in enumerate(context.pages, start=1)
    )
    if reading:
        _insert_reading(resume, reading, context)
    return resume


def _insert_reading(resume: Resume, reading: ReadResume, context: Context) -> None:
    document, parsed = reading.document, reading.parsed
    ResumeText.objects.create(
        resume=resume,
        text=storable(document.text),
        masked_text=storable(reading.masked_text),
        head=storable(reading.head),
        page_starts=list(document.page_starts),
        hidden=storable_json([asdict(one) for one in document.hidden]),
        search=search_vector(reading.masked_text),
    )
    ResumeParse.objects.create(
        resume=resume,
        json_resume=storable_json(parsed.json_resume),
        fields=storable_json([asdict(one) for one in parsed.fields]),
        sections=storable_json([asdict(one) for one in parsed.sections]),
        skills=_skills(parsed.fields),
        warnings=storable_json([*document.warnings, *parsed.warnings, *context.warnings]),
        skill_names=skill_names(parsed),
        titles=SearchVector(Value(" . ".join(titles(parsed))), config="simple"),
    )
    ResumeVector.objects.create(resume=resume, embedding=list(context.vector), model_hash=context.model_hash)


def search_vector(text: str) -> CombinedExpression:
    """Words as they stand (names of products, C++) and their English stems, of the first 200 kB."""
    searched = Value(storable(text).encode()[:SEARCHED_BYTES].decode(errors="ignore"))
    return SearchVector(searched, config="simple") + SearchVector(searched, config="english")


def skill_names(parsed: ParsedResume) -> list[str]:
    """What `skill:` finds: each skill as the resume writes it and by the name that its taxonomy prefers."""
    names: list[str] = []
    for skill in _listed(parsed.json_resume.get("skills")):
        names += [str(skill.get("name") or ""), *(str(word) for word in skill.get("keywords") or [])]
    names += [one.value for one in parsed.fields if one.label == Label.SKILL]
    small = (" ".join(storable(name).lower().split())[:LONGEST_SKILL].strip() for name in names)
    return list(dict.fromkeys(name for name in small if name))[:MOST_SKILLS]


def titles(parsed: ParsedResume) -> list[str]:
    """What `title:` finds: the headline and every position, apart from each other."""
    basics = parsed.json_resume.get("basics")
    found = [str(basics.get("label") or "")] if isinstance(basics, dict) else []
    found += [str(work.get("position") or "") for work in _listed(parsed.json_resume.get("work"))]
    return [storable(title)[:LONGEST_TITLE] for title in dict.fromkeys(found) if title][:MOST_TITLES]


def _listed(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _skills(fields: Sequence[object]) -> list[str]:
    concepts = (getattr(one, "concept", "") for one in fields if getattr(one, "label", "") == "SKILL")
    return list(dict.fromkeys(storable(concept) for concept in concepts if concept))
