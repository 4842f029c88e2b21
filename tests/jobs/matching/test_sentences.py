from hypothesis import given
from hypothesis import strategies as st

from jobs.matching.sentences import LONGEST, passages, sentences

RESUME = """SUMMARY
Accountant with ten years of closings. Speaks German.

EXPERIENCE
• Prepared the monthly closing of four entities and
  reconciled the general ledger
• Moved the ledger to SAP
Skills
Excel
SAP"""


def test_bullets_sentences_and_lines_are_passages():
    assert [one.text for one in passages(RESUME)] == [
        "SUMMARY",
        "Accountant with ten years of closings.",
        "Speaks German.",
        "EXPERIENCE",
        "Prepared the monthly closing of four entities and\n  reconciled the general ledger",
        "Moved the ledger to SAP",
        "Skills",
        "Excel",
        "SAP",
    ]


@given(st.text(alphabet="ab .,;\n\f•-A1", max_size=900))
def test_every_passage_is_the_text_at_its_offsets_in_order_without_overlap(text):
    end = 0
    for one in passages(text):
        assert text[one.start : one.end] == one.text
        assert one.start >= end
        assert len(one.text) <= LONGEST
        end = one.end


@given(st.text(alphabet="abc \n•.", max_size=400))
def test_no_word_of_three_letters_is_lost(text):
    held = " ".join(one.text for one in passages(text)).split()
    assert all(
        any(word.strip("•.") in piece for piece in held)
        for word in text.replace("•", " ").split()
        if len(word.strip("•.")) > 2
    )


def test_a_page_break_ends_a_passage():
    assert [one.text for one in passages("one page ends\fthe next begins")] == ["one page ends", "the next begins"]


def test_sentences_of_prose_are_split_and_scraps_left_out():
    text = "We build bridges. You will design them: steel and concrete.\nApply now!"
    assert sentences(text) == ["We build bridges.", "You will design them:", "steel and concrete."]
