"""The same words as a tagged PDF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hrassist.lib import typesetting
from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.paper.compose import lines_of

TEMPLATES = Path(__file__).parent / "templates"


def resume_pdf(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    return typesetting.pdf(TEMPLATES / "resume.typ", paper, made_at=made_at)


def letter_pdf(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    return typesetting.pdf(TEMPLATES / "letter.typ", paper, made_at=made_at)


def resume_png(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The first page of the PDF as a picture."""
    return typesetting.png(TEMPLATES / "resume.typ", paper, made_at=made_at)


def first_lost(paper: Mapping[str, Any], read: str) -> str:
    """The first line of the paper that is not where it belongs in the text of its PDF, or what that has too many.

    Letters and digits count: lines break elsewhere in a PDF, and long words at their hyphens. Words from right to left
    are read back in the order in which they are drawn, so of a line with such words its letters count, in any order.
    """
    # The foot of a page may come amid a line that runs on over the page.
    foot = r"[\W_]*".join(_letters(paper["label"])) + r"(?:[\W_]+[0-9]+ of [0-9]+\b)?"
    rest = _letters(re.sub(foot, " ", plain(read)))
    for line in lines_of(paper):
        wanted = _letters(line)
        got, rest = rest[: len(wanted)], rest[len(wanted) :]
        if got != wanted and not (_RIGHT_TO_LEFT.search(line) and sorted(got) == sorted(wanted)):
            return line
    return rest


_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")


def _letters(text: str) -> str:
    return "".join(one for one in plain(text) if one.isalnum())
