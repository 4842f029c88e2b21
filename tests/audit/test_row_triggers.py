"""People, applications and resumes that change past the actions: in a shell, in bulk, in SQL."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit import actions as audit
from audit.models import Event
from candidates.models import Candidate, Resume
from jobs.actions import applications
from jobs.models import Application
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db(transaction=True)


def raw(*nouns: str) -> list[Event]:
    """What the triggers wrote, oldest first; clear of what made the rows."""
    return [row for row in Event.objects.order_by("id") if ".row_" in row.action and row.action.split(".")[0] in nouns]


@pytest.fixture
def people() -> list[Candidate]:
    made = [CandidateFactory(full_name=name) for name in ("Amara Okafor", "Jan de Vries", "Li Wei")]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM audit_event")
        cursor.execute("RESET session_replication_role")
    return made


def test_a_bulk_update_is_an_event_for_each_person_with_columns_and_no_values(people):
    Candidate.objects.update(full_name="Nobody", city="Atlantis")
    found = raw("candidate")
    assert {event.subject_ref for event in found} == {str(one.pk) for one in people}
    assert {event.action for event in found} == {"candidate.row_changed"}
    assert [event.changes for event in found] == [{"columns": ["city", "full_name"]}] * 3
    assert {event.code for event in found} == {"CAN-RCHG-I"}
    assert not [one for one in found if "Atlantis" in json.dumps(one.changes)]


def test_raw_sql_is_an_event_and_names_the_login(people):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM candidates_candidateemail WHERE candidate_id = %s", [people[0].pk])
        cursor.execute("DELETE FROM candidates_candidate WHERE id = %s", [people[0].pk])
        cursor.execute("SELECT session_user::text")
        (login,) = cursor.fetchone()
    (event,) = raw("candidate")
    assert (event.action, event.target_id, event.actor_display) == ("candidate.row_deleted", str(people[0].pk), login)


def test_what_an_action_recorded_is_not_said_twice(people, recruiter):
    person = people[0]
    with transaction.atomic():
        person.city = "Oslo"
        person.save()
        audit.record("candidate.updated", target=person, by=recruiter, subject=person)
    assert Event.objects.filter(action="candidate.updated", subject_ref=str(person.pk)).count() == 1
    assert raw("candidate") == []


def test_an_action_about_one_person_does_not_cover_for_another(people, recruiter):
    with transaction.atomic():
        Candidate.objects.update(city="Oslo")
        audit.record("candidate.updated", target=people[0], by=recruiter, subject=people[0])
    assert {event.subject_ref for event in raw("candidate")} == {str(one.pk) for one in people[1:]}


def test_a_record_of_an_earlier_transaction_covers_nothing(people, recruiter):
    audit.record("candidate.updated", target=people[0], by=recruiter, subject=people[0])
    Candidate.objects.filter(pk=people[0].pk).update(city="Oslo")
    assert [event.action for event in raw("candidate")] == ["candidate.row_changed"]


def test_a_change_that_is_none_is_no_event(people):
    for one in people:
        one.save()
    Candidate.objects.update(last_activity_at=timezone.now(), updated_at=timezone.now())
    assert raw("candidate") == []


def test_what_was_rolled_back_is_no_event(people):
    with transaction.atomic():
        Candidate.objects.update(city="Oslo")
        transaction.set_rollback(True)
    assert raw("candidate") == []


def test_applications_and_resumes_are_watched_too(people):
    job = JobFactory()
    application = ApplicationFactory(candidate=people[0], job=job)
    resume = ResumeFactory(candidate=people[0])
    Application.objects.filter(pk=application.pk).update(source="agency")
    Resume.objects.filter(pk=resume.pk).update(language="de")
    said = [(one.action, one.target_id, one.subject_ref, one.job_id) for one in raw("application", "resume")]
    person = str(people[0].pk)
    assert ("application.row_changed", str(application.pk), person, str(job.pk)) in said
    assert ("resume.row_changed", str(resume.pk), person, "") in said


def test_an_application_that_moves_by_the_action_is_one_event(people, recruiter):
    job = JobFactory(team={recruiter: "recruiter"})
    application = ApplicationFactory(candidate=people[0], job=job)
    before = len(raw("application"))
    applications.advance(application=application, by=recruiter, now=timezone.now())
    assert Event.objects.filter(action="application.advanced").count() == 1
    assert len(raw("application")) == before


def test_emptying_the_people_is_an_event():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE candidates_candidate CASCADE")
    assert Event.objects.filter(action="candidate.emptied").exists()


def test_the_change_does_not_happen_where_the_event_cannot_be_written(people, refusing_events):
    with pytest.raises(Exception, match="no event may be written"):
        Candidate.objects.update(city="Oslo")
    assert not Candidate.objects.filter(city="Oslo").exists()
