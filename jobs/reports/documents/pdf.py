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
_LONG = re.compile(r"[^\s\u200b]{24,}")


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
    """The paper with places in its longest words where a line may end: an address would leave its cell otherwise."""
    sections = []
    for section in paper["sections"]:
        blocks = [
            block | {"rows": [[_LONG.sub(_broken, cell) for cell in row] for row in block["rows"]]}
            if block["kind"] in {"table", "facts"}
            else block
            for block in section["blocks"]
        ]
        sections.append(section | {"blocks": blocks})
    return {**paper, "sections": sections}


def _broken(found: re.Match[str]) -> str:
    word = found.group()
    return "\u200b".join(word[at : at + 12] for at in range(0, len(word), 12))
