import json

import numpy as np
import pytest

from hrassist.lib.embeddings import FakeEmbedder
from hrassist.lib.errors import DomainError
from hrassist.ops.evaluation.ranking import PRODUCT, evaluate, ndcg


def test_a_perfect_order_is_one_and_a_miss_is_zero():
    assert ndcg(np.array([3.0, 2.0, 1.0]), np.array([True, True, False])) == 1
    assert ndcg(np.arange(20.0), np.array([True] + [False] * 19)) == 0
    assert ndcg(np.array([1.0]), np.array([False])) == 0


def test_a_hit_on_the_second_place_is_worth_the_discount_of_that_place():
    assert ndcg(np.array([2.0, 1.0]), np.array([False, True])) == pytest.approx(1 / np.log2(3))


@pytest.fixture
def folder(tmp_path):
    jobs = [("j1", "BAKER", "Baker. Bakes bread and pastry."), ("j2", "LAWYER", "Lawyer. Pleads law cases in court.")]
    resumes = [
        ("a", "BAKER", "Baker of bread and pastry"),
        ("b", "BAKER", "baker of bread AND pastry!"),
        ("c", "LAWYER", "Lawyer, law cases, court"),
        ("d", "NURSE", "Nurse on a ward"),
    ]
    for name, rows in (("jobs", jobs), ("resumes", resumes)):
        (tmp_path / f"{name}.jsonl").write_text(
            "".join(json.dumps({"id": one, "category": kind, "text": text}) + "\n" for one, kind, text in rows)
        )
    return tmp_path


def test_the_report_sets_the_methods_side_by_side_without_duplicates(folder):
    report = evaluate(folder, embedder=FakeEmbedder())
    assert (report.jobs, report.resumes, report.duplicates) == (2, 3, 1)
    product = next(row for row in report.rows if row.method == PRODUCT)
    assert product.ndcg == 1
    assert len(report.lines()) == 2 + len(report.rows) + len(report.faithfulness.lines())
    assert json.loads(json.dumps(report.as_json()))["rows"][0]["method"] == "BM25"
    assert str(report) == "\n".join(report.lines())


def test_a_folder_without_the_files_is_named(tmp_path):
    with pytest.raises(DomainError, match=r"has no jobs\.jsonl"):
        evaluate(tmp_path)


def test_a_line_without_category_is_named(folder):
    with (folder / "resumes.jsonl").open("a") as lines:
        lines.write('{"id": "x", "text": "y"}\n')
    with pytest.raises(DomainError, match='line 5: "category" is missing'):
        evaluate(folder, embedder=FakeEmbedder())
