import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrassist.lib import tables

SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"
LEADS = " \t\r\n\v\f\u00a0\u2003\u200b\ufeff\u202e'\"`‘’“”«\x00\x1b"


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\rcmd", "\nx", "＝1", "－1", "  =1", "'=1", '"=1"', "\u200b=1",
        "\u00a0@x", "=cmd|'/C calc'!A0",
    ],
)  # fmt: skip
def test_a_cell_that_could_be_run_gets_an_apostrophe(cell):
    assert tables.safe(cell).startswith("'")


@pytest.mark.parametrize("cell", ["Jane Doe", "O'Neill", "a=b", "", "42", "1-2", "München", "e-mail", '"quoted"'])
def test_an_ordinary_cell_stays_as_it_is(cell):
    assert tables.safe(cell) == cell


@pytest.mark.parametrize("value", [0, -5, 3.5, Decimal("-2.50"), date(2026, 11, 2)])
def test_numbers_and_dates_stay_what_they_are(value):
    assert tables.safe(value) is value


@given(st.text(alphabet=st.sampled_from(LEADS), max_size=4), st.sampled_from(SIGNS), st.text(max_size=20))
def test_no_lead_hides_a_formula(lead, sign, rest):
    assert tables.safe(lead + sign + rest).startswith("'")


@given(st.text(max_size=60))
def test_what_leaves_is_never_a_formula_and_comes_back_as_it_was(text):
    cell = tables.safe(text)
    assert cell[:1] not in {*SIGNS, "\t", "\r", "\n"}
    assert tables.meant(cell) == tables._NOT_IN_XML.sub("", text)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_a_csv_file_holds_the_cells_and_nothing_that_runs(tmp_path_factory, cells):
    path = tables.sheet(tmp_path_factory.mktemp("sheets") / "x.csv", ["a"] * len(cells))
    path.add(cells)
    text = path.close().read_bytes().decode("utf-8-sig")
    *_, row = csv.reader(io.StringIO(text, newline=""))
    assert [tables.meant(cell) for cell in row] == [tables._NOT_IN_XML.sub("", cell) for cell in cells]


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(tmp_path, noon):
    sheet = tables.sheet(tmp_path / "x.xlsx", ["name", "n", "at"], kind="xlsx")
    sheet.add(["=HYPERLINK(1)", 5, noon])
    sheet.add(["nul\x00 and \x1b", -1.5, date(2026, 1, 1)])
    rows = list(openpyxl.load_workbook(sheet.close()).active.iter_rows())
    assert [cell.value for cell in rows[1]] == ["'=HYPERLINK(1)", 5, noon.replace(tzinfo=None)]
    assert rows[1][0].data_type == "s"
    assert [cell.value for cell in rows[2]][:2] == ["nul and ", -1.5]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "SHEET_ROWS", 2)
    sheet = tables.sheet(tmp_path / "x.xlsx", ["n"], kind="xlsx")
    for number in range(5):
        sheet.add([number])
    book = openpyxl.load_workbook(sheet.close())
    assert [[row[0].value for row in one.iter_rows()] for one in book] == [["n", 0, 1], ["n", 2, 3], ["n", 4]]
