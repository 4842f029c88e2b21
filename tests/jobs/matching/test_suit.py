import pytest

from jobs.matching.suit import jobs_for
from jobs.matching.types import Strength
from tests.factories import JobFactory, ResumeFactory
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs():
    return (
        JobFactory(title="Sous Chef", description="Cook in our kitchen.", must_have="Menu planning", nice_to_have=""),
        JobFactory(title="Backend Engineer", must_have="Python\nKubernetes", nice_to_have=""),
    )


def current(candidate):
    return candidate.resumes.get(is_current=True)


def test_the_nearest_job_comes_first_for_each_person(jobs, recruiter):
    kitchen, billing = jobs
    found, looked = jobs_for(current(resume_of(PYTHON_RESUME)), user=recruiter)
    assert [one.job for one in found] == [billing, kitchen]
    assert looked == 2
    found, _ = jobs_for(current(resume_of(CHEF_RESUME)), user=recruiter)
    assert [one.job for one in found] == [kitchen, billing]


def test_each_requirement_has_its_evidence_or_none(jobs, recruiter):
    (near, _), _ = jobs_for(current(resume_of(PYTHON_RESUME)), user=recruiter)
    python, kubernetes = near.evidence
    assert PYTHON_RESUME[python.start : python.end] == python.quote
    assert kubernetes.strength is Strength.NONE
    assert (near.must_covered, near.must_total) == (1, 2)


def test_a_job_that_one_may_not_see_or_that_is_not_open_is_not_looked_at(recruiter, hiring_manager):
    JobFactory(confidential=True)
    JobFactory(status="draft")
    shown = JobFactory(team={hiring_manager: "hiring_manager"})
    resume = current(resume_of(PYTHON_RESUME))
    assert [one.job for one in jobs_for(resume, user=recruiter)[0]] == [shown]
    assert jobs_for(resume, user=hiring_manager)[1] == 1


def test_a_changed_job_is_read_anew(jobs, recruiter):
    kitchen, billing = jobs
    resume = current(resume_of(PYTHON_RESUME))
    jobs_for(resume, user=recruiter)
    kitchen.title, kitchen.description, kitchen.must_have = billing.title, billing.description, "Python"
    kitchen.save()
    found, _ = jobs_for(resume, user=recruiter)
    assert {one.job: one.must_covered for one in found}[kitchen] == 1
    assert abs(found[0].closeness - found[1].closeness) < 0.2


def test_a_resume_without_a_vector_is_near_to_nothing(jobs, recruiter):
    assert jobs_for(ResumeFactory(), user=recruiter) == ([], 0)
