"""Resumes in which there is nothing to put in order: the page says what to do, and so does a form sent all the same."""

from __future__ import annotations

import pytest

from candidates.models import Resume, UploadTicket
from jobs.actions import tailorings
from jobs.models import TailoringRun
from tests.candidates.resumes.extract.test_pdf import pdf, scanned
from tests.factories import ApplicationFactory, CandidateFactory, ResumeFactory
from tests.jobs.tailoring.resumes import resume_of
from tests.uploading import ingested

pytestmark = pytest.mark.django_db
START = "Tailor the resume</button>"
# A page that is read and says nothing of any work: a photographed letter, for example.
PROSE = "Dear all\nplease find what you asked for\nin the other envelope\nwhich was sent on Monday\nwith kind regards"


@pytest.fixture
def applied():
    return ApplicationFactory(candidate=CandidateFactory(full_name="Amara Okafor"))


@pytest.fixture
def came_in(applied, recruiter, noon):
    """A file of this person, as reading left it."""

    def come(data: bytes, filename: str) -> Resume:
        ticket = ingested(data, by=recruiter, now=noon, filename=filename, candidate=applied.candidate)
        return Resume.objects.get(ticket=ticket)

    return come


def refused(client, application) -> str:
    """The page before anything was sent, which offers no start, and the one after."""
    address = f"/jobs/application/{application.pk}/tailored/"
    before = client.get(address).content.decode()
    assert START not in before
    after = client.post(f"{address}start/", {"provider": "offline"}, follow=True).content.decode()
    assert not TailoringRun.objects.exists()
    for said in (before, after):
        assert tailorings.why_nothing(application) in said
    return before


@pytest.mark.parametrize(
    ("data", "filename"),
    [(scanned(""), "scan.pdf"), (scanned("  .  "), "dust.pdf"), (pdf(b""), "empty.pdf")],
    ids=["blank scan", "dust", "empty"],
)
def test_a_file_without_text_is_told_as_that_and_not_as_missing(applied, came_in, recruiter, client_as, data, filename):
    assert came_in(data, filename).state == Resume.State.UNREADABLE
    said = refused(client_as(recruiter), applied)
    assert "could not be read" in said
    assert "Upload it as a text document" in said


def test_an_empty_file_is_refused_at_the_door_and_there_is_no_resume(applied, recruiter, noon, client_as):
    ticket = ingested(b" \n\n \t \n", by=recruiter, now=noon, filename="empty.txt", candidate=applied.candidate)
    assert ticket.state == UploadTicket.State.REJECTED
    assert ticket.rejected_message
    assert "Upload one first" in refused(client_as(recruiter), applied)


def test_a_scan_that_is_read_and_holds_no_line_of_work_offers_no_start(applied, came_in, recruiter, client_as):
    assert came_in(scanned(PROSE), "scan.pdf").state == Resume.State.READY
    said = refused(client_as(recruiter), applied)
    assert "a scan may be hard to read" in said
    assert "add what it says by hand" in said


def test_a_resume_without_any_line_offers_no_start(applied, recruiter, client_as):
    ResumeFactory(candidate=applied.candidate, text="", parse={"json_resume": {"basics": {"name": "Jane"}}})
    assert "a scan may be hard to read" in refused(client_as(recruiter), applied)


def test_without_any_resume_one_has_to_be_uploaded(applied, recruiter, client_as):
    assert "Upload one first" in refused(client_as(recruiter), applied)


def test_one_that_holds_lines_offers_the_start(applied, recruiter, client_as):
    resume_of(applied.candidate)
    said = client_as(recruiter).get(f"/jobs/application/{applied.pk}/tailored/").content.decode()
    assert START in said
    assert tailorings.why_nothing(applied) == ""


def test_a_run_whose_resume_gave_way_to_one_without_lines_is_not_offered_again(begun, recruiter, tailor, client_as):
    run = tailor(begun)
    address, client = f"/jobs/tailoringrun/{run.pk}/change/", client_as(recruiter)
    assert START in client.get(address).content.decode()
    Resume.objects.update(is_current=False)
    ResumeFactory(candidate=run.application.candidate, text="", parse={"json_resume": {"basics": {"name": "Jane"}}})
    said = client.get(address).content.decode()
    assert START not in said
    assert tailorings.NO_LINES in said
