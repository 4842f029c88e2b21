"""A job's own rules of privacy: who reads them, who sets them, and that reading changes nothing."""

import re

import pytest
from django.utils import timezone

from audit.models import Event
from candidates.models import Notice
from jobs.actions import job_notices
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/candidates/notice/[0-9a-f-]{36}/")


def test_a_notice_is_a_link_only_for_who_may_read_notices(recruiter, hiring_manager, client_as):
    job = JobFactory(team={hiring_manager: "hiring_manager"}, country="DE")
    address = f"/jobs/job/{job.pk}/privacy/"
    job_notices.kept_of_job(job, now=timezone.now())
    of_recruiter = client_as(recruiter).get(address).content.decode()
    of_manager = client_as(hiring_manager).get(address).content.decode()
    assert LINK.search(of_recruiter)
    assert "How we use your application" in of_manager
    assert not LINK.search(of_manager)


def test_a_notice_answers_403_without_the_permission_and_404_where_there_is_none(
    recruiter, hiring_manager, client_as
):  # fmt: skip
    notice = Notice.objects.create(kind="privacy", title="T", text="T", sha256=Notice.digest("T", "T"))
    address = f"/candidates/notice/{notice.pk}/change/"
    gone = f"/candidates/notice/{JobFactory().pk}/change/"
    assert client_as(hiring_manager).get(address).status_code == 403
    assert client_as(hiring_manager).get(gone).status_code == 403
    assert client_as(recruiter).get(address).status_code == 200
    assert client_as(recruiter).get(gone).status_code == 404


def test_reading_the_rules_of_a_job_publishes_no_text(recruiter, client_as):
    job = JobFactory(country="DE")
    page = client_as(recruiter).get(f"/jobs/job/{job.pk}/privacy/").content.decode()
    assert "How we use your application" in page
    # A text that is no row has no page to lead to.
    assert not LINK.search(page)
    assert not Notice.objects.exists()
    assert not Event.objects.filter(action="notice.published").exists()
