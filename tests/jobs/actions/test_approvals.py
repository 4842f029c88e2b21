"""Approval chains, the same for requisitions and offers."""

import pytest

from hrassist.lib.errors import DomainError
from jobs.actions import approvals
from tests import hiring
from tests.conftest import NOON
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MAY = "jobs.approve_requisition"


@pytest.fixture
def requisition():
    return hiring.RequisitionFactory()


@pytest.fixture
def approvers():
    return [UserFactory(role="Hiring manager"), UserFactory(role="Recruiter")]


@pytest.fixture
def chain(requisition, approvers):
    approvals.begin(requisition.approvals, approvers=approvers, permission=MAY, requisition=requisition)
    return requisition.approvals


def test_the_first_is_asked_first(requisition, approvers):
    asked = approvals.begin(requisition.approvals, approvers=approvers, permission=MAY, requisition=requisition)
    assert asked == approvers[0]
    assert approvals.next_step(requisition.approvals).approver == approvers[0]


def test_everybody_agrees_one_after_the_other(chain, approvers):
    following = approvals.decide(chain, by=approvers[0], approve=True, comment="", now=NOON)
    assert following.approver == approvers[1]
    assert approvals.decide(chain, by=approvers[1], approve=True, comment="fine", now=NOON) is None
    assert [step.decision for step in chain.order_by("position")] == ["approved", "approved"]


def test_nobody_decides_out_of_turn_or_twice(chain, approvers):
    with pytest.raises(approvals.NotYourTurn):
        approvals.decide(chain, by=approvers[1], approve=True, comment="", now=NOON)
    approvals.decide(chain, by=approvers[0], approve=True, comment="", now=NOON)
    with pytest.raises(approvals.NotYourTurn):
        approvals.decide(chain, by=approvers[0], approve=False, comment="no", now=NOON)


def test_the_first_no_ends_it_and_says_why(chain, approvers):
    with pytest.raises(DomainError) as refused:
        approvals.decide(chain, by=approvers[0], approve=False, comment="  ", now=NOON)
    assert refused.value.code == "no_comment"
    approvals.decide(chain, by=approvers[0], approve=False, comment="Too expensive", now=NOON)
    assert approvals.next_step(chain) is None
    with pytest.raises(approvals.NotYourTurn):
        approvals.decide(chain, by=approvers[1], approve=True, comment="", now=NOON)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (lambda one: [], "no_approver"),
        (lambda one: [one, one], "approver_twice"),
        (lambda one: [UserFactory(role="Interviewer")], "may_not_approve"),
        (lambda one: [UserFactory(role="Recruiter", is_active=False)], "may_not_approve"),
    ],
)
def test_a_chain_that_nobody_could_walk_is_refused(requisition, approvers, who, code):
    with pytest.raises(DomainError) as refused:
        approvals.begin(requisition.approvals, approvers=who(approvers[0]), permission=MAY, requisition=requisition)
    assert refused.value.code == code
    assert not requisition.approvals.exists()


def test_asking_anew_forgets_the_old_chain(chain, requisition, approvers):
    approvals.decide(chain, by=approvers[0], approve=False, comment="no", now=NOON)
    approvals.begin(requisition.approvals, approvers=approvers[1:], permission=MAY, requisition=requisition)
    assert [(step.position, step.approver, step.decision) for step in chain.all()] == [(1, approvers[1], "waiting")]
