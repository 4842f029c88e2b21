"""Tables that leave as CSV or XLSX, row by row, and that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Format = Literal["csv", "xlsx"]
CONTENT_TYPES: dict[str, str] = {"csv": CSV, "xlsx": XLSX}

# What a formula may begin with, with the full-width and small forms that some spreadsheets take for the same.
_SIGNS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
# A spreadsheet drops these before it looks at a cell, or a paste does.
_QUOTES = frozenset("'\"`´‘’“”„«»")
_STARTS = ("\t", "\r", "\n")
# Control characters that XML cannot hold, and halves of pairs that no encoding can.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_CELL = 32_767
SHEET_ROWS = 1_000_000


def may_be_formula(text: str) -> bool:
    """Whether a spreadsheet could run this cell, also after it dropped leading spaces, quotes or invisible marks."""
    if text.startswith(_STARTS):
        return True
    for letter in text:
        if letter in _SIGNS:
            return True
        if not (letter.isspace() or letter in _QUOTES or unicodedata.category(letter) in {"Cc", "Cf"}):
            return False
    return False


def safe(value: Any) -> Any:
    """The cell as it may leave: numbers and dates as they are, text that could be run with an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal | date):
        return value
    text = _NOT_IN_XML.sub("", str(value))[: LONGEST_CELL - 1]
    return f"'{text}" if may_be_formula(text) else text


def meant(text: str) -> str:
    """What `safe` was given: an apostrophe that only keeps a cell from being run is not part of it."""
    return text[1:] if text.startswith("'") and may_be_formula(text[1:]) else text


class Sheet(Protocol):
    """A table that is written row by row into one file."""

    def add(self, row: Iterable[Any]) -> None: ...

    def close(self) -> Path:
        """End the file and say where it is."""
        ...


class _CsvSheet:
    """Comma separated, with the mark that lets every Excel see UTF-8."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self.add(header)

    def add(self, row: Iterable[Any]) -> None:
        self._writer.writerow([_in_csv(safe(value)) for value in row])

    def close(self) -> Path:
        self._file.close()
        return self._path


class _XlsxSheet:
    """Written through to disk as it grows; a table longer than a sheet goes on in the next one."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        import openpyxl  # noqa: PLC0415  with NumPy it takes 0.3 s, a tenth of the start of every process
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        from openpyxl.styles import Font  # noqa: PLC0415

        self._path, self._header = path, header
        self._book, self._bold, self._new_cell = openpyxl.Workbook(write_only=True), Font(bold=True), WriteOnlyCell
        self._rows = 0
        self._sheet: Any = None
        self._next_sheet()

    def add(self, row: Iterable[Any]) -> None:
        if self._rows == SHEET_ROWS:
            self._next_sheet()
        self._sheet.append([self._cell(value) for value in row])
        self._rows += 1

    def close(self) -> Path:
        self._book.save(self._path)
        return self._path

    def _next_sheet(self) -> None:
        self._rows = 0
        self._sheet = self._book.create_sheet()
        self._sheet.freeze_panes = "A2"
        heads = [self._cell(name) for name in self._header]
        for head in heads:
            head.font = self._bold
        self._sheet.append(heads)

    def _cell(self, value: Any) -> Any:
        value = safe(value)
        if isinstance(value, datetime):
            value = value.replace(tzinfo=None)
        cell = self._new_cell(self._sheet, value=value)
        if isinstance(value, str):
            # The library would make a formula of whatever begins with an equals sign.
            cell.data_type = "s"
        return cell


def sheet(path: Path, header: Sequence[str], *, kind: str = "csv") -> Sheet:
    """A table to be written into `path`; `kind` is csv or xlsx."""
    return _XlsxSheet(path, header) if kind == "xlsx" else _CsvSheet(path, header)


def _in_csv(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value


def write_csv(file: TextIO, rows: Iterable[Iterable[Any]]) -> None:
    """A small table at once, as safe as a sheet."""
    csv.writer(file).writerows([_in_csv(safe(value)) for value in row] for row in rows)
