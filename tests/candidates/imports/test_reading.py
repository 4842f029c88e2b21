"""Files as people's spreadsheets really save them."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from candidates.imports import reading
from candidates.imports.columns import guess
from candidates.imports.reading import NoTable

TABLE = [["Name", "E-Mail", "Ort"], ["Jörg Müller", "joerg@example.org", "Köln"], ["Zoë, Éva", "z@example.org", "Łódź"]]


def cells(data: bytes) -> list[list[str]]:
    return [row for _, row in reading.rows(data)]


def saved(delimiter: str, encoding: str, *, table=TABLE, newline="\r\n") -> bytes:
    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text or '"' in text or "\n" in text else text

    return newline.join(delimiter.join(map(cell, row)) for row in table).encode(encoding)


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_delimiter_and_encoding_is_found(delimiter, encoding, newline):
    assert cells(saved(delimiter, encoding, newline=newline)) == TABLE


def test_a_german_excel_writes_semicolons_and_windows_letters():
    table = [["Vorname", "Nachname", "Gehalt"], ["Jörg", "Groß", "52.000,50 €"], ["Zoë", "Weiß", "48.000,00 €"]]
    assert cells(saved(";", "cp1252", table=table)) == table
    assert guess(table[0]) == ["first_name", "last_name", ""]


def test_the_line_in_which_excel_names_its_delimiter_is_no_row():
    assert cells(b"sep=;\r\nName;City\r\nJane;Bonn, on the Rhine\r\n") == [
        ["Name", "City"],
        ["Jane", "Bonn, on the Rhine"],
    ]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_lines():
    data = b'Name,Note\r\n"Doe, Jane","said ""yes""\nand left"\r\n'
    assert cells(data)[1] == ["Doe, Jane", 'said "yes"\nand left']


def test_empty_rows_are_no_rows_and_numbers_are_those_of_the_file():
    assert list(reading.rows(b"Name,City\n\n,,\nJane,Bonn\n")) == [(1, ["Name", "City"]), (4, ["Jane", "Bonn"])]


def test_one_column_alone_is_a_table_too():
    assert cells(b"Name\nJane Doe\nJohn; Roe\n") == [["Name"], ["Jane Doe"], ["John; Roe"]]


def workbook(rows, **sheets) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, change in sheets.items():
        change(book, name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_dates_numbers_and_truth():
    data = workbook([["Name", "Nr", "Since", "Phone", "Active"], ["Jane", 7.0, date(2026, 3, 1), 493012345678, True]])
    assert cells(data)[1] == ["Jane", "7", "2026-03-01", "493012345678", "yes"]


def test_a_formula_gives_what_excel_last_computed_and_nothing_where_it_never_did():
    assert cells(workbook([["Name", "Sum"], ["Jane", "=1+1"]]))[1] == ["Jane"]


def test_merged_cells_keep_their_value_in_the_first_one():
    def merge(book, _name):
        book.active.merge_cells("A2:B2")

    data = workbook([["Name", "City", "Country"], ["Jane", None, "DE"]], merged=merge)
    assert cells(data)[1] == ["Jane", "", "DE"]


def test_the_first_sheet_that_is_shown_is_read():
    def hide(book, _name):
        book.active.sheet_state = "hidden"
        book.create_sheet("People").append(["Name"])
        book["People"].append(["Jane"])

    assert cells(workbook([["Secret"]], hidden=hide)) == [["Name"], ["Jane"]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"%PDF-1.7 ...", "no_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"PK\x03\x04 not a zip", "damaged_file"),
        (bytes(range(1, 9)) * 100, "no_table"),
        (b",".join([b"x"] * 100_000), "too_many_columns"),
    ],
)
def test_what_is_no_table_is_told_with_the_reason(data, code):
    with pytest.raises(NoTable) as told:
        list(reading.rows(data))
    assert told.value.code == code


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(NoTable) as told:
        list(reading.rows(packed({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b"0" * 40_000_000})))
    assert told.value.code == "zip_bomb"


@pytest.mark.parametrize("parts", [{"word/document.xml": b"<a/>"}, {"x": b"y"}])
def test_another_kind_of_archive_is_no_workbook(parts):
    with pytest.raises(NoTable) as told:
        list(reading.rows(packed(parts)))
    assert told.value.code == "no_table"


def test_a_workbook_whose_xml_is_broken_is_told():
    with pytest.raises(NoTable) as told:
        list(reading.rows(packed({"xl/workbook.xml": b"<broken", "[Content_Types].xml": b"<x/>"})))
    assert told.value.code == "damaged_file"


def test_more_rows_than_are_read_are_told(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    assert len(cells(b"Name\na\nb\nc\n")) == 4
    with pytest.raises(NoTable) as told:
        cells(b"Name\na\nb\nc\nd\n")
    assert told.value.code == "too_many_rows"


def test_a_cell_of_a_megabyte_is_read_and_left_to_its_row():
    assert len(cells(b"Name\n" + b"x" * 1_000_000 + b"\n")[1][0]) == 1_000_000


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (["First Name", "Surname", "E-mail address", "Mobile"], ["first_name", "last_name", "email", "phone"]),
        (["Prénom", "Nom", "Courriel", "Ville"], ["first_name", "last_name", "email", "city"]),
        (["Nombre", "Apellidos", "Correo electrónico"], ["first_name", "last_name", "email"]),
        (["Email 1", "Email 2", "Name", "Name"], ["email", "email", "full_name", ""]),
        (["???", "", "Shoe size"], ["", "", ""]),
    ],
)
def test_headings_are_guessed_in_several_languages(headings, fields):
    assert guess(headings) == fields
