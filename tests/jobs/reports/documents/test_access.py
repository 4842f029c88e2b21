"""Who may have which report made, and who may open it later: the owner, and only while they see all of it."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from hrassist.lib import storage
from hrassist.lib.errors import DomainError, NotFound
from jobs.actions import report_documents
from jobs.models import HiringTeamMember, ReportDocument
from tests.factories import JobFactory, UserFactory
from tests.hiring import InterviewFactory

pytestmark = pytest.mark.django_db


def ask(kind, *, by, **about):
    return report_documents.ask(kind=kind, by=by, now=timezone.now(), **about)


def read(document, *, by, kind="docx"):
    return report_documents.open_file(document_id=document.pk, kind=kind, by=by).content.read()


def test_a_hiring_manager_of_another_job_gets_no_report_of_this_one(job):
    other = UserFactory(role="Hiring manager")
    HiringTeamMember.objects.create(job=JobFactory(), user=other, role="hiring_manager")
    with pytest.raises(NotFound):
        ask("job", by=other, about=job)


def test_a_confidential_job_is_reported_to_its_team_alone(recruiter, hiring_manager):
    secret = JobFactory(confidential=True, team={hiring_manager: "hiring_manager"})
    with pytest.raises(NotFound):
        ask("job", by=recruiter, about=secret)
    assert ask("job", by=hiring_manager, about=secret).job_id == secret.pk


@pytest.mark.parametrize("kind", ["candidate", "job", "drive", "monthly", "bias"])
def test_an_interviewer_has_no_reports(interviewer, job, amara, kind):
    InterviewFactory(application=amara, interviewers=[interviewer])
    with pytest.raises(PermissionDenied):
        ask(kind, by=interviewer, about=amara, since=date(2026, 1, 1), until=date(2026, 2, 1))


def test_a_recruiter_does_not_read_the_bias_audit_and_the_auditor_no_job(recruiter, auditor, job):
    with pytest.raises(PermissionDenied):
        ask("bias", by=recruiter, since=date(2026, 1, 1), until=date(2026, 2, 1))
    with pytest.raises(PermissionDenied):
        ask("job", by=auditor, about=job)
    assert ask("bias", by=auditor, since=date(2026, 1, 1), until=date(2026, 2, 1)).title.startswith("Bias audit")


@pytest.mark.parametrize(
    "period",
    [
        {}, {"since": date(2026, 2, 1)}, {"since": date(2026, 2, 1), "until": date(2026, 1, 1)},
        {"since": date(2020, 1, 1), "until": date(2026, 1, 1)},
    ],
)  # fmt: skip
def test_a_period_has_to_be_one(recruiter, period):
    with pytest.raises(DomainError):
        ask("monthly", by=recruiter, **period)


def test_nobody_but_the_owner_opens_a_report(recruiter, hiring_manager, job, people, made, events):
    document = made("job", by=recruiter, about=job)
    assert read(document, by=recruiter)[:2] == b"PK"
    assert read(document, by=recruiter, kind="pdf")[:4] == b"%PDF"
    with pytest.raises(NotFound):
        read(document, by=hiring_manager)
    assert [one.outcome for one in events("report.downloaded")] == ["allow", "allow", "deny"]


def test_an_owner_who_left_the_team_opens_it_no_more(hiring_manager, job, people, made):
    document = made("job", by=hiring_manager, about=job)
    assert read(document, by=hiring_manager)
    job.team.filter(user=hiring_manager).delete()
    with pytest.raises(NotFound):
        read(document, by=hiring_manager)


def test_an_owner_with_another_role_opens_it_no_more(recruiter, job, people, made):
    document = made("job", by=recruiter, about=job)
    recruiter.groups.set([])
    again = type(recruiter).objects.get(pk=recruiter.pk)
    with pytest.raises(NotFound):
        read(document, by=again)
    # A role that has reports, and does not see what the ranking or the cards in it show.
    again.groups.set([Group.objects.get(name="Auditor")])
    with pytest.raises(NotFound):
        read(document, by=type(recruiter).objects.get(pk=recruiter.pk))


def test_a_month_over_a_job_that_was_hidden_since_is_not_handed_out(recruiter, job, made, events):
    today = timezone.localdate()
    other = JobFactory()
    document = made("monthly", by=recruiter, since=today.replace(day=1), until=today)
    assert read(document, by=recruiter)
    other.confidential = True
    other.save()
    with pytest.raises(report_documents.SeesLess):
        read(document, by=recruiter)
    assert events("report.downloaded")[-1].reason_code == "sees_less"


def test_cards_in_a_report_close_it_while_the_owner_owes_one(hiring_manager, job, amara, card, made):
    document = made("job", by=hiring_manager, about=job)
    assert read(document, by=hiring_manager)
    InterviewFactory(application=amara, interviewers=[hiring_manager])
    with pytest.raises(report_documents.AwaitsCard):
        read(document, by=hiring_manager)


def test_a_file_that_was_changed_in_the_store_is_not_handed_out(recruiter, job, made, events):
    document = made("job", by=recruiter, about=job)
    storage.clean().put(document.pdf_key, b"%PDF something else", content_type="application/pdf")
    with pytest.raises(report_documents.FileAltered):
        read(document, by=recruiter, kind="pdf")
    storage.clean().delete(document.docx_key)
    with pytest.raises(report_documents.FileAltered):
        read(document, by=recruiter)
    assert [one.reason_code for one in events("report.altered")] == ["sha256_differs", "object_missing"]


def test_a_deleted_report_takes_its_files_along(
    recruiter, job, made, django_capture_on_commit_callbacks
):  # fmt: skip
    document = made("job", by=recruiter, about=job)
    with django_capture_on_commit_callbacks(execute=True):
        report_documents.delete(document=document, by=recruiter)
    assert storage.clean().head(document.docx_key) is None
    assert not ReportDocument.objects.exists()


def test_a_page_is_shown_under_the_same_rules_as_the_file(recruiter, hiring_manager, job, made, events):
    document = made("job", by=recruiter, about=job)
    picture = report_documents.page_picture(document_id=document.pk, page=1, by=recruiter)
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(NotFound):
        report_documents.page_picture(document_id=document.pk, page=document.pages + 1, by=recruiter)
    with pytest.raises(NotFound):
        report_documents.page_picture(document_id=document.pk, page=1, by=hiring_manager)
    assert events("report.previewed")[0].changes["page"] == 1
