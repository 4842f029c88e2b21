from zoneinfo import ZoneInfo

import pytest

from hrassist.models import User
from hrassist.ops.demo import accounts, interviews
from jobs.models import CalendarInvitation, Interview, Message, Scorecard
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("at", [(9, 0), (15, 10), (20, 40), (22, 50)])
def test_whoever_opens_the_demo_meets_somebody_today_also_in_the_evening(recruiter, client_as, at, monkeypatch):
    User.objects.filter(pk=recruiter.pk).update(time_zone="Europe/Berlin")
    recruiter.refresh_from_db()
    now = NOON.replace(hour=at[0], minute=at[1])
    jobs = [JobFactory(team={recruiter: "recruiter"}) for _ in range(4)]
    for job in jobs:
        for number in range(6):
            stage = job.stages.get(kind="interview")
            ApplicationFactory(job=job, stage=stage, external_id=f"demo-{job.pk}-{number}")
    interviews.ensure_interviews(jobs, by=recruiter, team=accounts.ensure_colleagues(), now=now)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    assert "You meet nobody today" not in client_as(recruiter).get("/").content.decode()
    coming = Interview.objects.scheduled().filter(interviewers__user=recruiter)
    zone = ZoneInfo("Europe/Berlin")
    assert now.astimezone(zone).date() in {one.starts_at.astimezone(zone).date() for one in coming}


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
