import numpy as np
import pytest

from hrassist.lib.embeddings import FakeEmbedder, shared_embedder
from jobs.matching.embed import embed_job
from jobs.matching.run import weights_in_force
from jobs.matching.types import JobText

PRAISE = """About us: we are an award-winning company with 2,000 people in 14 offices and a gym.
We were named one of the best places to work for five years in a row.
We offer health insurance, free parking and 25 days of paid leave."""
DUTY = "You prepare monthly closings, reconcile the general ledger and support the auditors."


def embedded(job, embedder=None):
    return embed_job(job, embedder=embedder or FakeEmbedder(), weights=weights_in_force().query)


def test_the_vector_has_unit_length():
    assert np.linalg.norm(embedded(JobText("Accountant", DUTY)).vector) == pytest.approx(1, abs=1e-5)


def test_a_title_alone_is_a_job():
    query = embedded(JobText("Staff Accountant"))
    assert dict(query.terms) == {"staff": 1.0, "account": 1.0}


def test_a_text_without_title_is_a_job():
    assert "ledg" in embedded(JobText("", DUTY)).terms


def test_praise_of_the_employer_moves_the_vector_less_than_it_moves_the_plain_one():
    model = shared_embedder()
    plain = JobText("Accountant", DUTY)
    wrapped = JobText("Accountant", f"{PRAISE}\n{DUTY}")
    focused = float(embedded(plain, model).vector @ embedded(wrapped, model).vector)
    first, second = model.embed([plain.text, wrapped.text])
    assert focused > float(first @ second) + 0.1


def test_words_of_the_duties_weigh_more_than_words_of_the_praise():
    query = embedded(JobText("Accountant", f"{PRAISE}\n{DUTY}"), shared_embedder())
    assert query.words["ledger"] > 5 * query.words["parking"]


def test_a_title_that_begins_the_text_is_not_said_twice():
    assert JobText("Accountants", "Accountants. Prepare reports.").text == "Accountants. Prepare reports."
    assert JobText("Accountants", "Prepare reports.").text == "Accountants. Prepare reports."


def test_a_requirement_of_one_short_word_is_asked_for():
    query = embedded(JobText("Accountant", must_have="SAP\nDATEV"))
    assert {"sap", "datev", "account"} <= query.terms.keys()
    assert query.terms["sap"] < query.terms["account"]
