import logging
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.http import HttpRequest
from django.test import RequestFactory

from audit import actions as audit
from audit.models import Event
from hrassist.lib import origin
from tests.factories import CandidateFactory, JobFactory, ResumeFactory


@pytest.fixture
def in_request(rf: RequestFactory, recruiter):
    """A GET request of the recruiter, as the middleware would announce it."""
    request: HttpRequest = rf.get("/", HTTP_USER_AGENT="Firefox")
    request.user = recruiter
    with origin.within(origin.RequestOrigin(request)) as here:
        yield here


def test_a_change_is_on_record_with_its_actor_target_subject_and_job(recruiter, events):
    candidate, job = CandidateFactory(), JobFactory()
    audit.record("candidate.changed", target=candidate, by=recruiter, subject=candidate, job=job, fields=["city"])
    (event,) = events("candidate.changed")
    assert (event.actor_type, event.actor_id, event.actor_display) == ("user", str(recruiter.pk), "rosa")
    assert (event.target_type, event.target_id) == ("candidates.candidate", str(candidate.pk))
    assert (event.subject_ref, event.job_id) == (str(candidate.pk), str(job.pk))
    assert (event.outcome, event.changes) == ("allow", {"fields": ["city"]})


def test_a_change_that_rolls_back_leaves_no_event(recruiter, events):
    with transaction.atomic():
        audit.record("job.opened", by=recruiter)
        transaction.set_rollback(True)
    assert events("job.opened") == []


def test_a_file_is_named_by_its_hash(recruiter, events):
    resume = ResumeFactory()
    audit.viewed("resume.viewed", target=resume, by=recruiter, subject=resume.candidate_id)
    assert events("resume.viewed")[0].target_version == resume.sha256


def test_changes_hold_ids_and_dates_as_text(recruiter, noon, events):
    ticket_id = uuid4()
    audit.record("upload.confirmed", by=recruiter, ticket_id=ticket_id, at=noon)
    assert events("upload.confirmed")[0].changes == {"ticket_id": str(ticket_id), "at": "2026-11-02T12:00:00Z"}


def test_within_a_request_the_event_says_from_where(in_request, recruiter, events):
    audit.record("job.opened")
    (event,) = events("job.opened")
    assert (event.actor_id, event.ip, event.user_agent) == (str(recruiter.pk), "127.0.0.1", "Firefox")
    assert event.request_id == in_request.request_id


def test_seeing_the_same_thing_twice_in_a_request_is_one_access(in_request, events):
    resume = ResumeFactory()
    audit.viewed("resume.viewed", target=resume, by=None)
    audit.viewed("resume.viewed", target=resume, by=None)
    assert len(events("resume.viewed")) == 1


def test_seeing_two_things_in_a_request_is_two_accesses(in_request, events):
    audit.viewed("resume.viewed", target=ResumeFactory(), by=None)
    audit.viewed("resume.viewed", target=ResumeFactory(), by=None)
    assert len(events("resume.viewed")) == 2


def test_a_request_id_used_before_does_not_hide_a_second_access(rf, recruiter, events):
    resume = ResumeFactory()
    for _ in range(2):
        request = rf.get("/")
        request.user = recruiter
        here = origin.RequestOrigin(request)
        here.request_id = "chosen-by-somebody"
        with origin.within(here):
            audit.viewed("resume.viewed", target=resume, by=recruiter)
    first, second = events("resume.viewed")
    assert first.request_id == "chosen-by-somebody"
    assert second.request_id not in {"", "chosen-by-somebody"}


def test_changing_the_same_thing_twice_in_one_get_is_two_events(in_request, events):
    resume = ResumeFactory()
    audit.record("resume.changed", target=resume)
    audit.record("resume.changed", target=resume)
    assert len(events("resume.changed")) == 2


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
class TestOnAConnectionOfItsOwn:
    def test_a_view_is_committed_before_the_transaction_that_asked_for_it(self, separate_audit_connection, recruiter):
        with transaction.atomic():
            audit.viewed("resume.viewed", target=recruiter, by=recruiter)
            transaction.set_rollback(True)
        assert Event.objects.filter(action="resume.viewed").count() == 1

    def test_a_refusal_outlives_the_rollback_of_its_request(self, separate_audit_connection, recruiter):
        with transaction.atomic():
            audit.denied("resume.downloaded", target=recruiter, by=recruiter, reason_code="forbidden", http_status=403)
            transaction.set_rollback(True)
        (event,) = Event.objects.filter(action="resume.downloaded")
        assert (event.outcome, event.reason_code, event.http_status) == ("deny", "forbidden", 403)

    def test_a_view_that_cannot_be_recorded_is_refused_with_503(
        self, separate_audit_connection, refusing_events, recruiter
    ):
        with pytest.raises(audit.AuditUnavailable) as refused:
            audit.viewed("resume.viewed", target=recruiter, by=recruiter)
        assert (refused.value.status, refused.value.code) == (503, "audit_unavailable")

    def test_a_view_is_refused_when_the_audit_database_is_gone(
        self, separate_audit_connection, recruiter, unreachable_audit
    ):
        with pytest.raises(audit.AuditUnavailable):
            audit.viewed("resume.viewed", target=recruiter, by=recruiter)

    def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(
        self, separate_audit_connection, refusing_events, recruiter, caplog
    ):
        with caplog.at_level(logging.ERROR):
            audit.denied("resume.downloaded", by=recruiter, reason_code="forbidden")
        assert "resume.downloaded (deny, forbidden) is not on record" in caplog.text


@pytest.fixture
def unreachable_audit():
    connection = connections["audit"]
    connection.close()
    port = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = "1"
    yield
    connection.settings_dict["PORT"] = port
