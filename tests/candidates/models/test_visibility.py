"""Who sees which candidates, told by the rules of the app above."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from candidates.models import Candidate, Resume
from hrassist.models import User
from jobs.models import Application, HiringTeamMember, Job
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory

pytestmark = pytest.mark.django_db


def seen_by(user: object) -> set[str]:
    return set(Candidate.objects.visible_to(user).values_list("full_name", flat=True))  # type: ignore[arg-type]


@pytest.fixture
def people() -> dict[str, Application | None]:
    """Ada applied for an open job, Ben only for a confidential one, Cleo for both, Dan for none."""
    engineer = JobFactory(title="Engineer")
    director = JobFactory(title="Director", confidential=True)
    ada, ben, cleo = (CandidateFactory(full_name=name) for name in ("Ada", "Ben", "Cleo"))
    CandidateFactory(full_name="Dan")
    return {
        "Ada": ApplicationFactory(candidate=ada, job=engineer),
        "Ben": ApplicationFactory(candidate=ben, job=director),
        "Cleo": ApplicationFactory(candidate=cleo, job=engineer),
        "Cleo too": ApplicationFactory(candidate=cleo, job=director),
    }


def test_a_recruiter_sees_everybody_but_people_of_confidential_jobs_only(people, recruiter):
    assert seen_by(recruiter) == {"Ada", "Cleo", "Dan"}


def test_on_the_team_of_a_confidential_job_a_recruiter_sees_its_people(people, recruiter):
    HiringTeamMember.objects.create(job=Job.objects.get(title="Director"), user=recruiter, role="recruiter")
    assert seen_by(recruiter) == {"Ada", "Ben", "Cleo", "Dan"}


def test_an_interviewer_sees_who_applied_for_jobs_on_whose_team_they_are(people, interviewer):
    assert seen_by(interviewer) == set()
    HiringTeamMember.objects.create(job=Job.objects.get(title="Engineer"), user=interviewer, role="interviewer")
    assert seen_by(interviewer) == {"Ada", "Cleo"}


def test_leaving_the_team_ends_the_sight(people, interviewer):
    member = HiringTeamMember.objects.create(
        job=Job.objects.get(title="Engineer"), user=interviewer, role="interviewer"
    )
    member.delete()
    assert seen_by(interviewer) == set()


@pytest.mark.parametrize("role", ["Auditor", "Operator", ""])
def test_roles_without_people_see_none(people, role):
    assert seen_by(UserFactory(role=role)) == set()


def test_nobody_and_the_deactivated_see_none(people, recruiter):
    recruiter.is_active = False
    assert seen_by(recruiter) == set()
    assert seen_by(AnonymousUser()) == set()


def test_a_resume_is_seen_with_its_candidate(people, interviewer, recruiter):
    hers = ResumeFactory(candidate=people["Ada"].candidate)
    his = ResumeFactory(candidate=people["Ben"].candidate)
    HiringTeamMember.objects.create(job=Job.objects.get(title="Engineer"), user=interviewer, role="interviewer")
    assert set(Resume.objects.visible_to(interviewer)) == {hers}
    assert his not in Resume.objects.visible_to(recruiter)


def test_a_file_that_nobody_could_read_is_seen_by_those_who_look_after_uploads(recruiter, interviewer, noon):
    orphan = Resume.objects.create(
        key="clean/a", sha256="0" * 64, size=1, kind="pdf", filename="a.pdf", state="unreadable",
        unreadable_at=noon, unreadable_for="damaged_file", scanned_by="none configured",
    )  # fmt: skip
    assert orphan in Resume.objects.visible_to(recruiter)
    assert orphan not in Resume.objects.visible_to(interviewer)


def test_sight_costs_one_statement_whatever_the_role(people, django_assert_num_queries):
    user = User.objects.get(pk=UserFactory(role="Interviewer").pk)
    user.has_perm("candidates.view_candidate")
    with django_assert_num_queries(1):
        list(Candidate.objects.visible_to(user))
