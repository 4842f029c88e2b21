"""Nobody has to keep a run's page open: whoever began it is told when it waits for them, stopped, or is ready."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hrassist.lib import llm
from hrassist.models import Notification
from jobs.actions import tailorings
from jobs.tailoring import export
from tests.factories import UserFactory
from tests.jobs.tailoring.scripted import ScriptedProvider

pytestmark = pytest.mark.django_db


def told(user):
    return list(
        Notification.objects.filter(user=user, kind="task_ended").order_by("created_at").values_list("text", flat=True)
    )


def test_whoever_began_it_is_told_at_review_and_with_the_approver_when_files_are_ready(begun, tailor, recruiter):
    run = tailor(begun)
    assert [text.partition(":")[0] for text in told(recruiter)] == ["A tailored resume waits for your review"]
    assert "Platform Engineer" in told(recruiter)[0]
    assert "Amara" not in told(recruiter)[0]
    other = UserFactory(role="Recruiter")
    tailorings.approve(run=run, by=other, now=timezone.now())
    export.make(run.pk)
    for user in (recruiter, other):
        assert told(user)[-1].startswith("The files of a tailored resume are ready")


def test_a_run_that_stopped_says_so(begun, tailor, recruiter):
    tailor(begun, ScriptedProvider(analysis=llm.ModelRefusedKey))
    assert told(recruiter)[-1].startswith("A tailored resume stopped")


def test_who_may_not_see_the_person_any_more_is_not_told(begun, tailor, recruiter):
    recruiter.groups.clear()
    tailor(begun)
    assert told(recruiter) == []
