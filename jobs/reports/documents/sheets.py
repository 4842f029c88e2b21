"""The rates of a finished report as a table for programs: read out of its DOCX, so that both say the same."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph

from hrassist.lib import tables

RATIO = "Impact ratio"
PLACED = ("Section", "Table")
UNNAMED = "Note"
_COUNT = re.compile(r"\d{1,3}(?:,\d{3})*")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) %")
_NUMBER = re.compile(r"\d+\.\d+")


def table_of(document: bytes, *, kind: str) -> bytes:
    """Every table with impact ratios below each other, as CSV or XLSX; a column that one lacks is empty there."""
    found = list(_rates(document))
    columns = list(dict.fromkeys(name for _, names, _ in found for name in names))
    with tempfile.TemporaryDirectory() as folder:
        sheet = tables.sheet(Path(folder) / f"table.{kind}", [*PLACED, *columns], kind=kind)
        for placed, names, rows in found:
            for row in rows:
                said = dict(zip(names, row, strict=True))
                sheet.add([*placed, *(_value(said.get(name, "")) for name in columns)])
        return sheet.close().read_bytes()


def _rates(document: bytes) -> Iterator[tuple[tuple[str, str], list[str], list[Sequence[str]]]]:
    section = heading = ""
    for block in docx.Document(io.BytesIO(document)).iter_inner_content():
        if isinstance(block, Paragraph):
            style = block.style.name if block.style is not None else ""
            if style == "Heading 2":
                section, heading = block.text, ""
            elif style == "Heading 3":
                # What stands behind the heading in small letters is a run of its own.
                heading = block.runs[0].text
        elif isinstance(block, Table):
            rows: list[Sequence[str]] = [[str(cell.text) for cell in row.cells] for row in block.rows]
            names = [name or UNNAMED for name in rows[0]]
            if RATIO in names:
                yield (section, heading), names, rows[1:]


def _value(word: str) -> Any:
    """A number where a cell is one, a share as a part of one; a dash is nothing, and other words stay words."""
    word = word.strip()
    if word == "–":
        return ""
    if _COUNT.fullmatch(word):
        return int(word.replace(",", ""))
    if share := _SHARE.fullmatch(word):
        return round(float(share.group(1)) / 100, 6)
    return float(word) if _NUMBER.fullmatch(word) else word
