"""What the team writes about a person, and who is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.actions import merging
from hrassist.lib.errors import DomainError, NotFound
from hrassist.models import Notification
from jobs.actions import notes
from jobs.models import Note
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(recruiter, hiring_manager):
    return ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))


def test_a_mention_tells_the_colleague_where_to_read(one, recruiter, hiring_manager, events):
    note = notes.write(
        candidate=one.candidate, text="Call her, @hugo. Her mail is x@hugo.example", by=recruiter, now=NOON
    )
    told = Notification.objects.get()
    assert (told.user, told.kind, told.subject_ref) == (hiring_manager, "mention", one.candidate_id)
    assert told.url == f"/candidates/candidate/{one.candidate_id}/notes/#note-{note.pk}"
    assert [user.username for user in note.mentioned.all()] == ["hugo"]
    (event,) = events("note.written")
    assert event.changes == {"private": False, "mentions": 1}


def test_who_may_not_see_the_person_cannot_be_mentioned(recruiter):
    stranger = UserFactory(username="ina", first_name="Ina", role="Hiring manager")
    with pytest.raises(notes.CannotBeTold, match="Ina may not see this person"):
        notes.write(candidate=CandidateFactory(), text="@ina look", by=recruiter, now=NOON)
    assert not Note.objects.exists()
    assert not Notification.objects.filter(user=stranger).exists()


def test_who_sees_no_notes_or_not_the_job_cannot_be_mentioned(one, recruiter, interviewer, coordinator):
    one.job.team.create(user=interviewer, role="interviewer")
    with pytest.raises(notes.CannotBeTold):
        notes.write(candidate=one.candidate, text="@ines look", by=recruiter, now=NOON)
    secret = ApplicationFactory(
        candidate=one.candidate, job=JobFactory(confidential=True, team={recruiter: "recruiter"})
    )
    notes.write(candidate=one.candidate, text="@cora look", by=recruiter, now=NOON)
    with pytest.raises(notes.CannotBeTold):
        notes.write(candidate=one.candidate, application=secret, text="@cora look", by=recruiter, now=NOON)


def test_nobody_is_told_of_a_private_note(one, recruiter, hiring_manager):
    with pytest.raises(DomainError, match="only for you"):
        notes.write(candidate=one.candidate, text="@hugo look", private=True, by=recruiter, now=NOON)
    notes.write(candidate=one.candidate, text="Mine", private=True, by=recruiter, now=NOON)
    assert Note.objects.visible_to(hiring_manager).count() == 0
    assert Note.objects.visible_to(recruiter).count() == 1


def test_the_note_of_an_application_is_read_only_with_sight_of_its_job(one, recruiter, coordinator):
    secret = ApplicationFactory(
        candidate=one.candidate, job=JobFactory(confidential=True, team={recruiter: "recruiter"})
    )
    notes.write(candidate=one.candidate, application=secret, text="Hush", by=recruiter, now=NOON)
    assert Note.objects.visible_to(coordinator).count() == 0


def test_an_edit_tells_only_who_is_new_in_it(one, recruiter, hiring_manager, coordinator):
    note = notes.write(candidate=one.candidate, text="@hugo look", by=recruiter, now=NOON)
    seen = notes.version(note)
    notes.edit(
        note=note, text="@hugo and @cora look", by=recruiter, now=NOON + timedelta(hours=1), expected_edited_at=seen
    )
    assert list(Notification.objects.order_by("created_at", "pk").values_list("user__username", flat=True)) == [
        "hugo",
        "cora",
    ]
    with pytest.raises(notes.NoteChanged):
        notes.edit(note=note, text="Over it", by=recruiter, now=NOON, expected_edited_at=seen)


def test_only_who_wrote_a_note_changes_it_and_a_deleted_one_comes_back(one, recruiter, hiring_manager):
    note = notes.write(candidate=one.candidate, text="Hello", by=recruiter, now=NOON)
    with pytest.raises(DomainError, match="Only who wrote"):
        notes.edit(note=note, text="No", by=hiring_manager, now=NOON)
    with pytest.raises(NotFound):
        notes.delete(note=note, by=UserFactory(role="Hiring manager"), now=NOON)
    notes.delete(note=note, by=recruiter, now=NOON)
    assert Note.objects.visible_to(recruiter).there().count() == 0
    notes.restore(note=note, by=recruiter, now=NOON)
    assert Note.objects.visible_to(recruiter).there().get().text == "Hello"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001])
def test_a_note_has_words_and_not_too_many(one, recruiter, text):
    with pytest.raises(DomainError):
        notes.write(candidate=one.candidate, text=text, by=recruiter, now=NOON)


def test_nobody_writes_to_a_merged_record(recruiter):
    kept, gone = CandidateFactory(), CandidateFactory()
    merging.merge(kept=kept, gone=gone, by=recruiter, now=NOON)
    with pytest.raises(DomainError, match="merged"):
        notes.write(candidate=gone, text="Hello", by=recruiter, now=NOON)


def test_only_who_may_read_is_offered_and_the_team_comes_first(one, recruiter, hiring_manager, coordinator):
    UserFactory(username="hubert", role="Hiring manager")
    UserFactory(username="aaron", role="Recruiter")

    def offered(words: str) -> list[str]:
        found = notes.mentionable(candidate=one.candidate, application=None, words=words, by=recruiter)
        return [user.username for user in found]

    assert offered("") == ["hugo", "aaron", "cora"]
    assert offered("hu") == ["hugo"]
    assert offered("ro") == []


def test_an_application_s_readers_see_both_it_and_the_person(one, recruiter, hiring_manager, coordinator):
    secret = ApplicationFactory(
        candidate=one.candidate, job=JobFactory(confidential=True, team={recruiter: "recruiter"})
    )

    def offered(application) -> list[str]:
        found = notes.mentionable(candidate=one.candidate, application=application, words="", by=UserFactory())
        return sorted(user.username for user in found)

    assert offered(one) == ["cora", "hugo", "rosa"]
    assert offered(secret) == ["rosa"]


def test_twenty_colleagues_are_looked_at_in_as_many_statements_as_two(one, recruiter):
    for role in ("Recruiter", "Hiring manager"):
        UserFactory(role=role)

    def offered() -> int:
        return len(notes.mentionable(candidate=one.candidate, application=one, words="", by=recruiter))

    assert offered() == 2  # what this recruiter may do is known from here on
    with CaptureQueriesContext(connection) as few:
        offered()
    for role in ("Recruiter", "Hiring manager", "Coordinator"):
        UserFactory.create_batch(6, role=role)
    with CaptureQueriesContext(connection) as many:
        assert offered() > 2
    assert len(few) == len(many)
