"""Whose people an application shows, held against which jobs somebody sees."""

from __future__ import annotations

from itertools import combinations

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import F

from audit.models import Event
from candidates.models import Candidate
from hrassist.models import User
from jobs.models import Application, Job
from jobs.models.application import people_of_confidential_jobs_only
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def somebody_who_may(*rights: str) -> User:
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    "rights",
    [
        (),
        ("view_all_candidates",),
        ("view_all_jobs",),
        ("view_all_candidates", "view_all_jobs"),
        ("view_all_candidates", "view_all_jobs", "view_confidential_jobs"),
        ("view_all_candidates", "view_confidential_jobs"),
    ],
    ids=" ".join,
)
def test_people_are_hidden_exactly_where_every_job_they_are_known_by_is(rights: tuple[str, ...]) -> None:
    user = somebody_who_may(*rights)
    jobs = [
        JobFactory(confidential=confidential, team={user: "recruiter"} if mine else {})
        for confidential in (False, True)
        for mine in (False, True)
    ]
    # One person for each set of jobs there is, also for none.
    applied = {CandidateFactory(): some for count in range(len(jobs) + 1) for some in combinations(jobs, count)}
    for person, some in applied.items():
        for job in some:
            ApplicationFactory(candidate=person, job=job)
    seen = set(Job.objects.visible_to(user))
    hidden = {
        person
        for person, some in applied.items()
        if not seen & set(some) and any(job.confidential and job not in seen for job in some)
    }
    condition = people_of_confidential_jobs_only(user, F("pk"))
    assert (set() if condition is None else set(Candidate.objects.filter(condition))) == hidden
    everybody = (
        set(applied) if "view_all_candidates" in rights else {one for one in applied if seen & set(applied[one])}
    )
    assert set(Candidate.objects.visible_to(user)) == everybody - hidden
    assert set(Application.objects.visible_to(user)) == set(Application.objects.filter(job__in=seen))
    assert bool(hidden) == ("view_confidential_jobs" not in rights)


def test_the_kind_of_a_stage_goes_with_each_application_whoever_writes(db):
    one = ApplicationFactory()
    assert Application.objects.get(pk=one.pk).stage_kind == "applied"
    interview = one.job.stages.get(kind="interview")
    Application.objects.filter(pk=one.pk).update(stage=interview)
    assert Application.objects.get(pk=one.pk).stage_kind == "interview"
    # Nobody else may say it, nor does an older copy of the row.
    Application.objects.filter(pk=one.pk).update(stage_kind="hired")
    one.stage = interview
    one.save()
    assert Application.objects.get(pk=one.pk).stage_kind == "interview"
    interview.kind = "screen"
    interview.save()
    assert Application.objects.get(pk=one.pk).stage_kind == "screen"


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_follows_its_stage_is_no_change_past_the_actions(db):
    one = ApplicationFactory()
    stage = one.job.stages.get(kind="applied")
    with transaction.atomic():
        before = set(Event.objects.values_list("pk", flat=True))
        stage.kind = "screen"
        stage.save()
    assert Application.objects.get(pk=one.pk).stage_kind == "screen"
    assert [event.action for event in Event.objects.exclude(pk__in=before)] == []
    Application.objects.filter(pk=one.pk).update(source="a shell")
    (event,) = Event.objects.exclude(pk__in=before)
    assert (event.action, event.changes["columns"]) == ("application.row_changed", ["source"])
