"""Reports for programs: asked for, followed and downloaded under the rules of the pages."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from hrassist.lib import storage
from hrassist.models import IdempotencyRecord
from jobs.actions import report_documents
from jobs.models import HiringTeamMember, Job, Opening, ReportDocument
from jobs.reports.documents import making
from tests.factories import ApplicationFactory, JobFactory, UserFactory, api_token
from tests.hiring import DriveFactory, InterviewFactory, ReportDocumentFactory, ScorecardFactory

pytestmark = pytest.mark.django_db
REPORTS = "/api/v1/reports"


@pytest.fixture
def job(recruiter, hiring_manager):
    job = JobFactory(title="Backend Engineer", team={recruiter: "recruiter", hiring_manager: "hiring_manager"})
    Opening.objects.create(job=job)
    return job


@pytest.fixture
def application(job):
    return ApplicationFactory(job=job)


@pytest.fixture
def ready(recruiter, job, application):
    asked = report_documents.ask(kind="job", by=recruiter, now=timezone.now(), about=job)
    making.make(asked.pk)
    return ReportDocument.objects.get(pk=asked.pk)


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_program_asks_follows_and_downloads(api_as, recruiter, job, application, events):
    api = api_as(recruiter)
    asked = api.post(REPORTS, {"kind": "job", "job": str(job.pk)}, format="json")
    assert (asked.status_code, asked.json()["state"], asked.json()["files"]) == (202, "queued", [])
    address = asked.headers["Location"]
    assert api.post(REPORTS, {"kind": "job", "job": str(job.pk)}, format="json").json()["id"] == asked.json()["id"]
    assert api.get(f"{address}/pdf").status_code == 404
    making.make(asked.json()["id"])
    said = api.get(address).json()
    assert (said["state"], said["title"], said["job"]) == ("ready", "Job report: Backend Engineer", str(job.pk))
    assert said["files"] == ["docx", "pdf"]
    assert said["pages"] > 0
    file = api.get(f"{address}/pdf", headers={"Accept": "application/pdf"})
    assert body_of(file)[:5] == b"%PDF-"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="job-report-backend-engineer-')
    assert body_of(api.get(f"{address}/docx"))[:2] == b"PK"
    downloads = [one.changes["format"] for one in events("report.downloaded", outcome="allow")]
    assert downloads == ["pdf", "docx"]
    assert len(events("report.viewed", outcome="allow")) == 3


def test_head_tells_name_and_size_and_is_no_access(api_as, recruiter, ready, events):
    answer = api_as(recruiter).head(f"{REPORTS}/{ready.pk}/docx")
    assert int(answer.headers["Content-Length"]) == ready.sizes["docx"]
    assert answer.headers["Content-Type"] == making.DOCX
    assert events("report.downloaded") == []


def test_each_kind_is_asked_for_by_what_it_is_about(api_as, recruiter, auditor, job, application):
    drive = DriveFactory(created_by=recruiter)
    drive.drive_jobs.create(job=job)
    period = {"since": "2026-01-01", "until": "2026-01-31"}
    api = api_as(recruiter)
    for said, title in (
        ({"kind": "candidate", "application": str(application.pk)}, "Candidate report: "),
        ({"kind": "candidate", "candidate": str(application.candidate_id)}, "Candidate report: "),
        ({"kind": "drive", "drive": str(drive.pk)}, "Drive report: "),
        ({"kind": "monthly", **period}, "Monthly report: January 2026"),
    ):
        answer = api.post(REPORTS, said, format="json")
        assert answer.status_code == 202, answer.content
        assert answer.json()["title"].startswith(title)
    assert api.post(REPORTS, {"kind": "bias", **period}, format="json").status_code == 403
    assert api_as(auditor).post(REPORTS, {"kind": "bias", **period}, format="json").status_code == 202


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({}, 400, "kind"),
        ({"kind": "gossip"}, 400, "kind"),
        ({"kind": "job"}, 400, "job"),
        ({"kind": "job", "job": str(uuid4())}, 400, "job"),
        ({"kind": "job", "job": str(uuid4()), "since": "2026-01-01"}, 400, "since"),
        ({"kind": "candidate", "application": str(uuid4()), "candidate": str(uuid4())}, 400, "application"),
        ({"kind": "monthly", "since": "2026-01-01"}, 400, "until"),
        ({"kind": "monthly", "since": "2026-02-01", "until": "2026-01-01"}, 422, None),
        ({"kind": "monthly", "since": "2020-01-01", "until": "2026-01-01"}, 422, None),
        ({"kind": "monthly", "since": "0001-01-01", "until": "0001-01-31"}, 422, None),
        ({"kind": "monthly", "since": "9999-12-01", "until": "9999-12-31"}, 422, None),
        ({"kind": "job", "style": "loud"}, 400, "style"),
    ],
)
def test_what_does_not_fit_is_told_by_field(api_as, recruiter, said, status, field):
    answer = api_as(recruiter).post(REPORTS, said, format="json")
    assert answer.status_code == status, answer.content
    assert field is None or field in answer.json()["errors"]
    assert not ReportDocument.objects.exists()


def test_nobody_gets_a_report_of_what_they_do_not_see(api_as, recruiter, interviewer, application):
    secret = ApplicationFactory(job=JobFactory(confidential=True))
    stranger = UserFactory(role="Hiring manager")
    HiringTeamMember.objects.create(job=JobFactory(), user=stranger, role="hiring_manager")
    for user, said in (
        (recruiter, {"kind": "job", "job": str(secret.job_id)}),
        (recruiter, {"kind": "candidate", "application": str(secret.pk)}),
        (stranger, {"kind": "job", "job": str(application.job_id)}),
        (stranger, {"kind": "candidate", "candidate": str(application.candidate_id)}),
    ):
        answer = api_as(user).post(REPORTS, said, format="json")
        assert answer.status_code == 400, answer.content
        assert "that you may use" in str(answer.json()["errors"])
    assert api_as(interviewer).post(REPORTS, {"kind": "job"}, format="json").status_code == 403
    assert api_as(interviewer).get(REPORTS).status_code == 403


def test_a_report_is_its_owners_alone(api_as, hiring_manager, ready, events):
    api = api_as(hiring_manager)
    assert api.get(REPORTS).json()["results"] == []
    assert api.get(f"{REPORTS}/{ready.pk}").status_code == 404
    assert api.get(f"{REPORTS}/{ready.pk}/docx").status_code == 404
    assert [one.reason_code for one in events("report.downloaded", outcome="deny")] == ["absent_or_hidden"]


def test_who_sees_less_than_a_report_shows_does_not_get_it(api_as, recruiter, job):
    other, today = JobFactory(), timezone.localdate()
    asked = report_documents.ask(
        kind="monthly", by=recruiter, now=timezone.now(), since=today.replace(day=1), until=today
    )
    making.make(asked.pk)
    api, address = api_as(recruiter), f"{REPORTS}/{asked.pk}/pdf"
    assert api.get(address).status_code == 200
    Job.objects.filter(pk=other.pk).update(confidential=True)
    answer = api.get(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "sees_less")


def test_who_owes_a_card_does_not_read_what_others_said(api_as, recruiter, interviewer, job, application):
    meeting = InterviewFactory(application=application, interviewers=[interviewer])
    ScorecardFactory(application=application, by=interviewer, interview=meeting)
    asked = report_documents.ask(kind="job", by=recruiter, now=timezone.now(), about=job)
    making.make(asked.pk)
    InterviewFactory(application=application, interviewers=[recruiter])
    answer = api_as(recruiter).get(f"{REPORTS}/{asked.pk}/docx")
    assert (answer.status_code, answer.json()["code"]) == (403, "card_owed")


def test_a_file_that_was_changed_in_the_store_is_handed_to_nobody(api_as, recruiter, ready):
    storage.clean().put(ready.pdf_key, b"%PDF-1.7 other", content_type=making.PDF)
    answer = api_as(recruiter).get(f"{REPORTS}/{ready.pk}/pdf")
    assert (answer.status_code, answer.json()["code"]) == (502, "file_altered")


def test_a_narrowed_token_neither_reads_nor_asks_for_what_its_owner_sees(recruiter, job, ready):
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {api_token(recruiter, jobs=[job.pk])}")
    assert api.get(f"/api/v1/jobs/{job.pk}").status_code == 200
    assert api.get(REPORTS).json()["results"] == []
    assert api.get(f"{REPORTS}/{ready.pk}").status_code == 404
    assert api.get(f"{REPORTS}/{ready.pk}/pdf").status_code == 404
    answer = api.post(REPORTS, {"kind": "job", "job": str(job.pk)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "token_narrowed")


def test_a_repeated_request_is_answered_again_and_keeps_no_name(api_as, recruiter, application):
    api, said = api_as(recruiter), {"kind": "candidate", "application": str(application.pk)}
    first = api.post(REPORTS, said, format="json", headers={"Idempotency-Key": "one"})
    making.make(first.json()["id"])
    again = api.post(REPORTS, said, format="json", headers={"Idempotency-Key": "one"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "ready")
    assert application.candidate.full_name not in str(list(IdempotencyRecord.objects.values()))


@pytest.mark.parametrize("reports", [2, 12])
def test_the_list_is_narrowed_and_asks_the_same_number_of_queries(reports, api_as, recruiter, job, assert_queries):
    ReportDocumentFactory.create_batch(reports, owner=recruiter, job=job)
    failed = ReportDocumentFactory(owner=recruiter, job=job, state="failed", ended_at=timezone.now(), message="No.")
    ReportDocumentFactory(job=job)
    api = api_as(recruiter)
    api.get(REPORTS)
    with assert_queries("api_reports_list"):
        rows = api.get(f"{REPORTS}?kind=job&job={job.pk}").json()["results"]
    assert len(rows) == reports + 1
    only = api.get(f"{REPORTS}?state=failed").json()["results"]
    assert [(row["id"], row["message"], row["files"]) for row in only] == [(str(failed.pk), "No.", [])]
    assert api.get(f"{REPORTS}?state=lost").status_code == 400
