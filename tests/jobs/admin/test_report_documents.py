"""The pages of reports: asked for on pages and by forms, watched, opened; schedules and branding beside them."""

import io
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from hrassist.lib import tables
from hrassist.models import Branding
from jobs.actions import report_documents
from jobs.models import Opening, ReportDocument, ReportSchedule
from jobs.reports.documents import making
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import DriveFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(recruiter, hiring_manager):
    job = JobFactory(title="Backend Engineer", team={recruiter: "recruiter", hiring_manager: "hiring_manager"})
    Opening.objects.create(job=job)
    ApplicationFactory(job=job)
    return job


@pytest.fixture
def document(recruiter, job):
    asked = report_documents.ask(kind="job", by=recruiter, now=timezone.now(), about=job)
    making.make(asked.pk)
    return ReportDocument.objects.get(pk=asked.pk)


def address(name, *args):
    return reverse(f"admin:{name}", args=args)


def test_the_button_of_a_job_person_application_and_drive_asks_for_their_report(recruiter, job, client_as):
    client, application = client_as(recruiter), job.applications.get()
    drive = DriveFactory(created_by=recruiter)
    drive.drive_jobs.create(job=job)
    for page, field, key, kind in (
        (address("jobs_job_change", job.pk), "job_id", job.pk, "job"),
        (address("jobs_application_change", application.pk), "application_id", application.pk, "candidate"),
        (address("candidates_candidate_change", application.candidate_id), "candidate_id", application.candidate_id,
         "candidate"),
        (address("jobs_recruitmentdrive_change", drive.pk), "drive_id", drive.pk, "drive"),
    ):  # fmt: skip
        assert address("jobs_report_document_ask") in client.get(page).content.decode()
        answer = client.post(address("jobs_report_document_ask"), {"kind": kind, field: str(key)})
        newest = ReportDocument.objects.order_by("-pk").first()
        assert answer.url == address("jobs_report_document", newest.pk)
        assert newest.kind == kind


def test_forms_ask_for_a_job_a_month_and_say_what_is_wrong(recruiter, job, client_as):
    client, ask = client_as(recruiter), address("jobs_report_document_ask")
    assert client.get(address("jobs_report_document_new")).status_code == 200
    client.post(ask, {"kind": "job", "job": str(job.pk)})
    client.post(ask, {"kind": "monthly", "month": "2026-10"})
    assert set(ReportDocument.objects.values_list("kind", flat=True)) == {"job", "monthly"}
    month = ReportDocument.objects.get(kind="monthly")
    assert (month.since.isoformat(), month.until.isoformat()) == ("2026-10-01", "2026-10-31")
    wrong = client.post(ask, {"kind": "monthly", "month": "2199-01"})
    assert (wrong.status_code, "This month has not begun." in wrong.content.decode()) == (422, True)
    assert client.post(ask, {"kind": "nonsense"}).status_code == 302
    assert ReportDocument.objects.count() == 2


def test_a_page_shows_state_files_and_pages_to_its_owner_alone(
    recruiter, hiring_manager, document, client_as, events
):  # fmt: skip
    client = client_as(recruiter)
    shown = client.get(address("jobs_report_document", document.pk)).content.decode()
    assert address("jobs_report_document_pdf", document.pk) in shown
    assert address("jobs_report_document_page", document.pk, 1) in shown
    assert events("report.viewed")
    state = client.get(address("jobs_report_document_state", document.pk)).json()
    assert (state["state"], state["over"]) == ("ready", True)
    file = client.get(address("jobs_report_document_pdf", document.pk))
    assert file["Content-Type"] == "application/pdf"
    assert "job-report-backend-engineer" in file["Content-Disposition"]
    assert file["X-Content-Type-Options"] == "nosniff"
    assert client.get(address("jobs_report_document_page", document.pk, 1))["Content-Type"] == "image/png"
    assert client.get(address("jobs_report_document_page", document.pk, 99)).status_code == 404
    other = client_as(hiring_manager)
    for name in ("", "_state", "_pdf", "_docx"):
        assert other.get(address(f"jobs_report_document{name}", document.pk)).status_code == 404
    assert other.post(address("jobs_report_document_step", document.pk), {"do": "delete"}).status_code == 404
    assert "Backend Engineer" not in other.get(address("jobs_report_documents")).content.decode()


def test_who_has_no_reports_has_no_page_of_them(interviewer, outsider, coordinator, client_as):
    for user in (interviewer, outsider, coordinator):
        client = client_as(user)
        for name in ("jobs_report_documents", "jobs_report_document_new", "jobs_report_schedules", "branding"):
            assert client.get(address(name)).status_code == 403, (user, name)
        assert client.post(address("jobs_report_document_ask"), {"kind": "job"}).status_code == 403


def test_who_has_no_report_of_people_is_offered_none(auditor, recruiter, client_as):
    new = address("jobs_report_document_new")
    assert "Candidate report" not in client_as(auditor).get(new).content.decode()
    assert "Candidate report" in client_as(recruiter).get(new).content.decode()


def test_rates_leave_as_tables_from_the_page_of_their_report(auditor, recruiter, document, client_as):
    today = timezone.localdate()
    asked = report_documents.ask(
        kind="summary", by=auditor, now=timezone.now(), since=today.replace(month=1, day=1), until=today
    )
    making.make(asked.pk)
    client = client_as(auditor)
    shown = client.get(address("jobs_report_document", asked.pk)).content.decode()
    for kind, content_type in tables.CONTENT_TYPES.items():
        assert address(f"jobs_report_document_{kind}", asked.pk) in shown
        file = client.get(address(f"jobs_report_document_{kind}", asked.pk))
        assert (file.status_code, file["Content-Type"]) == (200, content_type)
        assert "public-summary" in file["Content-Disposition"]
        # A report of people has no such table, and a stranger none of any.
        assert client_as(recruiter).get(address(f"jobs_report_document_{kind}", document.pk)).status_code == 404
        assert client_as(recruiter).get(address(f"jobs_report_document_{kind}", asked.pk)).status_code == 404


def test_a_report_of_what_one_does_not_see_is_not_found(hiring_manager, client_as):
    secret = JobFactory(confidential=True)
    answer = client_as(hiring_manager).post(
        address("jobs_report_document_ask"), {"kind": "job", "job_id": str(secret.pk)}
    )
    assert answer.status_code == 404
    assert not ReportDocument.objects.exists()


def test_a_report_that_is_not_handed_out_says_why(hiring_manager, job, client_as):
    today = timezone.localdate()
    asked = report_documents.ask(
        kind="monthly", by=hiring_manager, now=timezone.now(), since=today.replace(day=1), until=today
    )
    making.make(asked.pk)
    job.team.filter(user=hiring_manager).delete()
    answer = client_as(hiring_manager).get(address("jobs_report_document_pdf", asked.pk))
    assert answer.status_code == 403
    assert "Make it anew" in answer.content.decode()


def test_a_failed_report_can_be_tried_again_and_a_made_one_deleted(recruiter, document, client_as):
    client, step = client_as(recruiter), address("jobs_report_document_step", document.pk)
    client.post(step, {"do": "again"})
    document.refresh_from_db()
    assert document.state == "ready"
    assert client.post(step, {"do": "delete"}).url == address("jobs_report_documents")
    assert not ReportDocument.objects.exists()


def test_the_list_takes_few_questions_however_long_it_is(recruiter, job, client_as, assert_queries):
    for _ in range(8):
        ReportDocument.objects.create(kind="job", title="Job report: Backend Engineer", job=job, owner=recruiter)
    client = client_as(recruiter)
    client.get(address("jobs_report_documents"))
    with assert_queries("report_documents"):
        client.get(address("jobs_report_documents"))


def test_older_reports_stand_behind_a_link(recruiter, job, client_as):
    for number in range(51):
        ReportDocument.objects.create(kind="job", title=f"Report {number:03}", job=job, owner=recruiter)
    client = client_as(recruiter)
    first = client.get(address("jobs_report_documents"))
    assert "Report 000" not in first.content.decode()
    older = client.get(address("jobs_report_documents"), {"before": str(first.context["older"])}).content.decode()
    assert "Report 000" in older
    assert client.get(address("jobs_report_documents"), {"before": "nonsense"}).status_code == 200


def test_a_schedule_is_set_up_changed_paused_left_and_deleted(recruiter, hiring_manager, job, client_as):
    client = client_as(recruiter)
    assert client.get(address("jobs_report_schedule_new")).status_code == 200
    said = {"kind": "job", "job": str(job.pk), "every": "week", "weekday": "0", "day": "1",
            "recipients": [recruiter.pk, hiring_manager.pk]}  # fmt: skip
    assert client.post(address("jobs_report_schedule_new"), said).status_code == 302
    schedule = ReportSchedule.objects.get()
    page = address("jobs_report_schedule", schedule.pk)
    assert client.get(page).status_code == 200
    assert "every Monday" in client.get(address("jobs_report_schedules")).content.decode()
    stale = client.post(page, said | {"seen": "2020-01-01T00:00:00+00:00"})
    assert (stale.status_code, "Somebody changed this schedule" in stale.content.decode()) == (422, True)
    client.post(page, said | {"every": "month", "day": "5", "seen": schedule.updated_at.isoformat()})
    schedule.refresh_from_db()
    assert (schedule.every, schedule.day) == ("month", 5)
    step = address("jobs_report_schedule_step", schedule.pk)
    client.post(step, {"do": "pause"})
    assert "paused" in client.get(address("jobs_report_schedules")).content.decode()
    client.post(step, {"do": "resume"})
    client_as(hiring_manager).post(step, {"do": "leave"})
    assert schedule.places.count() == 1
    # A recipient who left sees it no more, and never could change it.
    assert client_as(hiring_manager).post(step, {"do": "delete"}).status_code == 404
    client.post(step, {"do": "delete"})
    assert not ReportSchedule.objects.exists()


def test_what_is_missing_in_a_schedule_is_said_at_its_field(recruiter, client_as):
    said = {"kind": "job", "every": "week", "weekday": "0", "day": "1", "recipients": [recruiter.pk]}
    answer = client_as(recruiter).post(address("jobs_report_schedule_new"), said)
    assert answer.status_code == 422
    assert "Choose the job." in answer.content.decode()
    assert not ReportSchedule.objects.exists()


def test_only_who_may_have_reports_is_offered_as_a_recipient(recruiter, hiring_manager, interviewer, client_as):
    hiring_manager.first_name, interviewer.first_name = "Hugo", "Ines"
    hiring_manager.save(), interviewer.save()
    gone = UserFactory(role="Recruiter", first_name="Gone", is_active=False)
    form = client_as(recruiter).get(address("jobs_report_schedule_new")).context["form"]
    offered = set(form.fields["recipients"].queryset)
    assert {recruiter, hiring_manager} <= offered
    assert not {interviewer, gone} & offered


def logo():
    out = io.BytesIO()
    Image.new("RGB", (300, 80), "#0b6b62").save(out, "PNG")
    out.seek(0)
    out.name = "logo.png"
    return out


def test_branding_is_changed_with_a_logo_and_looked_at(recruiter, hiring_manager, client_as):
    client, page = client_as(recruiter), address("branding")
    assert client.get(page).status_code == 200
    assert client.get(address("branding_logo")).status_code == 404
    said = {"organisation": "Northwind", "heading_colour": "#0B3B36", "accent_colour": "#0b6b62"}
    assert client.post(page, said | {"logo": logo()}).status_code == 302
    assert Branding.objects.get().heading_colour == "#0b3b36"
    assert client.get(address("branding_logo"))["Content-Type"] == "image/png"
    assert client.get(address("branding_sample")).content.startswith(b"\x89PNG")
    pale = client.post(page, said | {"heading_colour": "#eeeeee"})
    assert (pale.status_code, "too pale for headings" in pale.content.decode()) == (422, True)
    hostile = io.BytesIO(b"<svg onload=alert(1)>")
    hostile.name = "logo.png"
    refused = client.post(page, said | {"logo": hostile})
    assert (refused.status_code, "no PNG or JPEG" in refused.content.decode()) == (422, True)
    assert client_as(hiring_manager).get(page).status_code == 403


def test_addresses_of_nothing_are_not_found(recruiter, client_as):
    client = client_as(recruiter)
    for name in ("jobs_report_document", "jobs_report_document_pdf", "jobs_report_schedule"):
        assert client.get(address(name, uuid4())).status_code == 404
