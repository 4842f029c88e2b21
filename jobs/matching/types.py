"""The shapes that pass between the stages of a ranking; plain data, no Django."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from hrassist.lib.embeddings import Vectors

Id = TypeVar("Id")


@dataclass(frozen=True)
class JobText:
    """What a job says of itself: the requirement fields hold one requirement a line."""

    title: str
    description: str = ""
    must_have: str = ""
    nice_to_have: str = ""

    @cached_property
    def body(self) -> str:
        parts = (self.description, self.must_have, self.nice_to_have)
        return "\n".join(part.strip() for part in parts if part.strip())

    @cached_property
    def text(self) -> str:
        """Title first, because the model reads only the first 256 tokens, and never twice."""
        if self.body.casefold().startswith(self.title.casefold()):
            return self.body
        return f"{self.title}. {self.body}" if self.body else self.title


class Need(StrEnum):
    """How much a job asks for something."""

    MUST = "must"
    NICE = "nice"


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill as a job writes it, and the identifier of what it means (ESCO or O*NET)."""

    written: str
    concept: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One requirement of a job, and the skills it names."""

    text: str
    need: Need
    skills: tuple[Skill, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {"text": self.text, "kind": self.need.value, "skills": [skill.written for skill in self.skills]}


@dataclass(frozen=True)
class ResumeSource:
    """A resume as evidence is looked for: `masked` has the offsets of `text`; spans are (start, end) in both.

    `page_starts` are the offsets of the pages, `experience` the spans of work history, `skills` (start, end, concept),
    `names` the spans of names of employers, schools and places.
    """

    text: str
    masked: str
    page_starts: tuple[int, ...] = (0,)
    experience: tuple[tuple[int, int], ...] = ()
    skills: tuple[tuple[int, int, str], ...] = ()
    names: tuple[tuple[int, int], ...] = ()

    def page_at(self, offset: int) -> int:
        return max(1, bisect_right(self.page_starts, offset))


class Strength(StrEnum):
    """How well a resume supports a requirement: shown at work, said somewhere, or not found."""

    STRONG = "strong"
    MENTIONED = "mentioned"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The best passage for one requirement; `support` is 0 to 1. Without evidence there is no quote, page or offset."""

    criterion: int
    strength: Strength
    support: float = 0.0
    quote: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class JobQuery:
    """A job as the ranking asks for it: one unit vector, weighted stems, and the words as written."""

    vector: Vectors
    terms: Mapping[str, float]
    words: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Components:
    """What a score is made of; there is nothing else in it."""

    dense: float
    lexical: float

    @property
    def score(self) -> float:
        return self.dense + self.lexical

    def as_json(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scored(Generic[Id]):
    """One place in a ranking, from 1."""

    id: Id
    rank: int
    components: Components

    @property
    def score(self) -> float:
        return self.components.score
