from hypothesis import given
from hypothesis import strategies as st

from candidates.admin.passages import Span, cut, found_words

TEXT = "Jane Doe\nPython, SQL\fPage two says Python"


def test_a_span_becomes_a_passage_of_its_own_with_an_anchor():
    (page,) = cut("Jane Doe", page_starts=[0], spans=[Span(key="f0", start=5, end=8)])
    assert [(one.text, one.spans, one.anchors) for one in page.passages] == [
        ("Jane ", (), ()),
        ("Doe", ("f0",), ("f0",)),
    ]


def test_overlapping_spans_share_the_passage_between_their_edges():
    (page,) = cut("abcdef", page_starts=[0], spans=[Span("a", 0, 4), Span("b", 2, 6, kind="hit")])
    assert [(one.text, one.spans, one.kinds) for one in page.passages] == [
        ("ab", ("a",), ("field",)),
        ("cd", ("a", "b"), ("field", "hit")),
        ("ef", ("b",), ("hit",)),
    ]


def test_pages_part_at_their_starts_and_lose_the_page_break():
    pages = cut(TEXT, page_starts=[0, 21], spans=[])
    assert [(page.number, "".join(one.text for one in page.passages)) for page in pages] == [
        (1, "Jane Doe\nPython, SQL"),
        (2, "Page two says Python"),
    ]


@given(
    text=st.text(alphabet="ab \n", max_size=60),
    edges=st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=8),
)
def test_whatever_the_spans_no_character_is_lost_or_doubled(text, edges):
    spans = [Span(key=f"s{number}", start=start, end=end) for number, (start, end) in enumerate(edges)]
    pages = cut(text, page_starts=[0], spans=spans)
    assert "".join(one.text for page in pages for one in page.passages) == text
    anchored = [key for page in pages for one in page.passages for key in one.anchors]
    assert sorted(anchored) == sorted(one.key for one in spans if 0 <= one.start < one.end <= len(text))


def test_words_are_found_in_any_case_and_as_written():
    hits = found_words(TEXT, "python c++ (")
    assert [TEXT[one.start : one.end] for one in hits] == ["Python", "Python"]
    assert found_words("C++ and c++", "c++")[1].start == 8
    assert found_words(TEXT, "( * ?") == []
