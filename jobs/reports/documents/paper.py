"""What a report is made of: sections of blocks, plain words and numbers, before anybody says how they look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import formats, timezone, translation

from hrassist.lib.typesetting import clean

if TYPE_CHECKING:
    from hrassist.models import User

Block = dict[str, Any]
NOTHING = "–"
# A row of a table holds a sentence, not a page.
CELL = 400
QUOTE = 320


@dataclass(slots=True)
class Shown:
    """Whom and what a report shows: what somebody has to see, still, to open it."""

    people: set[UUID] = field(default_factory=set)
    jobs: set[UUID] = field(default_factory=set)
    applications: set[UUID] = field(default_factory=set)
    # Applications of which it tells what interviewers said.
    cards: set[UUID] = field(default_factory=set)
    permissions: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, list[str]]:
        """Without the people, who have rows of their own."""
        named = {"jobs": self.jobs, "applications": self.applications, "cards": self.cards}
        return {name: sorted(map(str, ids)) for name, ids in named.items()} | {"permissions": sorted(self.permissions)}


@dataclass(slots=True, kw_only=True)
class Report:
    """A report before it is written: head, sections, and what it shows."""

    title: str
    subtitle: str
    facts: list[tuple[str, str]]
    shown: Shown
    sections: list[dict[str, Any]] = field(default_factory=list)
    # Whether it tells of people: such a paper says so at its foot.
    personal: bool = True
    # Whether it may be put where everybody reads it: such a paper names no colleague either.
    public: bool = False

    def section(self, heading: str, *blocks: Block | None) -> None:
        """Add a section; blocks that are None say nothing."""
        self.sections.append({"heading": heading, "blocks": [one for one in blocks if one is not None]})


def text(words: str) -> Block:
    return {"kind": "text", "text": words}


def quiet(words: str) -> Block:
    """How something is counted, or why there is nothing."""
    return {"kind": "quiet", "text": words}


def heading(words: str, note: str = "") -> Block:
    """A heading within a section."""
    return {"kind": "heading", "text": words, "note": note}


def facts(rows: Iterable[tuple[str, str]]) -> Block | None:
    said = [[label, value] for label, value in rows if value]
    return {"kind": "facts", "rows": said} if said else None


def figures(*items: tuple[str, str] | tuple[str, str, str]) -> Block:
    """Numbers to be seen first: what it is, the number, and a quiet word behind it."""
    return {"kind": "figures", "items": [[one[0], one[1], one[2] if len(one) > 2 else ""] for one in items]}


def bullets(items: Iterable[str]) -> Block | None:
    said = [one for one in items if one]
    return {"kind": "list", "items": said} if said else None


def evidence(items: Iterable[tuple[str, str, str]]) -> Block | None:
    """Requirement, how strongly a resume speaks of it, and the quote with its page."""
    said = [[one, strength, shortened(quote, QUOTE)] for one, strength, quote in items]
    return {"kind": "evidence", "items": said} if said else None


def table(columns: Sequence[tuple[str, float] | tuple[str, float, str]], rows: Iterable[Sequence[Any]]) -> Block | None:
    """Columns are a heading, a share of the width, and "right" for numbers; None without a row."""
    said = [[shortened(word(cell), CELL) for cell in row] for row in rows]
    if not said:
        return None
    heads = [{"label": one[0], "width": one[1], "align": one[2] if len(one) > 2 else "left"} for one in columns]
    return {"kind": "table", "columns": heads, "rows": said}


def word(value: Any) -> str:
    """A cell as people read it: thousands apart, days by name, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value)
    if isinstance(value, datetime | date):
        return day(value)
    return str(value)


def number(value: int) -> str:
    return f"{value:,}"


def percent(part: int | float, whole: int | float) -> str:
    """A share, as a dash of nobody."""
    if not whole:
        return NOTHING
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1f} %"


def days(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def counted(count: int, one: str, many: str = "") -> str:
    """1 application, 2 applications."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def day(value: date | datetime | None) -> str:
    """26 November 2026, where the site is."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return _day(value)


@lru_cache(maxsize=1024)
def _day(value: date) -> str:
    """Kept, for a list of people names the same days over and over."""
    with translation.override("en"):
        return formats.date_format(value, "j M Y")


def moment(value: datetime) -> str:
    with translation.override("en"):
        return formats.date_format(timezone.localtime(value), "j F Y, H:i")


def shortened(words: str, most: int) -> str:
    words = words if "\n" not in words else " ".join(words.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def said(report: Report, *, brand: dict[str, Any], owner: User, made_at: datetime) -> dict[str, Any]:
    """The whole paper as both writers read it: JSON, and not a control character in it."""
    foot = "Contains personal data: for the person it was made for, and to be deleted when it is not needed any more."
    return {
        "title": _clean(report.title),
        "subtitle": _clean(report.subtitle),
        "facts": _clean([[label, value] for label, value in report.facts if value]),
        "sections": _clean(report.sections),
        "brand": brand,
        "foot": foot if report.personal else "Figures only: no candidate is named.",
        "made": _clean(
            f"Made on {moment(made_at)}."
            if report.public
            else f"Made on {moment(made_at)} for {owner.display_name}, with what they may see."
        ),
        "language": "en",
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
