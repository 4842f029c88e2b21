"""The sequence tagger: a linear-chain CRF over the tokens of a reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pycrfsuite

from candidates.resumes.parse.features import features_of
from candidates.resumes.parse.tokens import Reading

MODEL = Path(__file__).parent / "data" / "model.crfsuite"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A run of tokens with one label: token indices (end exclusive) and the mean marginal probability."""

    label: str
    first: int
    last: int
    confidence: float


@cache
def open_model(path: Path = MODEL) -> pycrfsuite.Tagger:
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    return tagger


def tag(reading: Reading, *, model: Path = MODEL) -> list[Tagged]:
    """The labelled runs of a reading, in order."""
    if not reading.tokens:
        return []
    tagger = open_model(model)
    tags = tagger.tag(features_of(reading))
    found: list[Tagged] = []
    at = 0
    while at < len(tags):
        if tags[at] == "O":
            at += 1
            continue
        label = tags[at][2:]
        last = at + 1
        while last < len(tags) and tags[last] == "I-" + label:
            last += 1
        sure = sum(tagger.marginal(tags[i], i) for i in range(at, last)) / (last - at)
        found.append(Tagged(label, at, last, round(sure, 3)))
        at = last
    return found
