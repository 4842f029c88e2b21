"""Reports that come by themselves: on their day, once, to each with their own sight, and told by a link alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from hrassist import notification_mail
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification
from jobs.actions import report_schedules
from jobs.models import ReportDocument, ReportRecipient, ReportSchedule
from jobs.reports.documents import making
from tests.factories import JobFactory, UserFactory
from tests.hiring import DriveFactory

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 6, 7, tzinfo=UTC)


@pytest.fixture
def schedule(recruiter, hiring_manager, interviewer, job):
    return report_schedules.create(
        kind="job", about=job, every="week", day=0, recipients=[recruiter, hiring_manager, interviewer], by=recruiter,
        now=MONDAY - timedelta(days=4),
    )  # fmt: skip


def test_each_recipient_gets_a_report_of_their_own_on_its_day_and_once(
    recruiter, hiring_manager, interviewer, schedule, people
):  # fmt: skip
    assert schedule.next_on == date(2026, 11, 30)
    assert report_schedules.run_due(now=MONDAY - timedelta(days=1)) == 0
    assert report_schedules.run_due(now=MONDAY) == 2
    assert report_schedules.run_due(now=MONDAY + timedelta(hours=1)) == 0
    assert set(ReportDocument.objects.values_list("owner", flat=True)) == {recruiter.pk, hiring_manager.pk}
    schedule.refresh_from_db()
    assert schedule.next_on == date(2026, 12, 7)
    refused = ReportRecipient.objects.get(user=interviewer)
    assert refused.failed_for == "May not have this kind of report."


def test_a_ready_report_is_told_of_by_a_link_and_nothing_is_attached(recruiter, job, schedule, people):
    report_schedules.run_due(now=MONDAY)
    for document in ReportDocument.objects.all():
        making.make(document.pk)
    told = Notification.objects.get(user=recruiter, kind="report")
    document = ReportDocument.objects.get(owner=recruiter)
    assert told.url == f"/reports/documents/{document.pk}/"
    assert told.job_ref == job.pk
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    notification_mail.send_due(now=timezone.now())
    assert mail.outbox
    for one in mail.outbox:
        assert one.attachments == []
        assert "Amara" not in one.body
        assert "Backend Engineer" not in one.body + one.subject
    assert ReportRecipient.objects.get(user=recruiter).last_at is not None


def test_who_lost_sight_of_the_job_gets_nothing_and_it_is_said(hiring_manager, job, schedule):
    job.team.filter(user=hiring_manager).delete()
    report_schedules.run_due(now=MONDAY)
    assert not ReportDocument.objects.filter(owner=hiring_manager).exists()
    assert ReportRecipient.objects.get(user=hiring_manager).failed_for == "Does not see what it is about."


def test_whose_account_ended_gets_nothing(hiring_manager, schedule):
    hiring_manager.is_active = False
    hiring_manager.save()
    report_schedules.run_due(now=MONDAY)
    assert ReportRecipient.objects.get(user=hiring_manager).failed_for == "Has no active account."


def test_a_failure_in_the_making_is_said_too(recruiter, job, schedule):
    report_schedules.run_due(now=MONDAY)
    recruiter.groups.clear()
    making.make(ReportDocument.objects.get(owner=recruiter).pk)
    assert "may not" in ReportRecipient.objects.get(user=recruiter).failed_for


def test_a_paused_schedule_makes_nothing_and_makes_up_for_nothing(recruiter, schedule):
    report_schedules.pause(schedule=schedule, by=recruiter, now=MONDAY - timedelta(days=1))
    assert report_schedules.run_due(now=MONDAY + timedelta(days=15)) == 0
    again = report_schedules.resume(schedule=schedule, by=recruiter, now=MONDAY + timedelta(days=15))
    assert again.next_on == date(2026, 12, 21)
    assert report_schedules.run_due(now=MONDAY + timedelta(days=15)) == 0


@pytest.mark.parametrize("status", ["closed", "archived"])
def test_what_is_about_a_closed_job_rests_and_says_so(recruiter, job, schedule, status, events):
    type(job).objects.filter(pk=job.pk).update(status=status)
    assert report_schedules.run_due(now=MONDAY) == 0
    schedule.refresh_from_db()
    assert schedule.paused_at == MONDAY
    assert "The job is closed" in ReportRecipient.objects.get(user=recruiter).failed_for
    assert report_schedules.run_due(now=MONDAY + timedelta(days=30)) == 0
    assert len(events("report_schedule.paused")) == 1
    type(job).objects.filter(pk=job.pk).update(status="open")
    report_schedules.resume(schedule=schedule, by=recruiter, now=MONDAY + timedelta(days=30))
    assert ReportRecipient.objects.get(user=recruiter).failed_for == ""
    assert report_schedules.run_due(now=MONDAY + timedelta(days=37)) > 0


def test_what_is_about_a_drive_that_ended_rests_and_says_so(recruiter):
    drive = DriveFactory(created_by=recruiter)
    report_schedules.create(
        kind="drive", about=drive, every="week", day=0, recipients=[recruiter], by=recruiter,
        now=MONDAY - timedelta(days=4),
    )  # fmt: skip
    type(drive).objects.filter(pk=drive.pk).update(status="ended")
    assert report_schedules.run_due(now=MONDAY) == 0
    assert "The drive has ended" in ReportRecipient.objects.get(user=recruiter).failed_for


def test_a_monthly_report_is_about_the_month_before(recruiter):
    report_schedules.create(
        kind="monthly", about=None, every="month", day=1, recipients=[recruiter], by=recruiter, now=MONDAY
    )
    assert report_schedules.run_due(now=MONDAY + timedelta(days=1)) == 1
    document = ReportDocument.objects.get()
    assert (document.since, document.until) == (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("every", "day", "after", "first"),
    [
        ("week", 0, date(2026, 11, 30), date(2026, 12, 7)), ("week", 6, date(2026, 11, 30), date(2026, 12, 6)),
        ("month", 28, date(2026, 1, 28), date(2026, 2, 28)), ("month", 1, date(2026, 12, 5), date(2027, 1, 1)),
        ("month", 15, date(2026, 12, 5), date(2026, 12, 15)),
    ],
)  # fmt: skip
def test_the_next_day_is_the_first_one_after(every, day, after, first):
    assert ReportSchedule(every=every, day=day).first_after(after) == first


def test_a_schedule_needs_a_day_recipients_and_what_its_kind_is_about(recruiter, job):
    good = {"kind": "job", "about": job, "every": "week", "day": 0, "recipients": [recruiter]}
    for wrong in (
        {"about": None}, {"day": 7}, {"every": "month", "day": 29}, {"every": "never"}, {"recipients": []},
        {"kind": "candidate"}, {"recipients": [recruiter] * 51},
    ):  # fmt: skip
        with pytest.raises(DomainError):
            report_schedules.create(**good | wrong, by=recruiter, now=MONDAY)


def test_nobody_schedules_what_they_do_not_see(recruiter, hiring_manager, job):
    with pytest.raises(PermissionDenied):
        report_schedules.create(
            kind="job", about=job, every="week", day=0, recipients=[hiring_manager], by=hiring_manager, now=MONDAY
        )
    with pytest.raises(DomainError):
        report_schedules.create(
            kind="job", about=JobFactory(confidential=True), every="week", day=0, recipients=[recruiter],
            by=recruiter, now=MONDAY,
        )  # fmt: skip
    with pytest.raises(PermissionDenied):
        report_schedules.create(
            kind="bias", about=None, every="month", day=1, recipients=[recruiter], by=recruiter, now=MONDAY
        )


def test_two_changes_at_once_are_told(recruiter, hiring_manager, schedule):
    seen = schedule.updated_at.isoformat()
    report_schedules.change(
        schedule=schedule, every="month", day=1, recipients=[recruiter], by=recruiter, now=MONDAY,
        expected_updated_at=seen,
    )  # fmt: skip
    assert set(schedule.places.values_list("user", flat=True)) == {recruiter.pk}
    with pytest.raises(Conflict):
        report_schedules.change(
            schedule=schedule, every="week", day=1, recipients=[recruiter], by=recruiter, now=MONDAY,
            expected_updated_at=seen,
        )  # fmt: skip


def test_a_recipient_may_leave_and_a_stranger_sees_nothing(hiring_manager, schedule):
    stranger = UserFactory(role="Hiring manager")
    assert not ReportSchedule.objects.visible_to(stranger).exists()
    with pytest.raises(NotFound):
        report_schedules.leave(schedule=schedule, by=stranger)
    report_schedules.leave(schedule=schedule, by=hiring_manager)
    assert not ReportSchedule.objects.visible_to(hiring_manager).exists()


def test_reports_stay_when_their_schedule_goes(recruiter, schedule):
    report_schedules.run_due(now=MONDAY)
    report_schedules.delete(schedule=schedule, by=recruiter)
    assert ReportDocument.objects.count() == 2
