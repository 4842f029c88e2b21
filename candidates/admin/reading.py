"""What the pages of a person show of the resume: history, skills, flags, the text with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache

from candidates.admin.passages import Span, cut, found_words
from candidates.models import Candidate, Resume, ResumeParse, ResumeText

VALUES_SHOWN, VALUES_SECONDS = 40, 300
LABELS = {
    "NAME": "Name", "EMAIL": "E-mail", "PHONE": "Phone", "LINK": "Link", "LOCATION": "Place", "TITLE": "Title",
    "EMPLOYER": "Employer", "EXPERIENCE": "Period", "SCHOOL": "School", "DEGREE": "Degree",
    "GRADUATION_YEAR": "Graduation", "SKILL": "Skill", "LANGUAGE": "Language", "SUMMARY": "Summary",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One parsed value on the page: `key` is the span it points to, `confidence` 0..1 or None where it is unknown."""

    label: str
    value: str
    key: str
    page: int
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    values: list[Shown]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of somebody's history: what, where, when, and the least certain of its parts."""

    title: str
    place: str
    period: str
    confidence: float | None


def values_in_use(column: str) -> list[str]:
    """What stands in a column of people, kept for five minutes, as finding out reads every person."""
    key = f"candidate-{column}-values"
    found: list[str] | None = cache.get(key)
    if found is None:
        rows = Candidate.objects.exclude(**{column: ""}).order_by().values_list(column, flat=True).distinct()
        found = sorted(rows[:VALUES_SHOWN])
        cache.set(key, found, VALUES_SECONDS)
    return found


def current_resume(candidate: Candidate) -> Resume | None:
    return Resume.objects.filter(candidate=candidate, is_current=True).select_related("parse").first()


def chosen_resume(candidate: Candidate, resume_id: str) -> Resume | None:
    """The version that was asked for, otherwise the current one, otherwise the newest."""
    mine = Resume.objects.filter(candidate=candidate).select_related("text", "parse")
    try:
        asked = mine.filter(pk=UUID(resume_id)).first() if resume_id else None
    except ValueError:
        asked = None
    return asked or mine.order_by("-is_current", "-created_at").first()


def _parse(resume: Resume | None) -> ResumeParse | None:
    return getattr(resume, "parse", None)


def history(resume: Resume | None) -> dict[str, list[Item]]:
    """Work and education as the resume tells them, newest first as written."""
    parse = _parse(resume)
    if parse is None:
        return {"work": [], "education": []}
    sure = {field.get("path"): field.get("confidence") for field in parse.fields}
    document = parse.json_resume

    def least(prefix: str) -> float | None:
        values = [value for path, value in sure.items() if path and path.startswith(f"{prefix}/") and value is not None]
        return min(values) if values else None

    work = [
        Item(
            title=one.get("position") or "",
            place=one.get("name") or "",
            period=_period(one),
            confidence=least(f"/work/{number}"),
        )
        for number, one in enumerate(document.get("work", []))
    ]
    education = [
        Item(
            title=" ".join(part for part in (one.get("studyType"), one.get("area")) if part),
            place=one.get("institution") or "",
            period=_period(one),
            confidence=least(f"/education/{number}"),
        )
        for number, one in enumerate(document.get("education", []))
    ]
    return {"work": work, "education": education}


def _period(entry: Mapping[str, Any]) -> str:
    start, end = entry.get("startDate") or "", entry.get("endDate") or ""
    if start and not end:
        return f"since {start}"
    return " – ".join(part for part in (start, end) if part)


def skills(resume: Resume | None) -> list[str]:
    parse = _parse(resume)
    if parse is None:
        return []
    names = [str(one.get("name", "")) for one in parse.json_resume.get("skills", []) if one.get("name")]
    if not names:
        names = [str(field["value"]) for field in parse.fields if field.get("label") == "SKILL"]
    return list(dict.fromkeys(names))[:60]


def asked_quote(query: Mapping[str, str]) -> Span | None:
    """The passage that a link named by `start` and `end`, as a ranked list's evidence does."""
    try:
        return Span(key="quote", start=int(query["start"]), end=int(query["end"]), kind="quote")
    except (KeyError, ValueError):
        return None


def side_by_side(resume: Resume, *, words: str, quote: Span | None) -> dict[str, Any]:
    """Everything of the resume page: pictures, the text cut at its evidence, the parsed values by kind."""
    text: ResumeText | None = getattr(resume, "text", None)
    parse = _parse(resume)
    fields: list[dict[str, Any]] = parse.fields if parse else []
    spans = [Span(key=f"f{number}", start=one["start"], end=one["end"]) for number, one in enumerate(fields)]
    body = text.text if text else ""
    hits = found_words(body, words) if words else []
    spans += hits
    if quote:
        spans.append(quote)
    groups: dict[str, dict[str, Shown]] = {}
    for number, one in enumerate(fields):
        # A value that stands in five places is one value; its first place is shown.
        groups.setdefault(one["label"], {}).setdefault(
            one["value"].casefold(),
            Shown(
                label=one["label"],
                value=one["value"],
                key=f"f{number}",
                page=one.get("page") or 1,
                confidence=one.get("confidence"),
            ),
        )
    return {
        "resume": resume,
        "pictures": list(resume.pages.all()),
        "text_pages": cut(body, page_starts=text.page_starts if text else [], spans=spans),
        "groups": [Group(label=LABELS[name], values=list(groups[name].values())) for name in LABELS if name in groups],
        "hidden": text.hidden if text else [],
        "words": words,
        "hit_count": len(hits),
        "quote": quote,
    }
