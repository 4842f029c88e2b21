from collections import Counter

import pytest

from jobs.matching.lexical import LexicalIndex, stem, stems_of, terms, words


@pytest.mark.parametrize(
    "family",
    [
        "manage manager managers managed managing management",
        "account accounting accountant accountants",
        "develop developer developing development",
        "nurse nurses nursing",
        "design designer designing designs",
        "engineer engineers engineering",
        "educate education educational",
        "policy policies",
    ],
)
def test_the_forms_of_a_word_share_a_stem(family):
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("word", ["string", "java", "sql", "react", "c++", "node.js", "user"])
def test_what_only_looks_like_an_ending_stays(word):
    assert stem(word) == word


def test_names_of_technologies_are_single_words():
    assert words("C++, C#, .NET and node.js; CI/CD.") == ["c++", "c#", ".net", "and", "node.js", "ci", "cd"]


def test_terms_leave_out_what_every_job_says():
    assert terms("Excellent knowledge of Python required") == ["python"]


DOCUMENTS = ["python python python billing", "python", "pastry bread", ""]


def bm25(query, documents=DOCUMENTS):
    return LexicalIndex(documents).bm25(query, k1=1.5, b=0.75).tolist()


def test_a_document_without_the_words_scores_nothing():
    assert bm25({"pastri": 1.0})[0] == 0
    assert bm25({"pastri": 1.0})[3] == 0


def test_repeating_a_word_helps_less_each_time():
    same_length = ["python a1 a2 a3 a4", "python python a2 a3 a4", "python python python python python"]
    once, twice, five_times = bm25({"python": 1.0}, [*same_length, "b1 b2 b3 b4 b5", "c1 c2 c3 c4 c5"])[:3]
    assert once < twice < five_times < once * 2.5


def test_a_rare_word_counts_more_than_a_common_one():
    index = LexicalIndex(DOCUMENTS)
    assert index.rarity("pastri") > index.rarity("python") > 0


def test_a_weight_multiplies():
    assert bm25({"python": 2.0}) == pytest.approx([2 * score for score in bm25({"python": 1.0})])


def test_the_figure_of_the_formula_on_a_worked_example():
    # N=2, n=1: idf = ln(1 + 1.5/1.5) = ln 2; f=1, length = mean: f*(k1+1)/(f+k1) = 1.
    assert bm25({"python": 1.0}, ["python", "bread"]) == pytest.approx([0.6931472, 0])


def test_no_documents_give_no_scores():
    assert bm25({"python": 1.0}, []) == []


def test_an_index_with_one_text_replaced_is_the_index_of_the_texts():
    before = ["python and billing", "pastry chef", "python python accounting"]
    after = ["python and billing", "python developer", "python python accounting"]
    query = {"python": 1.0, "chef": 0.5, "develop": 0.5}
    one = LexicalIndex(before).replaced(1, after[1]).bm25(query, k1=1.5, b=0.75)
    assert one.tolist() == LexicalIndex(after).bm25(query, k1=1.5, b=0.75).tolist()


def test_counted_stems_are_the_terms():
    text = "Node.js and C++, accounting accountants; the end. End"
    assert stems_of(text) == Counter(terms(text))
