"""A file of a spreadsheet, whoever saved it how, as rows of text."""

from __future__ import annotations

import codecs
import csv
import io
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from candidates.resumes.document import Unreadable
from candidates.resumes.extract.archive import Archive
from candidates.resumes.extract.limits import MEGABYTE, Limits
from hrassist.lib.errors import DomainError

MAX_BYTES = 20 * MEGABYTE
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
DELIMITERS = ",;\t|"
# What 100,000 rows of a workbook take when they are unpacked, and no more.
LIMITS = Limits(
    max_bytes=MAX_BYTES, zip_entries=2_000, zip_total_bytes=300 * MEGABYTE, zip_part_bytes=300 * MEGABYTE, zip_ratio=200
)
# A cell longer than we take is refused with its row, not by the reader with the whole file.
csv.field_size_limit(2 * MAX_BYTES)

Row = tuple[int, list[str]]


class NoTable(DomainError):
    """The file is none that we read, and why."""

    code = "no_table"
    default_message = "This is neither CSV nor an Excel workbook (.xlsx). Save it as one of them."


def kind_of(head: bytes, *, size: int) -> str:
    """csv or xlsx by the first bytes, never by the name. Raises NoTable."""
    if size > MAX_BYTES:
        raise NoTable("This file is larger than 20 MB. Split it into several.", code="too_large")
    if not head.strip(b" \t\r\n"):
        raise NoTable("This file is empty.", code="empty")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise NoTable(
            "This is an old (.xls) or password-protected workbook. Save it as .xlsx without a password.",
            code="old_excel",
        )
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")):
        raise NoTable
    return "csv"


def rows(data: bytes) -> Iterator[Row]:
    """The rows that are not empty, with their numbers in the file; the first is the heading. Raises NoTable."""
    found = _of_workbook(data) if kind_of(data[:4096], size=len(data)) == "xlsx" else _of_text(data)
    count = 0
    for number, cells in found:
        if len(cells) > MAX_COLUMNS:
            raise NoTable("Row {row} has {n:,} columns; at most {most} are read.", code="too_many_columns", row=number,
                          n=len(cells), most=MAX_COLUMNS)  # fmt: skip
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MAX_ROWS + 1:
            raise NoTable("This file has more than 100,000 rows. Split it into several.", code="too_many_rows")
        yield number, cells


# --- CSV --------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """Text by its byte order mark, else UTF-16 by its zeros, UTF-8 where it is valid, and what old Excels write."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    ):  # fmt: skip
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    zeros = Counter(at % 2 for at, byte in enumerate(data[:2000]) if byte == 0)
    if sum(zeros.values()) > len(data[:2000]) // 4:
        return data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", errors="replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def delimiter_of(text: str) -> str:
    """What separates the cells: as Excel says in a first line `sep=;`, else what parts the first lines most alike."""
    first = text[:10].splitlines()[0] if text else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4]
    sample = list(islice(io.StringIO(text[:65_536], newline=""), 30))

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if any(row)]
        if not widths or widths[0] < 2:
            return (0, 0)
        return (sum(width == widths[0] for width in widths), widths[0])

    best = max(DELIMITERS, key=score)
    return best if score(best)[1] else ","


def _of_text(data: bytes) -> Iterator[Row]:
    text = decode(data)
    if sum(character < " " and character not in "\t\r\n\x00" for character in text[:4096]) > 40:
        raise NoTable
    delimiter = delimiter_of(text)
    lines: Iterable[str] = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if reader.line_num == 1 and "".join(cells).lower().startswith("sep=") and len(text.split("\n", 1)[0]) < 8:
                continue
            yield reader.line_num, cells
    except csv.Error as error:
        raise NoTable("Row {row} cannot be read: {why}.", code="bad_csv", row=reader.line_num, why=error) from error


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _of_workbook(data: bytes) -> Iterator[Row]:
    from openpyxl import load_workbook  # noqa: PLC0415  it takes 0.3 s, and few processes read a workbook
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        archive = Archive(data, limits=LIMITS)
        archive.measure()
    except Unreadable as error:
        # The checks are those of a resume's file; what they say of documents is true of workbooks too.
        raise NoTable(error.message.replace("a resume", "a table"), code=error.code) from error
    if "xl/workbook.xml" not in archive.names:
        raise NoTable
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise NoTable("This workbook has no sheet to read.", code="empty")
        # What a file says of its own size may be wrong.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, _without_tail([_as_text(value) for value in cells])
    except NoTable:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError,
            OSError, struct.error, SyntaxError) as error:  # fmt: skip
        raise NoTable("This workbook is damaged. Open it in Excel and save it again.", code="damaged_file") from error


def _as_text(value: Any) -> str:
    """A cell as somebody would type it: whole numbers without a point, dates as 2026-11-02."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _without_tail(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
