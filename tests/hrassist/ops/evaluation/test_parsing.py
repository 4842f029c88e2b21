import json

import pytest

from hrassist.ops.evaluation.parsing import agree, evaluate, matches, render, words_of


@pytest.mark.parametrize(
    ("gold", "predicted", "same"),
    [
        ("Acme Corp", "ACME corp.", True),
        ("Bengaluru", "Bengaluru, Karnataka", True),
        ("University of Pune", "Pune University, India", True),
        ("Sales Manager", "Sales Executive Trainee", False),
        ("2013", "2014", False),
    ],
)
def test_values_agree_when_words_overlap_by_half_or_one_holds_the_other(gold, predicted, same):
    assert agree(words_of(gold), words_of(predicted)) is same


def test_each_gold_value_is_used_once_and_repeats_count_once():
    count = matches(["Acme", "Acme", "Globex"], ["Acme Inc", "Acme Ltd", "acme"])
    assert (count.gold, count.predicted, count.lenient, count.strict) == (2, 3, 1, 1)


def test_strict_agreement_wants_the_same_words():
    count = matches(["Bachelor of Science"], ["Bachelor of Science in Physics"])
    assert (count.lenient, count.strict) == (1, 0)


def test_a_labelled_file_is_scored_per_label(tmp_path):
    text = "Jane Robinson\njane.robinson@example.org\n"
    spans = [{"start": 0, "end": 13, "label": "NAME"}, {"start": 14, "end": 39, "label": "EMAIL"}]
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"id": "1", "text": text, "spans": spans}) + "\n")
    [report] = evaluate(path)
    assert report.part == "held out"
    assert report.counts["NAME"].f1(report.counts["NAME"].strict) == 1.0
    assert report.macro("lenient") == 1.0
    assert "macro" in render([report])


def test_a_malformed_line_is_named(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "1"}\n')
    with pytest.raises(ValueError, match="line 1"):
        evaluate(path)
