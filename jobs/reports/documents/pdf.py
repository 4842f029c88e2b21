"""The same report as a tagged PDF, and its pages as pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2

from hrassist.lib import typesetting

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
# What is too long for a column, for a line of the title, and for any line.
_LONG, _LONG_IN_HEADS, _LONG_IN_LINES = (re.compile(rf"[^\s\u200b]{{{most},}}") for most in (24, 32, 60))


def report(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """PDF/UA-1 with its fonts inside. Raises NoFont."""
    return typesetting.pdf(TEMPLATE, breakable(paper), made_at=made_at)


def pages(paper: Mapping[str, Any], *, dots_per_inch: int = 90) -> list[bytes]:
    return typesetting.pictures(TEMPLATE, breakable(paper), dots_per_inch=dots_per_inch)


def page_of(made: bytes, number: int, *, zoom: float = 1.6) -> bytes | None:
    """A page of a PDF of ours, from 1 on, as PNG."""
    with pypdfium2.PdfDocument(made) as read:
        if not 1 <= number <= len(read):
            return None
        out = io.BytesIO()
        read[number - 1].render(scale=zoom).to_pil().quantize(128).save(out, "PNG")
        return out.getvalue()


def breakable(paper: Mapping[str, Any]) -> dict[str, Any]:
    """The paper with places in its longest words where a line may end: an address would leave its cell otherwise.

    `head` is the title as it is printed; the properties of the file have it in one piece.
    """
    sections = [
        section
        | {
            "heading": _LONG_IN_HEADS.sub(_broken, section["heading"]),
            "blocks": [_breakable_block(block) for block in section["blocks"]],
        }
        for section in paper["sections"]
    ]
    head, subtitle = (_LONG_IN_HEADS.sub(_broken, paper[name]) for name in ("title", "subtitle"))
    facts = [[_LONG.sub(_broken, cell) for cell in row] for row in paper["facts"]]
    return {**paper, "sections": sections, "head": head, "subtitle": subtitle, "facts": facts}


def _breakable_block(block: Mapping[str, Any]) -> dict[str, Any]:
    match block["kind"]:
        case "table" | "facts":
            return {**block, "rows": [[_LONG.sub(_broken, cell) for cell in row] for row in block["rows"]]}
        case "evidence":
            return {**block, "items": [[_LONG.sub(_broken, cell) for cell in item] for item in block["items"]]}
        case "heading":
            return {**block, "text": _LONG_IN_HEADS.sub(_broken, block["text"])}
        case "text" | "quiet":
            return {**block, "text": _LONG_IN_LINES.sub(_broken, block["text"])}
        case "list":
            return {**block, "items": [_LONG_IN_LINES.sub(_broken, item) for item in block["items"]]}
    return dict(block)


def _broken(found: re.Match[str]) -> str:
    word = found.group()
    return "\u200b".join(word[at : at + 12] for at in range(0, len(word), 12))
