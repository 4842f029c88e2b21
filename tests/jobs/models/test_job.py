"""Jobs: who sees them, how they move."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from hrassist.lib.errors import Conflict
from jobs.models import Application, HiringTeamMember, Job
from tests.factories import ApplicationFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_confidential_job_is_seen_by_its_team_only(recruiter):
    secret = JobFactory(confidential=True)
    assert secret not in Job.objects.visible_to(recruiter)
    HiringTeamMember.objects.create(job=secret, user=recruiter, role="recruiter")
    assert secret in Job.objects.visible_to(recruiter)


@pytest.mark.parametrize("role", ["Hiring manager", "Interviewer"])
def test_team_roles_see_only_jobs_they_work_on(role):
    user, mine = UserFactory(role=role), JobFactory()
    JobFactory()
    HiringTeamMember.objects.create(job=mine, user=user, role="interviewer")
    assert list(Job.objects.visible_to(user)) == [mine]


@pytest.mark.parametrize("role", ["Auditor", "Operator", ""])
def test_other_roles_see_no_job(role):
    JobFactory()
    assert not Job.objects.visible_to(UserFactory(role=role)).exists()


def test_a_draft_cannot_be_closed():
    with pytest.raises(Conflict, match="draft cannot become closed"):
        JobFactory.build(status="draft").require_move("closed")


def test_every_status_has_its_moves_and_leads_only_to_statuses():
    assert set(Job.MOVES) == set(Job.Status)
    assert set().union(*Job.MOVES.values()) <= set(Job.Status)
    assert set(Application.MOVES) == set(Application.Status)


def test_nobody_applies_twice_for_a_job_while_active():
    first = ApplicationFactory()
    with pytest.raises(IntegrityError, match="application_one_active"):
        ApplicationFactory(candidate=first.candidate, job=first.job)


def test_an_application_ends_only_by_a_person(noon):
    application = ApplicationFactory()
    application.status, application.ended_at = "rejected", noon
    with pytest.raises(IntegrityError, match="application_ended_pair"):
        application.save()
