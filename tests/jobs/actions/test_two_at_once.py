"""Two recruiters at the same application at the same moment, each on a connection of their own."""

from __future__ import annotations

import pytest

from hrassist.lib.errors import Conflict
from jobs.actions import applications, reviews
from jobs.models import Application, HumanDecision, Opening, RejectionReason
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_moves_one_happens_and_the_other_is_told() -> None:
    one = ApplicationFactory()
    rosa, cora = UserFactory(), UserFactory()
    applied, screening, interview, *_ = one.job.stages.all()
    told = at_once(
        lambda: applications.move(application=one, to=screening, by=rosa, now=NOON, expected_stage=applied),
        lambda: applications.move(application=one, to=interview, by=cora, now=NOON, expected_stage=applied),
    )
    assert sorted(isinstance(answer, Conflict) for answer in told) == [False, True]
    step = one.transitions.get()
    one.refresh_from_db()
    assert one.stage == step.to_stage


def test_a_move_and_a_rejection_never_both_happen_to_the_stage_that_was_seen() -> None:
    one, reason = ApplicationFactory(), RejectionReason.objects.create(name="Too junior")
    rosa, cora = UserFactory(), UserFactory()
    applied, screening, *_ = one.job.stages.all()
    at_once(
        lambda: applications.move(application=one, to=screening, by=rosa, now=NOON, expected_stage=applied),
        lambda: applications.reject(application=one, reason=reason, by=cora, now=NOON, expected_stage=applied),
    )
    assert one.transitions.count() == 1


def test_the_last_seat_is_filled_once() -> None:
    job = JobFactory()
    Opening.objects.create(job=job, number=1)
    first, second = ApplicationFactory.create_batch(2, job=job)
    rosa, cora = UserFactory(), UserFactory()
    at_once(
        lambda: applications.hire(application=first, by=rosa, now=NOON),
        lambda: applications.hire(application=second, by=cora, now=NOON),
    )
    assert Application.objects.filter(status="hired").count() == 1


def test_an_undo_and_a_further_step_leave_one_truth() -> None:
    one = ApplicationFactory()
    rosa, cora = UserFactory(), UserFactory()
    moved = applications.advance(application=one, by=rosa, now=NOON)
    step = one.transitions.get().pk
    told = at_once(
        lambda: applications.undo(application=one, by=rosa, now=NOON, step=step),
        lambda: applications.advance(application=one, by=cora, now=NOON, expected_stage=moved.stage),
    )
    assert sorted(isinstance(answer, Conflict) for answer in told) == [False, True]
    assert one.transitions.count() == 2


def test_two_verdicts_of_one_reviewer_in_two_windows_leave_one_standing() -> None:
    one, rosa = ApplicationFactory(), UserFactory()
    at_once(*[lambda: reviews.decide(application=one, verdict="maybe", by=rosa, now=NOON)] * 2)
    assert HumanDecision.objects.standing().filter(application=one, by=rosa).count() == 1
