"""Labelled resumes for training and measuring: JSON lines of {"id", "text", "spans": [{"start", "end", "label"}]}."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from candidates.resumes.parse.tokens import Reading

TAGGED = (
    "NAME",
    "TITLE",
    "EMPLOYER",
    "SCHOOL",
    "DEGREE",
    "GRADUATION_YEAR",
    "LOCATION",
    "EXPERIENCE",
    "SKILL",
    "SOFT_SKILL",
)
"""Labels the tagger learns; addresses and numbers are left to rules."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One resume with its labelled spans (start, end, label)."""

    id: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def load(path: Path) -> Iterator[Labelled]:
    """The labelled resumes of a .jsonl or .jsonl.gz file; a malformed line raises ValueError naming it."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                spans = tuple((int(s["start"]), int(s["end"]), str(s["label"])) for s in row["spans"])
                yield Labelled(str(row["id"]), str(row["text"]), spans)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{path}, line {number}: expected an object with id, text and spans ({error!r})."
                ) from error


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_held_out(text: str) -> bool:
    """Whether a text is never trained on: one in five, by its own hash, so that any copy of it is left out too."""
    return int(digest(text), 16) % 5 == 0


def tags_of(reading: Reading, spans: tuple[tuple[int, int, str], ...]) -> list[str]:
    """BIO tags of the tokens; where spans overlap, the first keeps the token."""
    tags = ["O"] * len(reading.tokens)
    for start, end, label in sorted(spans):
        if label not in TAGGED:
            continue
        first, last = reading.token_span(start, end)
        while (
            first < last and not reading.tokens[first].text[0].isalnum() and reading.tokens[first].text[0] not in ".("
        ):
            first += 1
        while last > first and reading.tokens[last - 1].text in ",;:-–|•(":
            last -= 1
        if first < last and all(tag == "O" for tag in tags[first:last]):
            tags[first:last] = [f"B-{label}"] + [f"I-{label}"] * (last - first - 1)
    return tags
