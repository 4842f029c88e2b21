"""The tab "Notes" and its names."""

from __future__ import annotations

import pytest

from jobs.models import Note
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db


def address(thing, page="notes"):
    noun = "jobs/application" if thing._meta.model_name == "application" else "candidates/candidate"
    return f"/{noun}/{thing.pk}/{page}/"


def test_a_note_is_written_read_changed_deleted_and_brought_back(recruiter, client_as, events):
    one = CandidateFactory()
    browser = client_as(recruiter)
    assert browser.post(address(one), {"text": "First <b>words</b>"}).status_code == 302
    note = Note.objects.get()
    page = browser.get(address(one)).content.decode()
    assert "First &lt;b&gt;words&lt;/b&gt;" in page
    assert events("candidate.notes_viewed")
    edit = f"/jobs/note/{note.pk}/edit/"
    assert f"edit={note.pk}" in browser.get(edit).url
    browser.post(edit, {"text": "Second words"})
    assert "Second words" in browser.get(address(one)).content.decode()
    answer = browser.post(edit, {"do": "delete"}, follow=True).content.decode()
    assert "The note is deleted." in answer
    assert 'value="restore"' in answer
    assert "No notes yet" in answer
    browser.post(edit, {"do": "restore"})
    assert "Second words" in browser.get(address(one)).content.decode()


def test_what_was_typed_stays_when_a_note_is_refused(recruiter, hiring_manager, client_as):
    answer = client_as(recruiter).post(address(CandidateFactory()), {"text": "@hugo please look"})
    assert answer.status_code == 422
    assert "Hugo may not see this person" in answer.content.decode()
    assert "@hugo please look</textarea>" in answer.content.decode()


def test_notes_of_a_confidential_job_are_nowhere_for_who_does_not_see_it(recruiter, coordinator, client_as):
    one = ApplicationFactory()
    secret = ApplicationFactory(
        candidate=one.candidate, job=JobFactory(confidential=True, team={recruiter: "recruiter"})
    )
    hiring.NoteFactory(candidate=one.candidate, application=secret, text="Hush hush")
    assert "Hush hush" in client_as(recruiter).get(address(one.candidate)).content.decode()
    assert "Hush hush" not in client_as(coordinator).get(address(one.candidate)).content.decode()
    assert client_as(coordinator).get(address(secret)).status_code == 404
    assert client_as(coordinator).get(address(secret, "mentionable")).status_code == 404


@pytest.mark.parametrize("page", ["notes", "mentionable"])
def test_the_notes_of_people_one_does_not_see_do_not_exist(hiring_manager, interviewer, client_as, page):
    assert client_as(hiring_manager).get(address(CandidateFactory(), page)).status_code == 404
    one = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"}))
    assert client_as(interviewer).get(address(one.candidate, page)).status_code == 403


def test_a_colleague_s_note_cannot_be_changed_by_its_address(recruiter, coordinator, client_as):
    note = hiring.NoteFactory(by=recruiter)
    assert client_as(coordinator).post(f"/jobs/note/{note.pk}/edit/", {"text": "No"}).status_code == 404


def test_names_that_may_read_are_offered(recruiter, hiring_manager, client_as):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    answer = client_as(recruiter).get(address(one, "mentionable"), {"q": "hu"}).json()
    assert [person["username"] for person in answer["people"]] == ["hugo"]


def test_fifty_notes_cost_as_much_as_three(recruiter, hiring_manager, client_as, assert_queries):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    browser = client_as(recruiter)
    for count in (3, 47):
        for note in hiring.NoteFactory.create_batch(count, candidate=one.candidate, application=one, by=recruiter):
            note.mentions.create(user=hiring_manager)
        browser.get(address(one.candidate))
        with assert_queries("admin_candidate_notes"):
            answer = browser.get(address(one.candidate))
    assert len(answer.context["notes"]) == 30
    older = browser.get(address(one.candidate) + answer.context["page"].older)
    assert len(older.context["notes"]) == 20
