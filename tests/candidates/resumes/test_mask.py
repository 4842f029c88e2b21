import pytest

from candidates.resumes.mask import MASK, mask
from candidates.resumes.parse import document_of, parse

RESUME = """Priya Raghavan
Pune, Maharashtra | +91 98220 12345 | priya.raghavan@example.org
linkedin.com/in/priya-raghavan

SUMMARY
Ms. Raghavan is a test engineer; she holds an MS in Physics and knows MS Office.

EXPERIENCE
Test Engineer, Acme Software Pvt. Ltd.
Jan 2015 - Present
- Wrote RAGHAVAN's law of flaky tests

EDUCATION
MS in Physics, University of Pune, 2009

PERSONAL DETAILS
Date of Birth: 12th March 1986
Marital Status: Married
Nationality: Indian
Religion: Hindu
Address: 14/2 Hill Road, Pune 411 001
Languages: English
"""


def masked(text: str) -> str:
    return mask(text, parse(document_of(text)).fields)


def test_masking_moves_no_offset():
    hidden = masked(RESUME)
    assert len(hidden) == len(RESUME)
    assert [i for i, c in enumerate(hidden) if c == "\n"] == [i for i, c in enumerate(RESUME) if c == "\n"]


@pytest.mark.parametrize(
    "told",
    [
        "Priya",
        "Raghavan",
        "98220",
        "example.org",
        "linkedin",
        "she",
        "March 1986",
        "Married",
        "Indian",
        "Hindu",
        "Hill Road",
        "2009",
    ],
)
def test_what_tells_the_person_is_hidden(told):
    assert told.lower() not in masked(RESUME).lower()


@pytest.mark.parametrize(
    "kept", ["MS Office", "MS in Physics", "test engineer", "Acme Software", "Jan 2015 - Present", "English", "SUMMARY"]
)
def test_what_tells_the_work_is_kept(kept):
    assert kept in masked(RESUME)


def test_another_name_gives_the_same_masked_text():
    other = (
        RESUME.replace("Priya", "Jakub")
        .replace("priya", "jakub")
        .replace("Raghavan", "Kowalski")
        .replace("raghavan", "kowalski")
    )
    other = other.replace("RAGHAVAN", "KOWALSKI")
    assert masked(other).split() == masked(RESUME).split()


def test_a_text_without_a_person_is_left_alone():
    text = "Designed national campaigns, single page applications and a Bachelor, Master and PhD programme."
    assert masked(text) == text
    assert MASK not in masked(text)


@pytest.mark.parametrize(
    "name", ["Mohammed Al-Rashid", "Anna van der Berg", "Jean-Luc Moreau", "Abdul Rahman bin Yusof"]
)
def test_no_particle_and_no_half_of_a_double_name_is_left(name):
    text = f"{name}\nLeeds | x.y@example.org\n\nSUMMARY\n{name.split(maxsplit=1)[1]} leads the van fleet.\n"
    lines = mask(text, parse(document_of(text)).fields).split("\n")
    assert set(lines[0]) == {MASK, " "}
    assert lines[4].lstrip(MASK + " ") == "leads the van fleet."
