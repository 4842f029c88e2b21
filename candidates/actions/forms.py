"""The door to Word files with placeholders: filled and read again inside the cage, for they are strangers' files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from candidates.resumes.cage import read_in_cage, run_in_cage
from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import Limits
from candidates.resumes.reading import ReadResume, read_document

__all__ = ["FilledForm", "Unreadable", "fill_form", "read_back"]

_LIMITS = Limits(max_bytes=4 * 2**20, cpu_seconds=5, wall_seconds=15.0)


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A finished file, the placeholders that it used, and the lines that it says by itself: all, and of its body."""

    content: bytes
    used: tuple[str, ...]
    own_lines: tuple[str, ...]
    body_lines: tuple[str, ...]


def fill_form(
    content: bytes, *, shape: Mapping[str, Any], values: Mapping[str, Any], properties: str
) -> FilledForm:  # fmt: skip
    """Check a Word file, fill its placeholders and give it these core properties (XML).

    Raises Unreadable, whose message says what is wrong and where.
    """
    asked = json.dumps({"shape": shape, "values": values, "properties": properties}).encode()
    outcome = run_in_cage(
        "candidates.resumes.caged:fill", len(asked).to_bytes(4, "big") + asked + content, limits=_LIMITS,
        output_bytes=8 * 2**20,
    )  # fmt: skip
    end = 4 + int.from_bytes(outcome.output[:4], "big")
    try:
        said = json.loads(outcome.output[4:end])
        used, own, body = ([str(one) for one in said[name]] for name in ("used", "own_lines", "body_lines"))
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("This file is damaged and could not be filled.", code="damaged_file") from error
    return FilledForm(outcome.output[end:], tuple(used[:200]), tuple(own[:2000]), tuple(body[:2000]))


def read_back(content: bytes) -> ReadResume:
    """What our own parser makes of such a file. Raises Unreadable."""
    return read_document(read_in_cage(content))
