from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hrassist.models import User
from jobs.actions import drives, links
from jobs.models import DriveJob, IntakeSubmission, Job, RecruitmentDrive
from jobs.reports import drive_figures as figures
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory
from tests.hiring import DriveFactory, TrackingLinkFactory

pytestmark = pytest.mark.django_db
LIST = "/jobs/recruitmentdrive/"


def page_of(drive: RecruitmentDrive, page: str = "change") -> str:
    return f"{LIST}{drive.pk}/{page}/"


def with_applications(drive: RecruitmentDrive, job: Job, count: int = 1, **facts: Any) -> None:
    DriveJob.objects.get_or_create(drive=drive, job=job, defaults={"target_hires": 2})
    link = TrackingLinkFactory(job=None, drive=drive)
    ApplicationFactory.create_batch(count, job=job, tracking_link=link, **facts)


def test_the_list_shows_progress_and_costs_the_same_for_two_as_for_eight(
    recruiter: User, client_as: Any, assert_queries: Any
) -> None:
    browser = client_as(recruiter)
    for count in (2, 6):
        for _ in range(count):
            drive = DriveFactory(target_applications=4)
            for _ in range(3):
                with_applications(drive, JobFactory())
        browser.get(LIST)
        with assert_queries("admin_drive_list"):
            answer = browser.get(LIST)
    rows = answer.context["cl"].result_list
    assert len(rows) == 8
    assert {row.progress.against(row).applications_share for row in rows} == {75}
    assert answer.content.decode().count("3 of 4 applications") == 8


def test_a_drive_is_made_filled_started_and_ended(recruiter: User, client_as: Any) -> None:
    browser = client_as(recruiter)
    today = timezone.localdate()
    facts = {"name": "Fair", "starts_on": today, "ends_on": today + timedelta(days=9), "target_applications": 10,
             "target_hires": 1}  # fmt: skip
    made = browser.post(f"{LIST}add/", facts)
    drive = RecruitmentDrive.objects.get()
    assert made["Location"] == page_of(drive)
    refused = browser.post(page_of(drive, "act"), {"do": "start"}, follow=True)
    assert "Add a job first" in refused.content.decode()
    job = JobFactory()
    browser.post(page_of(drive, "act"), {"do": "put", "job": job.pk, "target_hires": "3"})
    assert DriveJob.objects.get().target_hires == 3
    browser.post(page_of(drive, "act"), {"do": "link", "label": "Poster"})
    assert drive.tracking_links.get().label == "Poster"
    for do, status in (("start", "running"), ("end", "ended"), ("start", "running")):
        browser.post(page_of(drive, "act"), {"do": do})
        drive.refresh_from_db()
        assert drive.status == status
    browser.post(page_of(drive, "act"), {"do": "take", "job": job.pk})
    assert not DriveJob.objects.exists()


def test_the_page_tells_the_way_from_the_visit_to_the_hire(
    recruiter: User, client_as: Any, assert_queries: Any
) -> None:
    drive, job = DriveFactory(created_by=recruiter, target_hires=4), JobFactory()
    DriveJob.objects.create(drive=drive, job=job, target_hires=2)
    link = links.create(drive=drive, by=recruiter, now=NOON, facts={"label": "Fair"})
    ApplicationFactory(job=job, tracking_link=link, applied_at=NOON)
    ended = {"status": "hired", "ended_at": NOON, "ended_by": recruiter}
    ApplicationFactory(job=job, tracking_link=link, applied_at=NOON + timedelta(days=1), **ended)
    IntakeSubmission.objects.create(link=link, job=job, full_name="J", email="j@example.org", consented_at=NOON)
    browser = client_as(recruiter)
    browser.get(page_of(drive))
    with assert_queries("admin_drive"):
        page = browser.get(page_of(drive))
    shown = page.context["links"][0]
    assert (shown.submitted, shown.applied, shown.hired) == (1, 2, 1)
    progress = page.context["progress"]
    assert (progress.applications, progress.active, progress.hires, progress.hires_share) == (2, 1, 1, 25)
    assert [(bar.start, bar.count) for bar in page.context["bars"] if bar.count] == [
        (date(2026, 11, 2), 1), (date(2026, 11, 3), 1)
    ]  # fmt: skip


def test_a_long_drive_is_drawn_by_the_week(recruiter: User) -> None:
    drive = DriveFactory(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    with_applications(drive, JobFactory(), 2, applied_at=NOON)
    bars = figures.per_day(drive, user=recruiter, today=date(2026, 12, 1))
    assert len(bars) == 48
    assert sum(bar.count for bar in bars) == 2
    assert bars[-1].end == date(2026, 12, 1)


def test_who_sees_one_job_of_a_drive_sees_and_counts_that_one_only(hiring_manager: User, client_as: Any) -> None:
    drive = DriveFactory()
    mine, other = JobFactory(team={hiring_manager: "hiring_manager"}), JobFactory(title="Not mine")
    with_applications(drive, mine, 1)
    with_applications(drive, other, 4)
    page = client_as(hiring_manager).get(page_of(drive))
    assert page.context["progress"].applications == 1
    assert "Not mine" not in page.content.decode()
    assert client_as(hiring_manager).post(page_of(drive, "act"), {"do": "start"}).status_code == 403
    assert client_as(hiring_manager).get(page_of(DriveFactory())).status_code == 404


def test_a_confidential_job_takes_no_part(recruiter: User, client_as: Any) -> None:
    drive = DriveFactory(created_by=recruiter)
    hidden = JobFactory(confidential=True, team={recruiter: "recruiter"})
    assert client_as(recruiter).post(page_of(drive, "act"), {"do": "put", "job": hidden.pk}).status_code == 404
    with pytest.raises(Exception, match="confidential"):
        drives.put_job(drive=drive, job=hidden, by=recruiter, now=NOON)


def test_a_drive_with_four_jobs_stands_in_the_list_once(recruiter: User) -> None:
    drive = DriveFactory(created_by=recruiter)
    for job in JobFactory.create_batch(4):
        DriveJob.objects.create(drive=drive, job=job)
    assert list(RecruitmentDrive.objects.visible_to(recruiter)) == [drive]


def test_what_came_in_is_listed_for_those_who_see_the_job(
    recruiter: User, coordinator: User, client_as: Any, assert_queries: Any, events: Any
) -> None:
    hidden = TrackingLinkFactory(job=JobFactory(confidential=True))
    rows: dict[str, Any] = {"full_name": "Jane Doe", "email": "j@example.org", "consented_at": NOON}
    IntakeSubmission.objects.create(link=hidden, job=hidden.job, **rows)
    link = TrackingLinkFactory(job=JobFactory(team={recruiter: "recruiter"}))
    for _ in range(4):
        one = IntakeSubmission.objects.create(link=link, job=link.job, state="failed", failed_for="Why", **rows)
    browser, here = client_as(recruiter), "/jobs/intakesubmission/"
    browser.get(here)
    with assert_queries("admin_intake_list"):
        answer = browser.get(here)
    assert len(answer.context["cl"].result_list) == 4
    assert b"Try again" in browser.get(f"{here}{one.pk}/change/").content
    assert [event.target_id for event in events("submission.viewed")] == [str(one.pk)]
    assert b"Try again" not in client_as(coordinator).get(f"{here}{one.pk}/change/").content
    assert client_as(coordinator).post(f"{here}{one.pk}/retry/").status_code == 403
    browser.post(f"{here}{one.pk}/retry/")
    one.refresh_from_db()
    assert one.state == "waiting"
