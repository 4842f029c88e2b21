from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions import applications, reviews
from jobs.actions.steps import Moved, NotActive
from jobs.models import Application, HumanDecision, Match, MatchRun, RejectionReason
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def application() -> Application:
    return ApplicationFactory(applied_at=NOON, entered_stage_at=NOON)


@pytest.fixture
def match(recruiter: User) -> Match:
    run = MatchRun.objects.create(
        job=JobFactory(), model_hash="", weights={}, criteria=[], considered=1, ranked=1, milliseconds=1,
        created_by=recruiter,
    )  # fmt: skip
    return Match.objects.create(
        run=run, candidate=CandidateFactory(), rank=9, score=0.1, components={}, must_covered=0, must_total=1
    )


def test_a_shortlist_takes_the_next_step_and_is_on_record(
    application: Application, recruiter: User, events: Any
) -> None:
    decision = reviews.decide(application=application, verdict="shortlist", by=recruiter, now=NOON, note="Solid.")
    application.refresh_from_db()
    assert (application.stage.kind, decision.moved, decision.note) == ("screen", True, "Solid.")
    told = events("application.decided")[0].changes
    assert (told["verdict"], "Solid." in str(told)) == ("shortlist", False)


def test_a_maybe_moves_nothing(application: Application, recruiter: User) -> None:
    decision = reviews.decide(application=application, verdict="maybe", by=recruiter, now=NOON)
    application.refresh_from_db()
    assert (application.stage.kind, decision.moved, application.transitions.count()) == ("applied", False, 0)


def test_a_rejection_needs_its_reason(application: Application, recruiter: User) -> None:
    with pytest.raises(DomainError) as refused:
        reviews.decide(application=application, verdict="reject", by=recruiter, now=NOON)
    assert refused.value.code == "no_reason"
    reason = RejectionReason.objects.create(name="Too junior")
    reviews.decide(application=application, verdict="reject", by=recruiter, now=NOON, reason=reason)
    application.refresh_from_db()
    assert (application.status, application.reason) == ("rejected", reason)


@pytest.mark.parametrize("verdict", ["shortlist", "maybe", "reject"])
def test_undo_takes_back_the_decision_and_its_step(application: Application, recruiter: User, verdict: str) -> None:
    reason = RejectionReason.objects.create(name="Too junior")
    decision = reviews.decide(application=application, verdict=verdict, by=recruiter, now=NOON, reason=reason)
    reviews.undo(decision=decision, by=recruiter, now=LATER)
    application.refresh_from_db()
    assert (application.stage.kind, application.status, application.entered_stage_at) == ("applied", "active", NOON)
    assert not HumanDecision.objects.standing().exists()
    with pytest.raises(reviews.AlreadyUndone):
        reviews.undo(decision=decision, by=recruiter, now=LATER)


def test_nobody_takes_back_somebody_elses_decision(
    application: Application, recruiter: User, coordinator: User
) -> None:
    decision = reviews.decide(application=application, verdict="maybe", by=recruiter, now=NOON)
    with pytest.raises(HumanDecision.DoesNotExist):
        reviews.undo(decision=decision, by=coordinator, now=LATER)


def test_a_later_verdict_replaces_ones_own_and_leaves_the_others_alone(
    application: Application, recruiter: User, coordinator: User
) -> None:
    reviews.decide(application=application, verdict="maybe", by=coordinator, now=NOON)
    reviews.decide(application=application, verdict="maybe", by=recruiter, now=NOON)
    reviews.decide(application=application, verdict="shortlist", by=recruiter, now=LATER)
    standing = HumanDecision.objects.standing().values_list("by__username", "verdict")
    assert sorted(standing) == [("cora", "maybe"), ("rosa", "shortlist")]


def test_who_was_slower_changes_nothing(application: Application, recruiter: User, coordinator: User) -> None:
    seen = application.stage
    reviews.decide(application=application, verdict="shortlist", by=coordinator, now=NOON, expected_stage=seen)
    with pytest.raises(Moved):
        reviews.decide(application=application, verdict="shortlist", by=recruiter, now=NOON, expected_stage=seen)
    applications.withdraw(application=application, by=coordinator, now=NOON)
    with pytest.raises(NotActive):
        reviews.decide(application=application, verdict="maybe", by=recruiter, now=NOON)


def test_a_step_that_something_followed_stays_with_its_decision(
    application: Application, recruiter: User, coordinator: User
) -> None:
    decision = reviews.decide(application=application, verdict="shortlist", by=recruiter, now=NOON)
    applications.advance(application=application, by=coordinator, now=LATER)
    with pytest.raises(Moved):
        reviews.undo(decision=decision, by=recruiter, now=LATER)
    decision.refresh_from_db()
    assert decision.undone_at is None


def test_somebody_low_in_a_ranking_is_chosen_all_the_same(match: Match, recruiter: User) -> None:
    decision = reviews.choose(match=match, verdict="shortlist", by=recruiter, now=NOON, note="Met at a fair.")
    one = decision.application
    assert (one.candidate, one.source, one.stage.kind) == (match.candidate, "ranking", "screen")
    assert (decision.match, decision.note) == (match, "Met at a fair.")
    again = reviews.choose(match=match, verdict="maybe", by=recruiter, now=LATER)
    assert again.application == one


def test_nobody_is_rejected_from_a_ranking(match: Match, recruiter: User) -> None:
    with pytest.raises(DomainError):
        reviews.choose(match=match, verdict="reject", by=recruiter, now=NOON)
    assert not Application.objects.exists()
