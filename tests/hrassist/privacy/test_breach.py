"""What was seen and taken, of whom, by whom: told from the trail and safe to hand on."""

from __future__ import annotations

import io
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit import actions as audit
from hrassist.privacy import breach
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(recruiter, coordinator):
    people = [CandidateFactory(country="DE"), CandidateFactory(country="IN", email=""), CandidateFactory(country="DE")]
    for one in people[:2]:
        audit.record("resume.downloaded", target=one, by=recruiter, subject=one)
        audit.record("candidate.viewed", target=one, by=recruiter, subject=one)
    audit.record("candidate.viewed", target=people[2], by=coordinator, subject=people[2])
    audit.record("candidate.exported", by=recruiter, rows=250)
    return people


def question(**said):
    now = timezone.now()
    return breach.Question(since=now - timedelta(hours=1), until=now + timedelta(minutes=1), **said)


def test_the_report_names_acts_people_and_what_left(told, recruiter):
    found = breach.report(question(actor=recruiter.username))
    assert found.events == 5
    assert {one.candidate for one in found.people} == {told[0].pk, told[1].pk}
    by_kind = {one.label: (one.events, one.people) for one in found.kinds}
    assert by_kind == {"Files taken away": (3, 2), "Personal records": (2, 2)}
    assert (found.exports, found.exported_rows) == (1, 250)
    assert found.places == {"EU": 1, "India": 1}
    assert found.without_address == 1


def test_what_others_did_and_what_lies_outside_the_time_is_not_in_it(told, recruiter):
    assert len(breach.report(question()).people) == 3
    early = breach.Question(since=timezone.now() - timedelta(days=2), until=timezone.now() - timedelta(days=1))
    assert breach.report(early).events == 0
    with pytest.raises(breach.Asked):
        breach.report(breach.Question(since=timezone.now(), until=timezone.now() - timedelta(days=1)))


def test_the_forms_hold_the_facts_and_no_name_of_anybody(told, recruiter):
    found = breach.report(question(actor=recruiter.username))
    text = breach.notifications_text(found, company="Acme", contact="dpo@acme.example", now=timezone.now())
    assert "People concerned: 2" in text
    assert "people in India: 1" in text
    assert "Article 33" in text
    assert "Rule 7" in text
    out = io.StringIO()
    breach.write_people(found, out)
    assert str(told[0].pk) in out.getvalue()
    for one in told:
        assert one.full_name not in text + out.getvalue()


def test_the_command_writes_both_files_and_goes_on_record(told, recruiter, tmp_path, events):
    since = timezone.localtime(timezone.now() - timedelta(hours=1)).isoformat()
    call_command("breach_report", since=since, actor=recruiter.username, folder=str(tmp_path))
    assert (tmp_path / "report.md").read_text().startswith("# Notification")
    assert len((tmp_path / "people.csv").read_text().splitlines()) == 3
    assert events("breach.reported")[0].changes["people"] == 2
    with pytest.raises(CommandError, match="not a time"):
        call_command("breach_report", since="yesterday")


def test_only_those_who_may_take_the_trail_away_see_the_page(told, client_as, auditor, recruiter):
    assert client_as(recruiter).get("/privacy/breach/").status_code == 403
    client = client_as(auditor)
    assert client.get("/privacy/breach/").status_code == 200
    since = timezone.localtime(timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    shown = client.post("/privacy/breach/", {"since": since, "actor": recruiter.username})
    assert "2 people" in shown.text
    assert told[0].full_name not in shown.text
    csv = client.post("/privacy/breach/", {"since": since, "do": "csv"})
    assert csv["Content-Disposition"].startswith("attachment")
    assert client.post("/privacy/breach/", {"since": "x"}).status_code == 400
    assert client.post("/privacy/breach/", {"since": since, "address": "here"}).status_code == 400


@pytest.mark.slow
def test_a_million_events_are_reported_within_five_minutes(recruiter):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (uid, ts, action, outcome, reason_code, actor_type, actor_id, actor_display, "
            "token_id, session_hash, target_type, target_id, target_version, subject_ref, job_id, purpose, ip, "
            "user_agent, request_id, method, route, changes, node, app_version, schema_version, code, "
            "impersonator_id, auth_method, ip_chain_trusted, trace_id) "
            "SELECT gen_random_uuid(), now() - (n || ' milliseconds')::interval, "
            "(ARRAY['candidate.viewed','resume.downloaded','application.viewed'])[1 + n % 3], 'allow', '', 'user', "
            "'7', 'rosa', '', '', 'candidates.candidate', n::text, '', "
            "(md5((n % 50000)::text))::uuid::text, '', '', '10.0.0.1', '', '', '', '', '{}', '', '', 1, '', '', '', "
            "true, '' FROM generate_series(1, 1000000) n"
        )
    begun = time.monotonic()
    found = breach.report(question(actor="rosa"))
    assert found.events == 1_000_000
    assert len(found.people) == 50_000
    assert time.monotonic() - begun < 300
