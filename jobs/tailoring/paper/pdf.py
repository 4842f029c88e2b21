"""The same words as a tagged PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hrassist.lib import typesetting

TEMPLATES = Path(__file__).parent / "templates"


def resume_pdf(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    return typesetting.pdf(TEMPLATES / "resume.typ", paper, made_at=made_at)


def letter_pdf(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    return typesetting.pdf(TEMPLATES / "letter.typ", paper, made_at=made_at)


def resume_png(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The first page of the PDF as a picture."""
    return typesetting.png(TEMPLATES / "resume.typ", paper, made_at=made_at)
