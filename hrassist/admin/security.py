"""What the operators' security page tells; each app adds the section it can answer for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "good"
    NOTICE = "notice"
    SERIOUS = "serious"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a section: what is so, how bad that is, and what to do about it."""

    level: Level
    what: str
    advice: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A head and its findings, worst first; `load` is called when the page is opened, and by the alerts."""

    key: str
    title: str
    load: Callable[[], list[Finding]]
    order: int = 50


_sections: dict[str, Section] = {}


def add(section: Section) -> None:
    """Put a section on the page; the same key again replaces it."""
    _sections[section.key] = section


def sections() -> list[Section]:
    return sorted(_sections.values(), key=lambda section: (section.order, section.title))
