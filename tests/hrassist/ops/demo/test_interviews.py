import pytest

from hrassist.ops.demo import accounts, interviews
from jobs.models import CalendarInvitation, Interview, Message, Scorecard
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


def test_the_demo_plans_interviews_once_and_writes_to_nobody(recruiter):
    job = JobFactory(team={recruiter: "recruiter"})
    stage = job.stages.get(kind="interview")
    for number in range(6):
        ApplicationFactory(job=job, stage=stage, external_id=f"demo-{number}")
    team = accounts.ensure_colleagues()
    assert interviews.ensure_interviews([job], by=recruiter, team=team, now=NOON) == 5
    assert interviews.ensure_interviews([job], by=recruiter, team=team, now=NOON) == 0
    assert set(Interview.objects.values_list("status", flat=True)) == {"scheduled", "done"}
    assert Scorecard.objects.submitted().exists()
    assert not Message.objects.queued().exists()
    assert not CalendarInvitation.objects.filter(settled_at__isnull=True).exists()
