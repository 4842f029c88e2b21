from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from candidates.models import UploadTicket
from jobs.models import DriveJob, HumanDecision
from tests.factories import ApplicationFactory, JobFactory, UploadTicketFactory
from tests.hiring import DriveFactory, HumanDecisionFactory, InterviewFactory, ScorecardFactory


def page(client_as, user) -> str:
    return client_as(user).get("/").content.decode()


def test_what_waits_for_me_are_my_jobs_undecided_applications(recruiter, client_as):
    mine = JobFactory(team={recruiter: "recruiter"})
    ApplicationFactory(job=mine)
    decided, undone = ApplicationFactory(job=mine), ApplicationFactory(job=mine)
    HumanDecisionFactory(application=decided, by=recruiter)
    HumanDecisionFactory(application=undone, by=recruiter, undone_at=timezone.now())
    ApplicationFactory(job=mine, stage=mine.stages.get(kind="offer"))
    ApplicationFactory()
    assert HumanDecision.objects.count() == 2
    text = page(client_as, recruiter)
    assert f'href="{reverse("admin:jobs_review")}">Applications to review</a>' in text
    assert '<span class="badge accent">2</span>' in text


def test_an_interviewer_is_reminded_of_the_card_they_owe_until_it_is_in(interviewer, client_as):
    job = JobFactory(team={interviewer: "interviewer"})
    one = ApplicationFactory(job=job, candidate__full_name="Amara Okafor")
    ended = timezone.now() - timedelta(hours=2)
    interview = InterviewFactory(
        application=one, interviewers=[interviewer], starts_at=ended - timedelta(hours=1), ends_at=ended
    )
    assert "Scorecard: Amara Okafor" in page(client_as, interviewer)
    ScorecardFactory(application=one, interview=interview, by=interviewer, recommendation="yes", submitted_at=ended)
    from django.core.cache import cache

    cache.clear()
    assert "Scorecard: Amara Okafor" not in page(client_as, interviewer)


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        ("recruiter", ["Open jobs", "Sources", "Time to hire", "Waiting for me"], ["Background work", "On record"]),
        ("hiring_manager", ["Open jobs", "Time to hire", "Waiting for me"], ["Uploads, past", "Background work"]),
        ("interviewer", ["Waiting for me", "New applications"], ["Sources", "Time to hire"]),
        ("auditor", ["On record in the past day"], ["Open jobs", "Waiting for me"]),
        ("operator", ["Background work", "Uploads, past 7 days"], ["Open jobs", "On record in the past day"]),
    ],
)
def test_every_role_sees_what_is_theirs(request, client_as, role, seen, hidden):
    text = page(client_as, request.getfixturevalue(role))
    assert [word for word in seen if word not in text] == []
    assert [word for word in hidden if word in text] == []


def test_drives_show_their_targets_and_only_while_they_run(recruiter, client_as):
    today = timezone.localdate()
    drive = DriveFactory(
        name="Autumn nurses",
        starts_on=today,
        ends_on=today,
        target_applications=10,
        target_hires=2,
        created_by=recruiter,
    )
    DriveJob.objects.create(drive=drive, job=JobFactory())
    DriveFactory(name="Old one", starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=3))
    text = page(client_as, recruiter)
    assert "Autumn nurses" in text
    assert "0 of 10" in text
    assert "Old one" not in text


def test_rejected_uploads_are_an_alarm(operator, client_as):
    UploadTicketFactory(
        state=UploadTicket.State.REJECTED,
        rejected_at=timezone.now(),
        rejected_for="malware",
        rejected_message="Malware.",
    )
    assert '<span class="badge bad">1</span>' in page(client_as, operator)


def test_confidential_jobs_stay_out_of_every_card(recruiter, client_as):
    job = JobFactory(title="Secret search", confidential=True)
    ApplicationFactory(job=job, candidate__full_name="Hidden Person", source="Secret source")
    text = page(client_as, recruiter)
    assert "Secret" not in text
    assert "Hidden Person" not in text
