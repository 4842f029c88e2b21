from dataclasses import replace

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from candidates.models import Candidate, Resume, ResumeText, ResumeVector
from hrassist.lib.embeddings import shared_embedder
from jobs.matching import retrieve as stage
from jobs.matching.embed import embed_job
from jobs.matching.retrieve import Filters, retrieve
from jobs.matching.run import job_text, weights_in_force
from jobs.models import Application
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return JobFactory(title="Backend Engineer")


def found(job, user, filters=None, **limits):
    weights = weights_in_force()
    query = embed_job(job_text(job), embedder=shared_embedder(), weights=weights.query)
    got = retrieve(
        job,
        query,
        user=user,
        filters=filters or Filters(),
        model_hash=shared_embedder().model_hash,
        limits=replace(weights.candidates, **limits),
    )
    return got, {candidate for candidate, _ in got.ids}


def test_everybody_with_a_current_resume_is_considered_and_loaded_with_vector_and_words(job, recruiter):
    people = {resume_of(PYTHON_RESUME).pk, resume_of(CHEF_RESUME).pk}
    got, ids = found(job, recruiter)
    assert ids == people
    assert got.considered == 2
    assert got.vectors.shape == (2, 384)
    assert len(got.words) == 2


def test_nobody_is_an_empty_answer(job, recruiter):
    got, ids = found(job, recruiter)
    assert (got.considered, ids, len(got.words)) == (0, set(), 0)


@pytest.mark.parametrize("exact_below", [20_000, 0], ids=["exact", "by index"])
def test_the_nearest_come_first_when_few_are_taken(job, recruiter, exact_below):
    resume_of(CHEF_RESUME)
    engineer = resume_of(PYTHON_RESUME)
    _, ids = found(job, recruiter, nearest=1, full_text=0, exact_below=exact_below)
    assert ids == {engineer.pk}


def test_a_word_hit_comes_in_although_its_vector_is_far(job, recruiter):
    resume_of(PYTHON_RESUME)
    far = resume_of("EXPERIENCE\nBackend engineer of the billing service.", head=CHEF_RESUME)
    _, without_words = found(job, recruiter, nearest=1, full_text=0)
    _, with_words = found(job, recruiter, nearest=1, full_text=5)
    assert far.pk not in without_words
    assert far.pk in with_words


def test_the_resume_with_more_of_the_words_wins_the_last_place(job, recruiter):
    engineer = resume_of(PYTHON_RESUME)
    resume_of("EXPERIENCE\nBackend of a chair.")
    _, ids = found(job, recruiter, nearest=1, full_text=1)
    assert ids == {engineer.pk}


def test_a_vector_of_another_model_is_never_compared(job, recruiter):
    resume_of(PYTHON_RESUME, model_hash="another")
    got, ids = found(job, recruiter)
    assert ids == set()
    assert got.considered == 1


def test_a_user_retrieves_only_people_they_may_see(job):
    nobody = UserFactory()
    resume_of(PYTHON_RESUME)
    got, ids = found(job, nobody)
    assert (got.considered, ids) == (0, set())


def test_a_merged_record_and_an_outdated_resume_stay_out(job, recruiter):
    kept = resume_of(PYTHON_RESUME)
    merged = resume_of(PYTHON_RESUME)
    Candidate.objects.filter(pk=merged.pk).update(merged_into=kept)
    old = resume_of(PYTHON_RESUME)
    old.resumes.update(is_current=False)
    _, ids = found(job, recruiter)
    assert ids == {kept.pk}


def test_somebody_rejected_for_this_job_does_not_come_back_unless_they_applied_again(job, recruiter):
    rejected = resume_of(PYTHON_RESUME)
    again = resume_of(PYTHON_RESUME)
    elsewhere = resume_of(PYTHON_RESUME)
    end = {"status": Application.Status.REJECTED, "ended_at": NOON, "ended_by": recruiter}
    ApplicationFactory(candidate=rejected, job=job, **end)
    ApplicationFactory(candidate=again, job=job, **end)
    ApplicationFactory(candidate=again, job=job)
    ApplicationFactory(candidate=elsewhere, job=JobFactory(), **end)
    _, ids = found(job, recruiter)
    assert ids == {again.pk, elsewhere.pk}


def test_applicants_only_leaves_the_active_applications_of_this_job(job, recruiter):
    applied = resume_of(PYTHON_RESUME)
    resume_of(PYTHON_RESUME)
    ApplicationFactory(candidate=applied, job=job)
    got, ids = found(job, recruiter, filters=Filters(applicants_only=True))
    assert ids == {applied.pk}
    assert got.considered == 1


def test_a_country_keeps_those_of_the_country_and_those_of_unknown_country(job, recruiter):
    german = resume_of(PYTHON_RESUME, country="DE")
    resume_of(PYTHON_RESUME, country="FR")
    unknown = resume_of(PYTHON_RESUME, country="")
    _, ids = found(job, recruiter, filters=Filters(country="de"))
    assert ids == {german.pk, unknown.pk}


def test_the_source_of_evidence_carries_sections_pages_and_skills(job, recruiter):
    candidate = resume_of(PYTHON_RESUME)
    resume = candidate.resumes.get()
    span = {"label": "SKILL", "value": "Python", "start": 33, "end": 39, "page": 1, "concept": "esco:python"}
    resume.parse.fields = [span, {**span, "label": "TITLE"}, {**span, "concept": ""}]
    resume.parse.save()
    (source,) = stage.sources([resume.pk])
    assert source.skills == ((33, 39, "esco:python"),)
    assert source.text[source.experience[0][0] :].startswith("EXPERIENCE")
    assert source.page_starts == (0,)


def many_people(count):
    """People with vectors in all directions, the hardest case for an approximate index."""
    rows = np.random.default_rng(7).normal(size=(count, 384))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    people = Candidate.objects.bulk_create(Candidate(full_name=f"Person {at}") for at in range(count))
    resumes = Resume.objects.bulk_create(
        Resume(
            candidate=one,
            key=f"clean/{one.pk.hex}",
            sha256=one.pk.hex * 2,
            size=1,
            kind="txt",
            filename="resume.txt",
            state=Resume.State.READY,
            scanned_by="none configured",
        )
        for one in people
    )
    ResumeText.objects.bulk_create(ResumeText(resume=one, text="work", masked_text="work") for one in resumes)
    model_hash = shared_embedder().model_hash
    ResumeVector.objects.bulk_create(
        [
            ResumeVector(resume=one, embedding=row.tolist(), model_hash=model_hash)
            for one, row in zip(resumes, rows, strict=True)
        ],
        # Each goes into the index too: a statement of all of them ran into the limit on a busy machine.
        batch_size=500,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE candidates_candidate, candidates_resume, candidates_resumevector")


def test_the_index_finds_nine_of_ten_that_comparing_everybody_finds(job, recruiter):
    many_people(3000)
    _, exact = found(job, recruiter, nearest=100, full_text=0)
    with CaptureQueriesContext(connection) as asked:
        _, near = found(job, recruiter, nearest=100, full_text=0, exact_below=0)
    (search,) = [one["sql"] for one in asked if "ORDER BY embedding" in one["sql"]]
    assert len(exact) == len(near) == 100
    assert len(exact & near) >= 90
    with transaction.atomic(), connection.cursor() as cursor:
        for one in asked:
            if one["sql"].startswith("SET LOCAL"):
                cursor.execute(one["sql"])
        cursor.execute(f"EXPLAIN {search}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "resumevector_hnsw" in plan, plan
