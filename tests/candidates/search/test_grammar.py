import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.search.grammar import MOST_TERMS, And, Field, Not, Or, Phrase, Word, parse, written

word = st.from_regex(r"[a-z0-9+#.&][a-z0-9+#.&]{0,11}", fullmatch=True).map(Word)
phrase = st.lists(st.from_regex(r"[a-z-]{1,8}", fullmatch=True), min_size=1, max_size=3).map(" ".join).map(Phrase)
named = st.builds(
    Field,
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
    st.lists(st.from_regex(r"[a-zA-Z0-9:+-]{1,8}", fullmatch=True), min_size=1, max_size=2).map(" ".join),
)
leaf = word | phrase | named


def joined(kind, other):
    def make(parts):
        flat = tuple(one for part in parts for one in (part.parts if isinstance(part, kind) else (part,)))
        return kind(flat)

    return st.lists(other, min_size=2, max_size=3).map(make)


def negated(node):
    return node.part if isinstance(node, Not) else Not(node)


trees = st.recursive(
    leaf,
    lambda inner: joined(And, inner) | joined(Or, inner) | inner.map(negated),
    max_leaves=MOST_TERMS - 8,
)


@given(st.text(max_size=700))
def test_nothing_that_is_typed_is_an_error(text):
    read = parse(text)
    assert all(note.endswith(".") for note in read.notes)


@given(st.text(alphabet='ab "():-|ORND\u201c', max_size=80))
def test_no_heap_of_signs_is_an_error_and_what_was_read_reads_the_same_again(text):
    node = parse(text).node
    if node is not None:
        assert parse(written(node)).node == node


@given(trees)
def test_a_tree_is_written_so_that_it_reads_as_the_same_tree(tree):
    assert parse(written(tree)).node == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("amara python", And((Word("amara"), Word("python")))),
        ('"site reliability"', Phrase("site reliability")),
        ("“site reliability”", Phrase("site reliability")),
        ("nurse -intern", And((Word("nurse"), Not(Word("intern"))))),
        ("java OR kotlin city:Berlin", Or((Word("java"), And((Word("kotlin"), Field("city", "Berlin")))))),
        ("(java OR kotlin) city:Berlin", And((Or((Word("java"), Word("kotlin"))), Field("city", "Berlin")))),
        ('Title:"data engineer"', Field("title", "data engineer")),
        ("-(a b)", Not(And((Word("a"), Word("b"))))),
        ("NOT a", Not(Word("a"))),
        ("C++ AND C#", And((Word("C++"), Word("C#")))),
        ("a - b", And((Word("a"), Word("b")))),
        ("", None),
        ("( ) - OR", None),
    ],
)
def test_a_query_reads_as(text, tree):
    assert parse(text).node == tree


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"data eng', "A quotation mark was not closed"),
        ("(a b", "A parenthesis was not closed"),
        ("a)", "A parenthesis was closed that was not opened"),
        ("skill: python", "skill: needs something behind it"),
        ("a OR", "OR stands between two things"),
        (" ".join(f"w{n}" for n in range(40)), "Only the first 20 words"),
        ("a" * 600, "Only the first 500 characters"),
    ],
)
def test_what_made_no_sense_is_told(text, said):
    (note,) = parse(text).notes
    assert said in note


def test_however_deep_the_parentheses_it_is_read():
    assert parse("(" * 400 + "a").node == Word("a")
