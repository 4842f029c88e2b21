"""A job with people, cards and a ranking, and reports made of it as the worker makes them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from jobs.actions import report_documents
from jobs.models import Match, MatchEvidence, MatchRun, Opening, ReportDocument, StageTransition
from jobs.reports.documents import making
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import InterviewFactory, ScorecardAttributeFactory, ScorecardFactory

CRITERIA = [{"text": "Python", "kind": "must"}, {"text": "A driving licence", "kind": "nice"}]


@pytest.fixture
def job(recruiter, hiring_manager):
    team = {recruiter: "recruiter", hiring_manager: "hiring_manager"}
    job = JobFactory(title="Backend Engineer", department="Platform", team=team)
    Opening.objects.create(job=job)
    ScorecardAttributeFactory(job=job, name="Python")
    return job


def applied(job, name, *, source="Referral", kind="applied", **columns):
    """Somebody's application that stands at this kind of stage, with the step that put it down."""
    one = ApplicationFactory(
        job=job, candidate=CandidateFactory(full_name=name), source=source, stage=job.stages.get(kind=kind), **columns
    )
    StageTransition.objects.create(
        application=one, from_stage=None, to_stage=job.stages.first(), to_status="active", at=one.applied_at
    )
    return one


@pytest.fixture
def amara(job):
    return applied(job, "Amara Okafor", kind="interview")


@pytest.fixture
def people(job, amara):
    return [amara, applied(job, "Bela Kovács", source="Job board"), applied(job, "Chiara Rossi")]


def ranked(job, applications, *, by):
    """A ranking of these people in this order, with one quote for each."""
    run = MatchRun.objects.create(
        job=job, model_hash="a" * 64, weights={}, criteria=CRITERIA, considered=len(applications),
        ranked=len(applications), milliseconds=3, created_by=by,
    )  # fmt: skip
    for rank, one in enumerate(applications, start=1):
        match = Match.objects.create(
            run=run, candidate=one.candidate, rank=rank, score=1 / rank, components={"dense": 1 / rank},
            must_covered=1, must_total=1,
        )  # fmt: skip
        MatchEvidence.objects.create(match=match, criterion=0, strength="strong", quote="Built billing.", page=1)
        MatchEvidence.objects.create(match=match, criterion=1, strength="none")
    return run


@pytest.fixture
def card(amara, interviewer):
    meeting = InterviewFactory(application=amara, interviewers=[interviewer])
    return ScorecardFactory(application=amara, by=interviewer, interview=meeting, takeaways="Thinks aloud and well.")


@pytest.fixture
def made():
    """Asks for a report and makes it as the worker does."""

    def make(kind, *, by, **about) -> ReportDocument:
        document = report_documents.ask(kind=kind, by=by, now=timezone.now(), **about)
        making.make(document.pk)
        return ReportDocument.objects.get(pk=document.pk)

    return make


def words(said) -> str:
    """Every word of a paper, to look for some."""
    if isinstance(said, dict):
        return " ".join(words(one) for name, one in said.items() if name not in {"brand", "svg"})
    if isinstance(said, list | tuple):
        return " ".join(words(one) for one in said)
    return str(said)


def said_of(document) -> str:
    return words(making.put_together(document)[1])
