import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import actions as audit
from audit.models import Event


def test_auditors_see_events_and_nobody_else_does(
    auditor, recruiter, coordinator, hiring_manager, interviewer, operator, outsider
):
    audit.record("job.opened", by=recruiter)
    everybody = [auditor, recruiter, coordinator, hiring_manager, interviewer, operator, outsider]
    assert [user.username for user in everybody if Event.objects.visible_to(user).exists()] == ["axel"]


def test_events_about_somebody_are_found_by_their_identifier(recruiter):
    audit.record("candidate.changed", by=recruiter, subject="0192f7a0-0000-7000-8000-000000000000")
    audit.record("candidate.changed", by=recruiter, subject="0192f7a0-0000-7000-8000-000000000001")
    assert Event.objects.about("0192f7a0-0000-7000-8000-000000000001").count() == 1


def test_the_time_is_the_databases(recruiter):
    event = audit.record("job.opened", by=recruiter)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp() - %s", [event.ts])
        (since,) = cursor.fetchone()
    assert 0 <= since.total_seconds() < 60
    assert abs((timezone.now() - event.ts).total_seconds()) < 60


def test_two_reads_under_one_request_id_are_refused_by_the_database(db):
    columns = {
        "request_id": "r1", "action": "resume.viewed", "target_type": "candidates.resume", "target_id": "1",
        "actor_type": "user",
    }  # fmt: skip
    Event.objects.create(**columns, method="GET")
    with pytest.raises(DatabaseError, match="event_one_per_access"), transaction.atomic():
        Event.objects.create(**columns, method="GET")


def test_an_event_names_who_and_what(recruiter):
    assert str(audit.record("job.opened", by=recruiter)).endswith("rosa job.opened")
