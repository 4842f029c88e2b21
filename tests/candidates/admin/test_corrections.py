import pytest
from django.urls import reverse

from candidates.actions.corrections import state_of
from tests.candidates.actions.test_corrections import FIELDS, READ
from tests.factories import ApplicationFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def resume():
    return ResumeFactory(parse={"json_resume": READ, "fields": FIELDS})


def address(resume):
    return reverse("admin:candidates_candidate_correct", args=[resume.candidate_id])


def said(resume, **changed):
    return {
        "resume": resume.pk, "seen": state_of(resume.parse), "name": "Jane Doe", "label": "Engineer", "summary": "",
        "work-was": ["0", ""], "work-position": ["Engineer", "Tutor"], "work-name": ["Acme", "Uni"],
        "work-startDate": ["2019", ""], "work-endDate": ["", ""], "skills": "Python\nSQL",
    } | changed  # fmt: skip


def test_the_form_shows_what_was_read(resume, recruiter, client_as):
    page = client_as(recruiter).get(address(resume)).content.decode()
    assert 'value="Enginer"' in page
    assert "Python\nReferences" in page


def test_a_correction_leads_back_to_the_resume(resume, recruiter, client_as):
    answer = client_as(recruiter).post(address(resume), said(resume), follow=True)
    assert "The correction is stored" in answer.content.decode()
    resume.parse.refresh_from_db()
    assert [one["position"] for one in resume.parse.json_resume["work"]] == ["Engineer", "Tutor"]


def test_a_refused_correction_stays_in_the_form(resume, recruiter, client_as):
    answer = client_as(recruiter).post(address(resume), said(resume, seen="old", label="Mine"))
    assert answer.status_code == 409
    assert "Somebody corrected this resume" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()


def test_who_may_only_look_finds_no_form(resume, hiring_manager, client_as):
    ApplicationFactory(candidate=resume.candidate, job=JobFactory(team={hiring_manager: "hiring_manager"}))
    client = client_as(hiring_manager)
    assert client.get(address(resume)).status_code == 403
    shown = client.get(reverse("admin:candidates_candidate_resume", args=[resume.candidate_id]))
    assert address(resume) not in shown.content.decode()
