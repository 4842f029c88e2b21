"""The shapes that pass between the stages of a ranking; plain data, no Django."""

from __future__ import annotations

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
class Criterion:
    """One requirement of a job; `skills` are the things it names, each of which may stand in for it literally."""

    text: str
    need: Need
    skills: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {"text": self.text, "kind": self.need.value, "skills": list(self.skills)}


@dataclass(frozen=True)
class JobQuery:
    """A job as the ranking asks for it: one unit vector, and weighted stems."""

    vector: Vectors
    terms: Mapping[str, float]


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
