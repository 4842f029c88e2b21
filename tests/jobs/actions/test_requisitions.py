"""Permission to hire: who decides when, and what an approved one becomes."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification, User
from jobs.actions import openings, requisitions
from jobs.models import Opening, Requisition
from tests.conftest import NOON
from tests.factories import JobFactory, UserFactory
from tests.hiring import RequisitionFactory

pytestmark = pytest.mark.django_db
Status = Requisition.Status


@pytest.fixture
def second(db: None) -> User:
    return UserFactory(username="rita", role="Recruiter")


def submitted(by: User, *approvers: User, **facts: Any) -> Requisition:
    one = RequisitionFactory(created_by=by, **facts)
    return requisitions.submit(requisition=one, approvers=approvers, by=by, now=NOON)


def decide(one: Requisition, by: User, *, approve: bool = True, comment: str = "") -> Requisition:
    return requisitions.decide(requisition=one, by=by, approve=approve, comment=comment, now=NOON)


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("created_at", "id").values_list("text", flat=True))


def test_the_chain_is_asked_one_after_the_other_and_each_is_told_at_their_turn(
    hiring_manager: User, recruiter: User, second: User, events: Any
) -> None:
    one = submitted(hiring_manager, recruiter, second, title="Baker", headcount=2)
    assert (len(told(recruiter)), len(told(second))) == (1, 0)
    with pytest.raises(Conflict, match="not your turn"):
        decide(one, second)
    assert decide(one, recruiter).status == Status.IN_APPROVAL
    assert told(second) == ["hugo asks for your approval: Baker, 2 people"]
    assert decide(one, second).status == Status.APPROVED
    assert told(hiring_manager) == ["Baker: approved, the job can be opened"]
    assert len(events("requisition.approved_step")) == 2
    assert [event.changes["headcount"] for event in events("requisition.approved")] == [2]


def test_the_first_no_ends_it_and_needs_a_reason(hiring_manager: User, recruiter: User, second: User) -> None:
    one = submitted(hiring_manager, recruiter, second)
    with pytest.raises(DomainError) as refusal:
        decide(one, recruiter, approve=False)
    assert refusal.value.code == "no_comment"
    assert decide(one, recruiter, approve=False, comment="Not this year.").status == Status.DECLINED
    with pytest.raises(Conflict):
        decide(one, second)
    assert one.approvals.get(approver=recruiter).comment == "Not this year."


def test_who_may_not_approve_cannot_be_asked(hiring_manager: User, interviewer: User) -> None:
    with pytest.raises(DomainError) as refusal:
        submitted(hiring_manager, interviewer)
    assert refusal.value.code == "may_not_approve"


def test_only_a_draft_is_changed_and_never_over_somebody_elses_words(hiring_manager: User, recruiter: User) -> None:
    one = requisitions.create(by=hiring_manager, now=NOON, facts={"title": "Baker", "headcount": 1})
    read_at = one.updated_at
    requisitions.update(requisition=one, by=recruiter, now=NOON, facts={"headcount": 3}, expected_updated_at=read_at)
    with pytest.raises(requisitions.Changed):
        requisitions.update(
            requisition=one, by=hiring_manager, now=NOON, facts={"headcount": 2}, expected_updated_at=read_at
        )
    one.refresh_from_db()
    assert one.headcount == 3
    requisitions.submit(requisition=one, approvers=[recruiter], by=hiring_manager, now=NOON)
    with pytest.raises(Conflict, match="Only a draft"):
        requisitions.update(requisition=one, by=hiring_manager, now=NOON, facts={"headcount": 2})


def test_a_stranger_changes_nothing(hiring_manager: User, recruiter: User) -> None:
    one = submitted(recruiter, hiring_manager)
    for action in (requisitions.withdraw, requisitions.cancel):
        with pytest.raises(PermissionDenied):
            action(requisition=one, by=hiring_manager, now=NOON)


def test_a_declined_one_is_revised_and_asked_again_from_the_start(hiring_manager: User, recruiter: User) -> None:
    one = submitted(hiring_manager, recruiter)
    decide(one, recruiter, approve=False, comment="Say why.")
    one = requisitions.withdraw(requisition=one, by=hiring_manager, now=NOON)
    assert one.status == Status.DRAFT
    requisitions.update(requisition=one, by=hiring_manager, now=NOON, facts={"justification": "Because."})
    one = requisitions.submit(requisition=one, approvers=[recruiter], by=hiring_manager, now=NOON)
    assert [step.decision for step in one.approvals.all()] == ["waiting"]


def test_taking_it_back_tells_who_was_about_to_decide(hiring_manager: User, recruiter: User) -> None:
    one = submitted(hiring_manager, recruiter, title="Baker")
    requisitions.withdraw(requisition=one, by=hiring_manager, now=NOON)
    assert told(recruiter)[-1] == "Baker: taken back, your approval is not needed now"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "Baker", "headcount": 0}, "headcount"),
        ({"title": "Baker", "budget_from": Decimal(9), "budget_to": Decimal(8), "currency": "EUR"}, "budget_to"),
        ({"title": "Baker", "budget_from": Decimal(9)}, "currency"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(recruiter: User, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        requisitions.create(by=recruiter, now=NOON, facts=facts)
    assert field in refusal.value.fields


def test_an_approved_one_becomes_a_job_with_its_seats(recruiter: User, second: User) -> None:
    one = decide(submitted(second, recruiter, title="Baker", department="Bakery", headcount=3), recruiter)
    job = requisitions.open_job(requisition=one, by=second, now=NOON)
    assert (job.title, job.department, job.status) == ("Baker", "Bakery", "draft")
    assert set(job.openings.values_list("requisition", flat=True)) == {one.pk}
    assert job.openings.count() == 3
    with pytest.raises(requisitions.NothingLeft):
        requisitions.open_job(requisition=one, by=second, now=NOON)


def test_a_cancelled_opening_gives_its_seat_back(recruiter: User, second: User) -> None:
    one = decide(submitted(second, recruiter, headcount=2), recruiter)
    job = JobFactory(team={second: "recruiter"})
    requisitions.open_job(requisition=one, by=second, now=NOON, job=job)
    one.refresh_from_db()
    assert requisitions.seats_left(one) == 0
    openings.cancel(opening=Opening.objects.filter(requisition=one).first(), by=second, now=NOON)
    assert requisitions.seats_left(one) == 1
    with pytest.raises(DomainError, match="Use 1 to 1"):
        requisitions.open_job(requisition=one, by=second, now=NOON, job=job, count=2)


def test_before_approval_and_for_an_unseen_job_nothing_is_opened(recruiter: User, second: User) -> None:
    one = submitted(second, recruiter)
    with pytest.raises(Conflict, match="Only an approved"):
        requisitions.open_job(requisition=one, by=second, now=NOON)
    hidden = JobFactory(confidential=True)
    with pytest.raises(DomainError, match="a job that you see"):
        requisitions.open_job(requisition=decide(one, recruiter), by=second, now=NOON, job=hidden)


def test_what_waits_for_me_is_only_what_is_my_turn(hiring_manager: User, recruiter: User, second: User) -> None:
    one = submitted(hiring_manager, recruiter, second)
    assert list(requisitions.waiting_for(recruiter)) == [one]
    assert list(requisitions.waiting_for(second)) == []
    decide(one, recruiter)
    assert list(requisitions.waiting_for(recruiter)) == []
    assert list(requisitions.waiting_for(second)) == [one]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_decision_and_one_job(recruiter: User, second: User) -> None:
    one = submitted(second, recruiter, headcount=2)
    outcomes: Counter[str] = Counter()

    def at_once(work: Any) -> None:
        start = threading.Barrier(4)

        def run() -> None:
            start.wait()
            try:
                work()
                outcomes["done"] += 1
            except Conflict as error:
                outcomes[error.code] += 1
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    at_once(lambda: decide(one, recruiter))
    assert outcomes == {"done": 1, "not_your_turn": 3}
    outcomes.clear()
    at_once(lambda: requisitions.open_job(requisition=one, by=second, now=NOON + timedelta(hours=1)))
    assert outcomes == {"done": 1, "requisition_used_up": 3}
    assert Opening.objects.filter(requisition=one).count() == 2
