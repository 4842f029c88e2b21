"""Papers as PDF from a template and data, and DOCX packages: the same words of the same moment give the same bytes."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from hrassist.lib.errors import DomainError

PDF = "application/pdf"
# The typesetter is kept, for its fonts take long to read, and it refuses a second thread.
_ONE_AT_A_TIME = threading.Lock()
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")


class NoFont(DomainError):
    """A name or a term is written in letters that no font here has."""

    code = "no_font"
    default_message = (
        "This server has no font for some letters of this paper, so there is no PDF of it. Use the other format, or "
        "ask the operator to install a font for them (Debian: fonts-noto-cjk)."
    )


def pdf(template: Path, said: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF with its fonts inside (PDF/UA-1); the template reads `said` as `letter`. Raises NoFont."""
    return bytes(_typeset(template, said, made_at=made_at, pdf_standards="ua-1"))


def png(template: Path, said: Mapping[str, Any], *, made_at: datetime, ppi: int = 110) -> bytes:
    """A picture of the first page of the same paper."""
    pages = _typeset(template, said, made_at=made_at, format="png", ppi=ppi)
    return bytes(pages[0] if isinstance(pages, list) else pages)


def _typeset(template: Path, said: Mapping[str, Any], *, made_at: datetime, **form: Any) -> Any:
    for system_fonts in (False, True):
        try:
            # The words go in as data: what looks like a command of the typesetter stays a word.
            with _ONE_AT_A_TIME:
                made = _compiler(template, system_fonts=system_fonts).compile(
                    sys_inputs={"letter": json.dumps(said)}, timestamp=whole_second(made_at), **form
                )
        except typst.TypstError as error:
            # The standard refuses a letter without a glyph, where a box would be drawn otherwise.
            if "could not be displayed" not in str(error):
                raise
        else:
            return made
    raise NoFont


def pictures(template: Path, said: Mapping[str, Any], *, dots_per_inch: int) -> list[bytes]:
    """Every page as PNG; letters without a glyph are boxes here."""
    with _ONE_AT_A_TIME:
        made = _compiler(template, system_fonts=True).compile(
            sys_inputs={"letter": json.dumps(said)}, format="png", ppi=dots_per_inch
        )
    return [bytes(one) for one in made] if isinstance(made, list) else [bytes(made)]


def without_clock(package: bytes) -> bytes:
    """The same package with every entry of one fixed day: the day of writing is in the properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in read.infolist():
            written.writestr(zipfile.ZipInfo(entry.filename), read.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def is_right_to_left(text: str) -> bool:
    """Whether its first letter is of Hebrew, Arabic or their neighbours."""
    first = next((one for one in text if one.isalpha()), "")
    return has_right_to_left(first)


def has_right_to_left(text: str) -> bool:
    return _RIGHT_TO_LEFT.search(text) is not None


def whole_second(moment: datetime) -> datetime:
    # No format of papers tells time more finely.
    return moment.astimezone(UTC).replace(microsecond=0)


def clean(text: str) -> str:
    """Without control characters, which no file format bears; line breaks stay."""
    return _CONTROLS.sub("", text.strip())


@cache
def _compiler(template: Path, *, system_fonts: bool) -> Any:
    # One per template and process: the fonts are read once, and a paper then takes a few hundredths of a second.
    return typst.Compiler(str(template), root=str(template.parent), ignore_system_fonts=not system_fonts)
