"""What a human corrects in what was read from a resume; the file and its text stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value

from audit import actions as audit
from candidates.models import Resume, ResumeParse
from hrassist.lib.errors import Conflict, DomainError, NotFound

if TYPE_CHECKING:
    from hrassist.models import User

# Section of the JSON Resume → the facts of an entry that a person may correct, as its schema names them.
ENTRIES: dict[str, tuple[str, ...]] = {
    "work": ("position", "name", "startDate", "endDate"),
    "education": ("studyType", "area", "institution", "startDate", "endDate"),
}
BASICS = ("name", "label", "summary")
MOST_ENTRIES, MOST_SKILLS, LONGEST, LONGEST_SKILL, LONGEST_SUMMARY = 60, 200, 200, 80, 5000


class ReadAnew(Conflict):
    """The parse changed since it was shown."""

    code = "resume_changed"
    default_message = (
        "Somebody corrected this resume since you opened it. Nothing of yours was stored; look at it again."
    )


def state_of(parse: ResumeParse) -> str:
    """What a form carries along to tell later whether the parse is still the one it showed."""
    return sha256(json.dumps(parse.json_resume, sort_keys=True).encode()).hexdigest()[:32]


@transaction.atomic
def correct(
    *,
    resume: Resume,
    basics: Mapping[str, str],
    entries: Mapping[str, Sequence[Mapping[str, str]]],
    skills: Sequence[str],
    seen: str,
    by: User,
    now: datetime,
) -> ResumeParse:
    """Store what a person says the resume says; whatever the form does not show (highlights, links) stays.

    An entry names its place of before as `was` (a number), or is new; entries that are not named are gone. Search by
    skill and title sees the correction at once; the ranking goes on reading the text. Raises NotFound, ReadAnew, and
    DomainError for what is too long or too much.
    """
    if not Resume.objects.visible_to(by).filter(pk=resume.pk).exists():
        raise NotFound
    parse = ResumeParse.objects.select_for_update().get(resume=resume)
    if state_of(parse) != seen:
        raise ReadAnew
    before = parse.json_resume
    after = deepcopy(before)
    head = {**after.get("basics", {}), **{name: _line(basics[name], name) for name in BASICS if name in basics}}
    after["basics"] = {name: value for name, value in head.items() if value != ""}
    for section, facts in ENTRIES.items():
        after[section] = _entries(before.get(section, []), entries.get(section, ()), facts=facts)
    after["skills"] = _skills(before.get("skills", []), skills)
    if after == before:
        return parse
    parse.json_resume = after
    parse.fields = _marked(parse.fields, before=before, after=after, by=by, now=now)
    parse.skill_names = sorted({skill["name"].lower()[:LONGEST_SKILL] for skill in after["skills"]})
    parse.save(update_fields=["json_resume", "fields", "skill_names"])
    ResumeParse.objects.filter(pk=parse.pk).update(titles=SearchVector(Value(_titles(after)), config="simple"))
    audit.record(
        "resume.corrected",
        target=resume,
        by=by,
        subject=resume.candidate_id,
        sections=sorted(name for name in {*before, *after} if before.get(name) != after.get(name)),
    )
    return parse


def _entries(
    before: Sequence[dict[str, Any]], given: Sequence[Mapping[str, str]], *, facts: tuple[str, ...]
) -> list[dict[str, Any]]:
    if len(given) > MOST_ENTRIES:
        raise DomainError("A resume has at most {most} entries of a kind.", code="too_many_entries", most=MOST_ENTRIES)
    kept = []
    for one in given:
        place = one.get("was", "")
        rest = before[int(place)] if place.isdigit() and int(place) < len(before) else {}
        said = {name: _line(one.get(name, ""), name) for name in facts}
        if any(said.values()):
            kept.append({name: value for name, value in {**rest, **said}.items() if value != ""})
    return kept


def _skills(before: Sequence[dict[str, Any]], given: Sequence[str]) -> list[dict[str, Any]]:
    known = {str(one.get("name", "")).casefold(): one for one in before}
    names: dict[str, str] = {}
    for raw in given:
        name = " ".join(raw.split())
        if len(name) > LONGEST_SKILL:
            raise DomainError("A skill has at most {most} characters: {start}…", code="too_long", most=LONGEST_SKILL,
                              start=name[:30])  # fmt: skip
        if name:
            names.setdefault(name.casefold(), name)
    if len(names) > MOST_SKILLS:
        raise DomainError("A resume has at most {most} skills.", code="too_many_skills", most=MOST_SKILLS)
    return [{**known.get(key, {}), "name": name} for key, name in names.items()]


def _marked(
    fields: Sequence[dict[str, Any]], *, before: dict[str, Any], after: dict[str, Any], by: User, now: datetime
) -> list[dict[str, Any]]:
    """The fields as read, those whose value a person changed marked with who and when: the evidence stays in view."""
    marked = []
    for field in fields:
        path = field.get("path", "")
        if path and _at(before, path) != _at(after, path):
            field = {**field, "corrected_by": by.pk, "corrected_at": now.isoformat()}  # noqa: PLW2901
        marked.append(field)
    return marked


def _at(document: Any, path: str) -> Any:
    for part in path.strip("/").split("/"):
        if isinstance(document, list):
            document = document[int(part)] if part.isdigit() and int(part) < len(document) else None
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document


def _titles(document: dict[str, Any]) -> str:
    work = [str(one.get("position", "")) for one in document.get("work", [])]
    return " . ".join(title for title in (str(document.get("basics", {}).get("label", "")), *work) if title)


def _line(text: str, name: str) -> str:
    most = LONGEST_SUMMARY if name == "summary" else LONGEST
    said = text.replace("\0", "").strip() if name == "summary" else " ".join(text.replace("\0", "").split())
    if len(said) > most:
        raise DomainError("This has more than {most} characters: {start}…", code="too_long", most=most, start=said[:30])
    return said
