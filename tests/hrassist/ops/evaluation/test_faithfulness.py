from django.conf import settings

from hrassist.lib.embeddings import FakeEmbedder
from hrassist.ops.evaluation.faithfulness import Ranked, measure
from jobs.matching.embed import embed_job
from jobs.matching.lexical import LexicalIndex
from jobs.matching.offline import JobLine, embed_heads, mask_resumes
from jobs.matching.types import JobText
from jobs.matching.weights import Weights

ONCE = "Ada Byron\nEngineer\n\nEXPERIENCE\nEngineer, Acme, 2019 to 2024\n• Wrote the billing service in Python.\n"
TWICE = ONCE + "• Wrote the payroll service in Python.\n"
NURSE = "Mia Poe\nNurse\n\nEXPERIENCE\nNurse, City Clinic, 2017 to 2024\n• Cared for patients after surgery.\n"
CHEF = "John Roe\nChef\n\nEXPERIENCE\nChef, Hotel Adler, 2018 to 2024\n• Baked bread for 200 guests a day.\n"


def measured(*texts, job="Python"):
    embedder, weights = FakeEmbedder(), Weights.read(settings.RANKING_CONFIG)
    line = JobLine("1", JobText("Engineer", must_have=job))
    pairs = [(str(at), text) for at, text in enumerate(texts)]
    lines, unreadable = mask_resumes(pairs, processes=1, progress=lambda *_: None)
    assert not unreadable
    ranked = Ranked(
        jobs=[line],
        queries=[embed_job(line.job, embedder=embedder, weights=weights.query)],
        texts=texts,
        vectors=embed_heads(lines, embedder=embedder, progress=lambda *_: None),
        words=LexicalIndex(one.masked for one in lines),
    )
    return measure(ranked, embedder=embedder, weights=weights)


def test_a_claim_made_once_is_supported_less_and_scores_less_without_its_quote():
    found = measured(ONCE, CHEF, NURSE)
    assert (found.pairs, found.shown) == (1, 1)
    assert (found.weaker, found.gone, found.quotes_lower, found.all_lower) == (1, 1, 1, 1)


def test_a_claim_made_twice_stands_until_both_are_taken_out():
    found = measured(TWICE, CHEF, NURSE)
    assert (found.weaker, found.gone) == (0, 1)


def test_resumes_without_evidence_are_no_part_of_the_figure():
    found = measured(ONCE, CHEF, job="Forklift licence")
    assert (found.pairs, found.shown) == (0, 0)
    assert found.lines()[0] == "Faithfulness: 0 of the ten best places, 0 requirements with evidence"
