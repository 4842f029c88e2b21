from __future__ import annotations

from typing import Any

import pytest

from hrassist.models import User
from jobs.actions import requisitions
from jobs.models import Job, Requisition
from tests.conftest import NOON
from tests.factories import JobFactory, UserFactory
from tests.hiring import RequisitionFactory

pytestmark = pytest.mark.django_db
LIST = "/jobs/requisition/"


def page_of(one: Requisition, page: str = "change") -> str:
    return f"{LIST}{one.pk}/{page}/"


def asked(by: User, *approvers: User, **facts: Any) -> Requisition:
    one = RequisitionFactory(created_by=by, **facts)
    return requisitions.submit(requisition=one, approvers=approvers, by=by, now=NOON)


def test_the_list_costs_the_same_for_two_as_for_twelve(recruiter: User, client_as: Any, assert_queries: Any) -> None:
    browser = client_as(recruiter)
    for count in (2, 10):
        for _ in range(count):
            asked(recruiter, recruiter)
        browser.get(LIST)
        with assert_queries("admin_requisition_list"):
            answer = browser.get(LIST)
    assert len(answer.context["cl"].result_list) == 12


def test_from_the_form_through_the_chain_to_a_job(
    hiring_manager: User, recruiter: User, client_as: Any, events: Any
) -> None:
    asks, approves = client_as(hiring_manager), client_as(recruiter)
    facts = {"title": "Baker", "headcount": 2, "employment_type": "full_time", "reason": "new"}
    made = asks.post(f"{LIST}add/", facts)
    one = Requisition.objects.get()
    assert made["Location"] == page_of(one)
    # The numbers give the order, not the places in the form.
    asks.post(page_of(one, "act"), {"do": "submit", "approver": [hiring_manager.pk, recruiter.pk], "order": [2, 1]})
    assert [step.approver for step in one.approvals.all()] == [recruiter, hiring_manager]
    assert b"Your approval is asked for" not in asks.get(page_of(one)).content
    assert b"Your approval is asked for" in approves.get(page_of(one)).content
    assert approves.get("/").context["cards"]["side"][0]["data"]["rows"] == [one]
    approves.post(page_of(one, "act"), {"do": "approve"})
    asks.post(page_of(one, "act"), {"do": "approve"})
    one.refresh_from_db()
    assert one.status == "approved"
    opened = approves.post(page_of(one, "act"), {"do": "open"})
    job = Job.objects.get()
    assert opened["Location"] == f"/jobs/job/{job.pk}/change/?edit=1"
    assert job.openings.filter(requisition=one).count() == 2
    assert one.title in approves.get(f"/jobs/job/{job.pk}/openings/").content.decode()


def test_the_tabs_filter_by_status_and_by_whose_turn_it_is(recruiter: User, client_as: Any) -> None:
    mine, others = asked(recruiter, recruiter), asked(recruiter, UserFactory(role="Recruiter"))
    draft = RequisitionFactory(created_by=recruiter)
    browser = client_as(recruiter)

    def shown(query: str) -> set[Requisition]:
        return set(browser.get(f"{LIST}?{query}").context["cl"].result_list)

    assert shown("") == {mine, others, draft}
    assert shown("waits=me") == {mine}
    assert shown("status__exact=draft") == {draft}


def test_who_has_no_part_in_it_does_not_know_of_it(hiring_manager: User, interviewer: User, client_as: Any) -> None:
    other = UserFactory(role="Hiring manager")
    one = RequisitionFactory(created_by=hiring_manager, job=JobFactory(confidential=True))
    assert client_as(other).get(page_of(one)).status_code == 404
    assert client_as(other).post(page_of(one, "act"), {"do": "cancel"}).status_code == 404
    assert client_as(interviewer).get(LIST).status_code == 403
    assert other.username not in [row.created_by.username for row in Requisition.objects.visible_to(other)]


def test_an_approver_reads_it_but_changes_nothing(hiring_manager: User, recruiter: User, client_as: Any) -> None:
    one = asked(recruiter, hiring_manager)
    browser = client_as(hiring_manager)
    assert browser.get(page_of(one)).status_code == 200
    for what in ("withdraw", "cancel"):
        assert browser.post(page_of(one, "act"), {"do": what}).status_code == 403
    assert browser.post(page_of(one, "act"), {"do": "open"}).status_code == 403


def test_writing_over_somebody_elses_words_is_told_with_ones_own_kept(recruiter: User, client_as: Any) -> None:
    one = requisitions.create(by=recruiter, now=NOON, facts={"title": "Baker", "headcount": 1})
    browser = client_as(recruiter)
    form = browser.get(f"{page_of(one)}?edit=1").context["adminform"].form
    requisitions.update(requisition=one, by=recruiter, now=NOON, facts={"headcount": 5})
    facts = {"title": "Pastry cook", "headcount": 1, "employment_type": "full_time", "reason": "new"}
    answer = browser.post(page_of(one), {**facts, "seen": form.initial["seen"]})
    assert "Somebody changed this since you opened it" in answer.content.decode()
    assert "Pastry cook" in answer.content.decode()
    one.refresh_from_db()
    assert (one.title, one.headcount) == ("Baker", 5)


def test_a_refusal_is_told_on_the_page(recruiter: User, client_as: Any) -> None:
    one = RequisitionFactory(created_by=recruiter)
    answer = client_as(recruiter).post(page_of(one, "act"), {"do": "submit", "approver": [""]}, follow=True)
    assert "Name at least one person" in answer.content.decode()
