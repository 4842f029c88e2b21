"""A job with a link of its own, and somebody who applies through it."""

from __future__ import annotations

from datetime import datetime

import pytest

from candidates.tasks import ingest_upload
from hrassist.models import User
from jobs.actions import intake, links
from jobs.models import IntakeSubmission, Job, TrackingLink
from tests.conftest import NOON
from tests.factories import JobFactory
from tests.jobs.actions.sending import Send
from tests.uploading import md5_of, put


@pytest.fixture
def job(recruiter: User) -> Job:
    return JobFactory(title="Billing engineer", team={recruiter: "recruiter"})


@pytest.fixture
def link(recruiter: User, job: Job) -> TrackingLink:
    return links.create(job=job, by=recruiter, now=NOON, facts={"label": "University fair"})


@pytest.fixture
def send() -> Send:
    """What the public form does: a ticket, the bytes, the form; `read=False` leaves the file unread."""

    def sent(
        link: TrackingLink, data: bytes, *, name: str = "Jane Doe", email: str = "jane.doe@example.org",
        read: bool = True, job: Job | None = None, now: datetime = NOON, filename: str = "resume.txt",
    ) -> tuple[IntakeSubmission, str]:  # fmt: skip
        ticket, signed, proof = intake.issue_ticket(
            link=link, filename=filename, size=len(data), content_type="", md5=md5_of(data), now=now
        )
        put(signed, data)
        one, secret = intake.submit(
            link=link, job_id=job.pk if job else None, full_name=name, email=email, phone="+49 30 5551234",
            message="Hello", consents=True, proof=intake.read_proof(proof, link=link), now=now,
        )  # fmt: skip
        if read:
            ingest_upload(ticket_id=str(ticket.pk))
        return one, secret

    return sent
