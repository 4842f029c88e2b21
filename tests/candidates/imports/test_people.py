import pytest

from candidates.imports.people import person

MAPPING = ["full_name", "email", "phone", "country", "link", "city"]


def test_a_row_becomes_a_person():
    one = person(["Jane Doe", "Jane@Example.org; j.doe@example.org", "+49 30 1", "Deutschland", "example.org/jane", ""],
                 MAPPING, source="Fair")  # fmt: skip
    assert one.problems == []
    assert one.facts == {"full_name": "Jane Doe", "country": "DE", "source": "Fair"}
    assert one.emails == ["jane@example.org", "j.doe@example.org"]
    assert (one.phones, one.links) == (["+49 30 1"], ["https://example.org/jane"])


def test_first_and_last_name_make_a_full_one_and_a_full_one_stays():
    assert person(["Jane", "Doe"], ["first_name", "last_name"]).facts["full_name"] == "Jane Doe"
    assert person(["Jane", "Dr. J. Doe"], ["first_name", "full_name"]).facts["full_name"] == "Dr. J. Doe"


def test_an_apostrophe_that_only_guards_a_cell_is_taken_off():
    assert person(["'+49 30 1", "Jane"], ["phone", "full_name"]).phones == ["+49 30 1"]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("full_name", "", "No name"),
        ("full_name", "x" * 201, "Full name: 201 characters"),
        ("full_name", "x" * 10_001, "Full name: the cell has 10,001 characters"),
        ("full_name", "a\x00b", "NUL"),
        ("full_name", "\ud800", "cannot be stored"),
        ("email", "not an address", "E-mail: not an address"),
        ("phone", "call me", "Phone: not a number"),
        ("country", "Atlantis", "Country: write its code"),
        ("link", "http://", "Link: not an address"),
        ("link", "javascript://x/%0aalert(1)", "Link: not an address"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(column, cell, reason):
    cells, mapping = ([cell], [column]) if column == "full_name" else ([cell, "Jane"], [column, "full_name"])
    assert reason in "; ".join(person(cells, mapping).problems)


def test_a_short_row_has_empty_cells_and_invisible_marks_are_dropped():
    assert person(["\u200bJane\x07  Doe "], MAPPING).facts["full_name"] == "Jane Doe"
