import pytest

from candidates.search.highlight import snippet


def marked(text, *terms):
    found = snippet(text, terms)
    return [piece for piece, is_hit in found.pieces if is_hit] if found else None


@pytest.mark.parametrize(
    ("text", "terms", "hits"),
    [
        ("A Kubernetes operator.", ["operators"], ["operator"]),
        ("Managed companies.", ["company"], ["companies"]),
        ("Site  reliability and a site.", ["site reliability"], ["Site reliability"]),
        ("C++ and C", ["C++"], ["C++"]),
        ("Going to Go.", ["Go"], ["Go"]),
        ("Nothing of it.", ["python"], None),
        ("Anything", ["()"], None),
    ],
)
def test_words_are_marked_in_the_form_the_resume_has(text, terms, hits):
    assert marked(text, *terms) == hits


def test_the_line_is_cut_at_words_where_most_of_them_stand_together():
    text = "python here. " + "filler " * 100 + "Django and Python together " + "filler " * 100
    found = snippet(text, ["python", "django"])
    line = "".join(piece for piece, _ in found.pieces)
    assert "Django and Python together" in line
    assert line.startswith("… ")
    assert line.endswith(" …")
    assert len(line) < 200
    assert found.words == "Django Python"
