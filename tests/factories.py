"""Rows for tests: valid by themselves, with readable values, and only what the test names is special."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory

from candidates.models import (
    Candidate,
    CandidateEmail,
    Resume,
    ResumePage,
    ResumeParse,
    ResumeText,
    ResumeVector,
    UploadTicket,
)
from hrassist.models import ApiToken, User
from jobs.models import Application, HiringTeamMember, Job, Stage

SCOPES = tuple(
    f"{noun}:{verb}"
    for noun in ("candidates", "resumes", "uploads", "jobs", "applications", "matches", "reports")
    for verb in ("read", "write")
)
RESUME_TEXT = "Jane Doe\nStaff Engineer\n\nEXPERIENCE\nAcme, Staff Engineer, 2019 to 2024\nBuilt billing in Python.\n"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    is_staff = True

    @factory.post_generation
    def role(self: User, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        if create and extracted:
            self.groups.add(Group.objects.get(name=extracted))


class CandidateFactory(DjangoModelFactory[Candidate]):
    """A candidate with one e-mail address; `email=""` for none."""

    class Meta:
        model = Candidate
        skip_postgeneration_save = True

    full_name = factory.Sequence(lambda n: f"Jane Doe {n}")
    headline = "Staff Engineer"
    city = "Berlin"
    country = "DE"

    @factory.post_generation
    def email(self: Candidate, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        address = f"candidate-{self.pk}@example.org" if extracted is None else extracted
        if create and address:
            CandidateEmail.objects.create(candidate=self, address=address.lower(), source="resume")


class UploadTicketFactory(DjangoModelFactory[UploadTicket]):
    class Meta:
        model = UploadTicket

    key = factory.Sequence(lambda n: f"incoming/20261102/{n:032x}")
    method = UploadTicket.Method.PUT
    filename = "resume.pdf"
    declared_type = "application/pdf"
    declared_size = 1000
    declared_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    created_by = factory.SubFactory(UserFactory, role="Recruiter")
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=15))


class ResumeFactory(DjangoModelFactory[Resume]):
    """A READY resume with its text; `content=b"…"` puts these bytes into the store, `pages=2` draws page rows,
    `parse={…}` and `vector=[…]` add those side tables."""

    class Meta:
        model = Resume
        skip_postgeneration_save = True

    candidate = factory.SubFactory(CandidateFactory)
    key = factory.Sequence(lambda n: f"clean/{n:032x}")
    sha256 = factory.LazyAttribute(lambda resume: hashlib.sha256(resume.key.encode()).hexdigest())
    size = 1000
    kind = "pdf"
    filename = "resume.pdf"
    page_count = 1
    language = "en"
    state = Resume.State.READY
    scanned_by = "none configured"

    @factory.post_generation
    def text(self: Resume, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        if create and self.state == Resume.State.READY:
            words = RESUME_TEXT if extracted is None else extracted
            ResumeText.objects.create(resume=self, text=words, masked_text=words, head=words[:200], page_starts=[0])

    @factory.post_generation
    def parse(self: Resume, create: bool, extracted: dict[str, Any] | None, **_kwargs: Any) -> None:
        if create and extracted is not None:
            ResumeParse.objects.create(resume=self, **extracted)

    @factory.post_generation
    def vector(self: Resume, create: bool, extracted: list[float] | None, **_kwargs: Any) -> None:
        if create and extracted is not None:
            ResumeVector.objects.create(resume=self, embedding=extracted, model_hash="test")

    @factory.post_generation
    def content(self: Resume, create: bool, extracted: bytes | None, **_kwargs: Any) -> None:
        if create and extracted is not None:
            put(self.key, extracted)
            self.sha256, self.size = hashlib.sha256(extracted).hexdigest(), len(extracted)
            self.save(update_fields=["sha256", "size"])

    @factory.post_generation
    def pages(self: Resume, create: bool, extracted: int | None, **_kwargs: Any) -> None:
        for number in range(1, (extracted or 0) + 1 if create else 1):
            page = ResumePage.objects.create(
                resume=self, number=number, key=f"{self.key}-page-{number}.png", width=1240, height=1754
            )
            put(page.key, PNG)


class JobFactory(DjangoModelFactory[Job]):
    """An open job with the default stages; `team={user: "hiring_manager"}` fills its hiring team."""

    class Meta:
        model = Job
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Backend Engineer {n}")
    description = "Build and run our billing service in Python and PostgreSQL."
    must_have = "Python\nPostgreSQL"
    city = "Berlin"
    country = "DE"
    status = Job.Status.OPEN

    @factory.post_generation
    def stages(self: Job, create: bool, extracted: Any, **_kwargs: Any) -> None:
        if create:
            Stage.objects.bulk_create(
                Stage(job=self, name=name, kind=kind, position=position)
                for position, (name, kind) in enumerate(extracted or Stage.DEFAULTS)
            )

    @factory.post_generation
    def team(self: Job, create: bool, extracted: dict[User, str] | None, **_kwargs: Any) -> None:
        for user, role in (extracted or {}).items() if create else ():
            HiringTeamMember.objects.create(job=self, user=user, role=role)


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    candidate = factory.SubFactory(CandidateFactory)
    job = factory.SubFactory(JobFactory)
    stage = factory.LazyAttribute(lambda application: application.job.stages.first())


# The smallest picture there is.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


def put(key: str, content: bytes) -> None:
    """Put bytes into the store of checked files."""
    from hrassist.lib import storage

    storage.clean().put(key, content, content_type="application/octet-stream")


def api_token(user: User, *, scopes: tuple[str, ...] | None = None, **columns: Any) -> str:
    """A token of this user, valid for a day; gives what the program would send."""
    token, digest = ApiToken.generate()
    columns = {"expires_at": timezone.now() + timedelta(days=1)} | columns
    ApiToken.objects.create(
        user=user,
        name="test",
        digest=digest,
        hint=token[:12],
        scopes=list(SCOPES if scopes is None else scopes),
        **columns,
    )
    return token
