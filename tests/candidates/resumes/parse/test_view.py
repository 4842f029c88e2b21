import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.resumes.parse.view import clean, lines_of, readable

FLAT = (
    '"Jane Doe  12 Main Street  New York, NY    EXPERIENCE  Acme Corp  Manager of a large department  2001 - 2004  '
    "Led the team that built the warehouse system  Trained new employees on site  Wrote the monthly reports"
)


@given(st.text(alphabet=st.sampled_from("aB \\x01e2\n\t•  \xa0\r\u200b’"), max_size=300))
def test_the_view_has_the_length_of_the_text(text):
    assert len(readable(text)) == len(text)


def test_escapes_become_the_characters_they_stand_for():
    assert clean(readable(r"Caf\xc3\xa9 owner")) == "Café owner"
    assert readable(r"\xe2\x80\xa2 Led a team").startswith("•")


def test_text_whose_lines_were_joined_gets_its_lines_back():
    texts = [line.text for line in lines_of(readable(FLAT))]
    assert texts[:4] == ['"Jane Doe', "12 Main Street", "New York, NY", "EXPERIENCE"]
    assert [line.text for line in lines_of(readable(FLAT)) if line.after_gap][1] == "EXPERIENCE"


def test_text_with_every_word_on_a_line_is_joined():
    shredded = "to obtain a position serving my fellow students which uses my skills ".replace(" ", "\n") * 8
    assert len(lines_of(readable(shredded))) == 1


@pytest.mark.parametrize(
    ("raw", "value"),
    [("  Acme,  Inc. |", "Acme, Inc."), ("(Remote", "Remote"), ("Pune)", "Pune"), ("B.Sc (Hons)", "B.Sc (Hons)")],
)
def test_values_lose_loose_punctuation_and_nothing_else(raw, value):
    assert clean(raw) == value
