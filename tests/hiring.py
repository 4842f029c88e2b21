"""Rows of the hiring itself for tests: requisitions, interviews, offers, mail; only what the test names is special."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from candidates.models import CandidateTag, PoolMembership, Tag, TalentPool
from jobs.models import (
    EmailTemplate,
    HumanDecision,
    Interview,
    Interviewer,
    JobPost,
    Message,
    ModelEndpoint,
    Note,
    Offer,
    RecruitmentDrive,
    ReportDocument,
    ReportSchedule,
    Requisition,
    ResumeTemplate,
    Scorecard,
    ScorecardAttribute,
    TailoringRun,
    TailoringStep,
    TrackingLink,
)
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.jobs.tailoring.word_files import word_file


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag {n}")


class CandidateTagFactory(DjangoModelFactory[CandidateTag]):
    class Meta:
        model = CandidateTag

    candidate = factory.SubFactory(CandidateFactory)
    tag = factory.SubFactory(TagFactory)


class TalentPoolFactory(DjangoModelFactory[TalentPool]):
    class Meta:
        model = TalentPool

    name = factory.Sequence(lambda n: f"Pool {n}")


class PoolMembershipFactory(DjangoModelFactory[PoolMembership]):
    class Meta:
        model = PoolMembership

    pool = factory.SubFactory(TalentPoolFactory)
    candidate = factory.SubFactory(CandidateFactory)
    basis = PoolMembership.Basis.CONSENT
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=365))


class RequisitionFactory(DjangoModelFactory[Requisition]):
    class Meta:
        model = Requisition

    title = factory.Sequence(lambda n: f"Requisition {n}")
    created_by = factory.SubFactory(UserFactory, role="Hiring manager")


class JobPostFactory(DjangoModelFactory[JobPost]):
    class Meta:
        model = JobPost

    job = factory.SubFactory(JobFactory)
    title = "Backend Engineer"
    body = "We build billing.\n\n- Python\n- PostgreSQL"


class DriveFactory(DjangoModelFactory[RecruitmentDrive]):
    class Meta:
        model = RecruitmentDrive

    name = factory.Sequence(lambda n: f"Drive {n}")
    # Around the still moment of most tests, and still running whenever they run.
    starts_on = date(2026, 11, 1)
    ends_on = factory.LazyFunction(lambda: max(date(2026, 12, 31), timezone.localdate() + timedelta(days=30)))
    created_by = factory.SubFactory(UserFactory, role="Recruiter")


class TrackingLinkFactory(DjangoModelFactory[TrackingLink]):
    class Meta:
        model = TrackingLink

    label = factory.Sequence(lambda n: f"Link {n}")
    job = factory.SubFactory(JobFactory)
    created_by = factory.SubFactory(UserFactory, role="Recruiter")


class InterviewFactory(DjangoModelFactory[Interview]):
    """An hour tomorrow; `interviewers=[user, …]` meet the candidate."""

    class Meta:
        model = Interview
        skip_postgeneration_save = True

    application = factory.SubFactory(ApplicationFactory)
    title = "Technical interview"
    starts_at = factory.LazyFunction(lambda: timezone.now().replace(microsecond=0) + timedelta(days=1))
    ends_at = factory.LazyAttribute(lambda interview: interview.starts_at + timedelta(hours=1))
    time_zone = "Europe/Berlin"
    created_by = factory.SubFactory(UserFactory, role="Recruiter")

    @factory.post_generation
    def interviewers(self: Interview, create: bool, extracted: Any, **_kwargs: Any) -> None:
        for user in extracted or () if create else ():
            Interviewer.objects.create(interview=self, user=user)


class ScorecardAttributeFactory(DjangoModelFactory[ScorecardAttribute]):
    class Meta:
        model = ScorecardAttribute

    job = factory.SubFactory(JobFactory)
    name = factory.Sequence(lambda n: f"Attribute {n}")
    position = factory.Sequence(lambda n: n)


class ScorecardFactory(DjangoModelFactory[Scorecard]):
    """A submitted card that says yes; `submitted_at=None` is one that was only begun."""

    class Meta:
        model = Scorecard

    application = factory.SubFactory(ApplicationFactory)
    by = factory.SubFactory(UserFactory, role="Interviewer")
    recommendation = Scorecard.Recommendation.YES
    takeaways = "Clear thinking."
    submitted_at = factory.LazyFunction(timezone.now)


class OfferFactory(DjangoModelFactory[Offer]):
    class Meta:
        model = Offer

    application = factory.SubFactory(ApplicationFactory)
    version = 1
    position_title = "Backend Engineer"
    salary = Decimal(65000)
    currency = "EUR"
    created_by = factory.SubFactory(UserFactory, role="Recruiter")


class EmailTemplateFactory(DjangoModelFactory[EmailTemplate]):
    class Meta:
        model = EmailTemplate

    name = factory.Sequence(lambda n: f"Template {n}")
    subject = "About {{ job.title }}"
    body = "Dear {{ candidate.first_name }},\n\nthank you."


class MessageFactory(DjangoModelFactory[Message]):
    class Meta:
        model = Message

    candidate = factory.SubFactory(CandidateFactory)
    to = "jane@example.org"
    subject = "About your application"
    body = "Dear Jane,\n\nthank you."
    by = factory.SubFactory(UserFactory, role="Recruiter")


class NoteFactory(DjangoModelFactory[Note]):
    class Meta:
        model = Note

    candidate = factory.SubFactory(CandidateFactory)
    text = "Spoke on the phone; open to relocate."
    by = factory.SubFactory(UserFactory, role="Recruiter")


class HumanDecisionFactory(DjangoModelFactory[HumanDecision]):
    class Meta:
        model = HumanDecision

    application = factory.SubFactory(ApplicationFactory)
    verdict = HumanDecision.Verdict.SHORTLIST
    by = factory.SubFactory(UserFactory, role="Recruiter")


class ModelEndpointFactory(DjangoModelFactory[ModelEndpoint]):
    class Meta:
        model = ModelEndpoint

    name = factory.Sequence(lambda n: f"Model {n}")
    dialect = ModelEndpoint.Dialect.OPENAI
    base_url = "https://models.example.org/v1"
    model = "small"
    updated_by = factory.SubFactory(UserFactory, role="Operator")


class ResumeTemplateFactory(DjangoModelFactory[ResumeTemplate]):
    class Meta:
        model = ResumeTemplate

    name = factory.Sequence(lambda n: f"House style {n}")
    content = factory.LazyFunction(word_file)
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(row.content).hexdigest())
    created_by = factory.SubFactory(UserFactory, role="Operator")


class ReportDocumentFactory(DjangoModelFactory[ReportDocument]):
    """A report of a job that waits for the worker."""

    class Meta:
        model = ReportDocument

    kind = "job"
    title = "Job report"
    job = factory.SubFactory(JobFactory)
    owner = factory.SubFactory(UserFactory, role="Recruiter")


class ReportScheduleFactory(DjangoModelFactory[ReportSchedule]):
    """A job's report every Monday, for nobody yet."""

    class Meta:
        model = ReportSchedule

    kind = "job"
    job = factory.SubFactory(JobFactory)
    every = "week"
    day = 0
    next_on = date(2099, 1, 5)
    created_by = factory.SubFactory(UserFactory, role="Recruiter")


class TailoringRunFactory(DjangoModelFactory[TailoringRun]):
    """A run in review without lines; its five steps wait."""

    class Meta:
        model = TailoringRun
        skip_postgeneration_save = True

    application = factory.SubFactory(ApplicationFactory)
    provider = "offline"
    state = TailoringRun.State.REVIEW
    ended_at = factory.LazyFunction(timezone.now)
    brief = factory.LazyFunction(lambda: {"title": "Backend Engineer", "company": "", "text": "", "requirements": []})
    created_by = factory.SubFactory(UserFactory, role="Recruiter")

    @factory.post_generation
    def steps(self: TailoringRun, create: bool, _extracted: Any, **_kwargs: Any) -> None:
        for position, agent in enumerate(TailoringStep.Agent.values if create else ()):
            TailoringStep.objects.create(run=self, position=position, agent=agent)
