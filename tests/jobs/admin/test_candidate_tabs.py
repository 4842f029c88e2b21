"""What the jobs app shows under the head of a candidate."""

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.actions.matching import rank_people
from tests.factories import ApplicationFactory, JobFactory
from tests.jobs.matching.people import PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer():
    return resume_of(PYTHON_RESUME)


@pytest.fixture
def job():
    return JobFactory(title="Backend Engineer", must_have="Python\nKubernetes")


def test_a_person_without_applications_is_told_what_to_do(engineer, recruiter, client_as):
    page = client_as(recruiter).get(reverse("admin:jobs_candidate_applications", args=[engineer.pk]))
    assert "No application yet" in page.content.decode()
    assert f"?candidate={engineer.pk}" in page.content.decode()


def test_applications_for_hidden_jobs_are_not_listed(engineer, job, recruiter, client_as, events):
    ApplicationFactory(candidate=engineer, job=job)
    ApplicationFactory(candidate=engineer, job=JobFactory(title="Secret Role", confidential=True))
    page = client_as(recruiter).get(reverse("admin:jobs_candidate_applications", args=[engineer.pk])).content.decode()
    assert "Backend Engineer" in page
    assert "Secret Role" not in page
    assert [one.subject_ref for one in events("candidate.applications_viewed")] == [str(engineer.pk)]


def test_matches_tell_the_place_in_ones_own_newest_ranking(
    engineer, job, recruiter, coordinator, client_as, assert_queries
):
    rank_people(job_id=job.pk, by=recruiter, now=timezone.now())
    address = reverse("admin:jobs_candidate_matches", args=[engineer.pk])
    client = client_as(recruiter)
    client.get(address)
    with assert_queries("admin_candidate_matches"):
        page = client.get(address).content.decode()
    assert "Rank 1" in page
    assert "1 of 2 must-haves" in page
    assert "Rank 1" not in client_as(coordinator).get(address).content.decode()


def test_open_jobs_near_the_resume_come_with_evidence_and_can_be_added_to(engineer, job, recruiter, client_as, events):
    address = reverse("admin:jobs_candidate_matches", args=[engineer.pk])
    client = client_as(recruiter)
    assert "Look for jobs" in client.get(address).content.decode()
    assert not events("candidate.jobs_looked_for")
    page = client.get(address, {"look": "1"}).content.decode()
    assert "Built the billing service in Python and PostgreSQL." in page
    assert "no evidence found" in page
    assert reverse("admin:jobs_job_add_person", args=[job.pk]) in page
    assert len(events("candidate.jobs_looked_for")) == 1


def test_who_may_not_read_resumes_gets_no_matches(engineer, operator, client_as):
    assert client_as(operator).get(reverse("admin:jobs_candidate_matches", args=[engineer.pk])).status_code == 404
