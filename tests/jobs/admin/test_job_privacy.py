"""A job's own rules of privacy: who reads them, who sets them, and that reading changes nothing."""

import pytest

from candidates.models import Notice
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db


def test_a_notice_is_a_link_only_for_who_may_read_notices(recruiter, hiring_manager, client_as):
    job = JobFactory(team={hiring_manager: "hiring_manager"}, country="DE")
    address = f"/jobs/job/{job.pk}/privacy/"
    of_recruiter = client_as(recruiter).get(address).content.decode()
    of_manager = client_as(hiring_manager).get(address).content.decode()
    assert "/candidates/notice/" in of_recruiter
    assert "How we use your application" in of_manager
    assert "/candidates/notice/" not in of_manager


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
