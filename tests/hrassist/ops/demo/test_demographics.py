"""The demo's earlier round: people who had applied, were asked, and of whom most answered."""

import pytest
from django.utils import timezone

from hrassist.ops.demo import demographics
from jobs.models import Application, JobPrivacy, RejectionReason
from jobs.models.demographic import DemographicAnswer
from tests.factories import JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db


def test_people_apply_where_they_are_asked_and_a_second_run_adds_nothing(recruiter):
    RejectionReason.objects.get_or_create(name="No", defaults={"kind": "we_rejected"})
    jobs = [
        JobFactory(title=city, country=country, city=city, team={recruiter: "recruiter"})
        for city, country in (("Boston", "US"), ("Hamburg", "DE"))
    ]
    for _ in range(12):
        ResumeFactory()
    for _ in range(2):
        demographics.ensure(jobs, by=recruiter, now=timezone.now())
    assert [job.applications.count() for job in jobs] == [12, 0]
    assert set(Application.objects.values_list("status", flat=True)) == {"rejected"}
    assert JobPrivacy.objects.get().job == jobs[0]
    answers = DemographicAnswer.objects.all()
    assert 4 <= answers.count() <= 12
    assert {one.application.job for one in answers} == {jobs[0]}
    assert all(one.asked_at <= one.answered_at for one in answers)
