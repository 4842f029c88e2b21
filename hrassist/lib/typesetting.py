"""Sets documents: PDF by templates of ours with words as data, and DOCX packages without a clock in them."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from hrassist.lib.errors import DomainError

# The typesetter is kept, for its fonts take long to read, and it refuses a second thread.
_ONE_AT_A_TIME = threading.Lock()


class NoFont(DomainError):
    """A name or a term is written in letters that no font here has."""

    code = "no_font"
    default_message = (
        "This server has no font for some letters of this document, so there is no PDF of it. Use the DOCX, or ask the "
        "operator to install a font for them (Debian: fonts-noto-cjk)."
    )


def pdf(template: Path, said: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF with its fonts inside (PDF/UA-1); `said` is JSON for the template's inputs. Raises NoFont."""
    # The words go in as data: what looks like a command of the typesetter stays a word.
    inputs = {name: json.dumps(value) for name, value in said.items()}
    for system_fonts in (False, True):
        try:
            with _ONE_AT_A_TIME:
                made = _compiler(template, system_fonts=system_fonts).compile(
                    sys_inputs=inputs, timestamp=whole_second(made_at), pdf_standards="ua-1"
                )
        except typst.TypstError as error:
            # The standard refuses a document without a glyph, where a box would be drawn otherwise.
            if "could not be displayed" not in str(error):
                raise
        else:
            return bytes(made)
    raise NoFont


@cache
def _compiler(template: Path, *, system_fonts: bool) -> Any:
    # One per process and template: the fonts are read once, and a page then takes a few hundredths of a second.
    return typst.Compiler(str(template), root=str(template.parent), ignore_system_fonts=not system_fonts)


def without_clock(package: bytes) -> bytes:
    """The same package with every entry of one fixed day: the day of writing is in the properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in read.infolist():
            written.writestr(zipfile.ZipInfo(entry.filename), read.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def whole_second(moment: datetime) -> datetime:
    # Neither format tells time more finely.
    return moment.astimezone(UTC).replace(microsecond=0)


def is_right_to_left(text: str) -> bool:
    first = next((one for one in text if one.isalpha()), "")
    return "\u0590" <= first <= "\u08ff"


def clean(text: str) -> str:
    """Without control characters, which no file format bears; line breaks stay."""
    return "".join(one for one in text.strip() if one in "\n\t" or (ord(one) >= 32 and one not in "\ufffe\uffff"))
