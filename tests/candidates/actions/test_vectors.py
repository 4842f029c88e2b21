import numpy as np
import pytest
from django.core.management import call_command

from candidates.actions import vectors
from candidates.actions.vectors import embed_again
from candidates.models import Resume, ResumeVector
from hrassist.lib.embeddings import FakeEmbedder, shared_embedder
from tests.factories import ResumeFactory

pytestmark = pytest.mark.django_db
OLD = [1.0] + [0.0] * 383


def test_old_and_missing_vectors_become_those_of_the_model_in_use():
    old, missing = ResumeFactory(text="Python engineer", vector=OLD), ResumeFactory(text="Pastry chef")
    model = FakeEmbedder()
    assert embed_again(embedder=model) == 2
    for resume, head in ((old, "Python engineer"), (missing, "Pastry chef")):
        row = ResumeVector.objects.get(resume=resume)
        assert row.model_hash == model.model_hash
        assert np.allclose(row.embedding, model.embed([head])[0], atol=1e-3)


def test_a_second_time_there_is_nothing_to_do():
    ResumeFactory(vector=OLD)
    embed_again(embedder=FakeEmbedder())
    assert embed_again(embedder=FakeEmbedder()) == 0


def test_unreadable_resumes_get_no_vector():
    ResumeFactory(state=Resume.State.UNREADABLE)
    assert embed_again(embedder=FakeEmbedder()) == 0
    assert not ResumeVector.objects.exists()


def test_many_go_in_batches_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(vectors, "BATCH", 2)
    for _ in range(5):
        ResumeFactory(vector=OLD)
    told = []
    assert embed_again(embedder=FakeEmbedder(), progress=lambda done, total: told.append((done, total))) == 5
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_somebody_erased_while_the_model_works_stays_erased():
    going, staying = ResumeFactory(vector=OLD), ResumeFactory(vector=OLD)

    class Slow(FakeEmbedder):
        def embed(self, texts):
            Resume.objects.filter(pk=going.pk).delete()
            return super().embed(texts)

    assert embed_again(embedder=Slow()) == 1
    assert list(ResumeVector.objects.values_list("resume_id", flat=True)) == [staying.pk]


def test_the_command_uses_the_model_of_this_installation(capsys):
    resume = ResumeFactory(vector=OLD)
    call_command("reembed_resumes")
    assert ResumeVector.objects.get(resume=resume).model_hash == shared_embedder().model_hash
    assert capsys.readouterr().out == "1 resumes embedded again.\n"
    call_command("reembed_resumes")
    assert "Every vector is by the model in use." in capsys.readouterr().out
