from candidates.resumes.parse.synthetic import make
from candidates.resumes.parse.tagger import MODEL
from hrassist.ops.evaluation.parsing import evaluate


def test_the_shipped_model_reads_layouts_it_was_not_trained_on(written):
    [report] = evaluate(written(make(25, seed=2026)))
    for label in ("TITLE", "EMPLOYER", "SCHOOL", "DEGREE", "EXPERIENCE"):
        count = report.counts[label]
        assert count.f1(count.lenient) > 0.85, label


def test_the_shipped_model_stays_small():
    assert MODEL.stat().st_size < 4_000_000
