"""The figures of config/ranking.toml, read strictly."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from hrassist.lib.errors import DomainError


class WeightsUnusable(DomainError):
    """config/ranking.toml cannot be ranked with; the message says which line to mend."""

    code = "ranking_config"


@dataclass(frozen=True, slots=True)
class QueryWeights:
    head: float
    title: float
    focus: float
    focus_temperature: float
    body_words: float


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    lexical: float


@dataclass(frozen=True, slots=True)
class Bm25:
    k1: float
    b: float


@dataclass(frozen=True, slots=True)
class CandidateLimits:
    nearest: int
    full_text: int
    exact_below: int
    ef_search: int


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    shown: int
    passages: int
    literal: float
    together: float


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything an operator may turn; a run stores the whole of it."""

    query: QueryWeights
    score: ScoreWeights
    bm25: Bm25
    candidates: CandidateLimits
    evidence: EvidenceRules

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises WeightsUnusable for a missing file, table or figure, an unknown one, and one out of range."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WeightsUnusable("{path} cannot be read: {error}.", path=path, error=error) from error
        kinds = {
            "query": QueryWeights,
            "score": ScoreWeights,
            "bm25": Bm25,
            "candidates": CandidateLimits,
            "evidence": EvidenceRules,
        }
        _same_names(tables, kinds, where=str(path))
        made = {name: _table(kind, tables[name], where=f"{path} [{name}]") for name, kind in kinds.items()}
        weights = cls(**made)
        weights._require_sense(path)
        return weights

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def _require_sense(self, path: Path) -> None:
        limits = self.candidates
        rules = {
            "[query] head, title and focus must not all be 0": self.query.head + self.query.title + self.query.focus
            > 0,
            "[query] focus_temperature must be above 0": self.query.focus_temperature > 0,
            "[bm25] b must be 0 to 1": self.bm25.b <= 1,
            "[candidates] nearest must be 1 to 1000": 1 <= limits.nearest <= 1000,
            "[candidates] full_text must be at most 1000": limits.full_text <= 1000,
            "[candidates] ef_search must be 1 to 1000": 1 <= limits.ef_search <= 1000,
            "[evidence] literal must be above 0": self.evidence.literal > 0,
        }
        for rule, holds in rules.items():
            if not holds:
                raise WeightsUnusable("{path}: {rule}.", path=path, rule=rule)


def _table(kind: type[Any], given: Any, *, where: str) -> Any:
    if not isinstance(given, dict):
        raise WeightsUnusable("{where} must be a table.", where=where)
    wanted = {field.name: field.type for field in fields(kind)}
    _same_names(given, wanted, where=where)
    figures: dict[str, float] = {}
    for name, value in given.items():
        whole = wanted[name] == "int"
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        # NaN is not >= 0 either.
        if not (fits and value >= 0):
            kind_of_number = "a whole number" if whole else "a number"
            raise WeightsUnusable(
                "{where}: {name} must be {kind} from 0 up, not {value!r}.",
                where=where,
                name=name,
                kind=kind_of_number,
                value=value,
            )
        figures[name] = int(value) if whole else float(value)
    return kind(**figures)


def _same_names(given: dict[str, Any], wanted: dict[str, Any], *, where: str) -> None:
    for name in sorted(given.keys() - wanted.keys()):
        raise WeightsUnusable("{where}: {name} is not known here.", where=where, name=name)
    for name in sorted(wanted.keys() - given.keys()):
        raise WeightsUnusable("{where}: {name} is missing.", where=where, name=name)
