"""A write that the proxy sends to a second host is carried out once, and answered as the first one would have been."""

from __future__ import annotations

import threading
import time

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from audit import actions as audit
from candidates.models import Candidate
from hrassist import once
from hrassist.admin import answers
from hrassist.lib import origin
from hrassist.models import IdempotencyRecord
from jobs.models import Job
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

PEOPLE = "/api/v1/candidates"
ADD = "/candidates/candidate/add/"
EMPTY = {f"{noun}-{count}_FORMS": 0 for noun in ("emails", "phones", "links") for count in ("TOTAL", "INITIAL")}
JANE = {"full_name": "Jane Doe", "headline": "", "city": "", "country": ""} | EMPTY
FIRST = {"X-Request-ID": "a1" * 16}
AGAIN = FIRST | {"X-Sent-Again": "1"}


@pytest.fixture(autouse=True)
def several_hosts(settings):
    settings.TRUSTED_PROXIES, settings.WRITES_REPEATED = 1, True


@pytest.fixture
def api(api_as, recruiter):
    return api_as(recruiter)


@pytest.fixture
def browser(client_as, recruiter):
    return client_as(recruiter)


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("headers", [AGAIN, FIRST])
def test_a_post_without_a_key_happens_once(api, events, headers):
    first = api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=FIRST)
    again = api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Candidate.objects.count() == len(events("candidate.created")) == 1


def test_another_request_is_another_write(api):
    for number in range(2):
        api.post(PEOPLE, {"full_name": "Jane Doe"}, headers={"X-Request-ID": f"request-{number}"})
    assert Candidate.objects.count() == 2


def test_a_change_is_answered_as_it_was(api, events):
    person = CandidateFactory(headline="")
    at = f"{PEOPLE}/{person.pk}"
    told = [
        api.patch(at, {"headline": "Engineer", "updated_at": person.updated_at.isoformat()}, headers=headers)
        for headers in (FIRST, AGAIN)
    ]
    # Asked for what was there before, the second would be a conflict with the first.
    assert [one.status_code for one in told] == [200, 200]
    assert told[0].json() == told[1].json()
    assert len(events("candidate.updated")) == 1


def test_a_deletion_is_answered_as_it_was(api, recruiter, interviewer):
    job = JobFactory(team={recruiter: "recruiter", interviewer: "interviewer"})
    at = f"/api/v1/jobs/{job.pk}/team/{interviewer.pk}"
    # Another request for the same finds nobody there.
    told = [api.delete(at, headers=headers).status_code for headers in (FIRST, AGAIN, {"X-Request-ID": "b2" * 16})]
    assert told == [204, 204, 404]


def test_what_was_not_carried_out_is_carried_out_by_the_second(api):
    assert api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=AGAIN).status_code == 201
    assert Candidate.objects.count() == 1


def test_a_form_is_carried_out_once_and_says_what_the_first_would_have_said(client_as, recruiter, events):
    first = client_as(recruiter).post(ADD, JANE, headers=FIRST, follow=True)
    # The first answer reached nobody, and none of its cookies did.
    again = client_as(recruiter).post(ADD, JANE, headers=AGAIN, follow=True)
    assert again.redirect_chain == first.redirect_chain
    assert Candidate.objects.count() == len(events("candidate.created")) == 1
    told = [[(one.level, str(one)) for one in answer.context["messages"]] for answer in (first, again)]
    assert told[0] == told[1]
    assert "Jane Doe" in told[1][0][1]


def test_a_form_that_was_refused_is_shown_again_and_may_be_sent(browser):
    for headers in (FIRST, AGAIN):
        answer = browser.post(ADD, JANE | {"full_name": ""}, headers=headers)
        assert answer.status_code == 200
        assert "This field is required" in answer.content.decode()
    assert not Candidate.objects.exists()


def test_what_an_action_refuses_leaves_nothing_and_may_succeed_on_the_next_host(api):
    job, person = JobFactory(status="draft"), CandidateFactory()
    body = {"candidate": str(person.pk), "job": str(job.pk)}
    assert api.post("/api/v1/applications", body, headers=FIRST).status_code == 409
    Job.objects.update(status="open")
    assert api.post("/api/v1/applications", body, headers=AGAIN).status_code == 201


def test_a_script_reads_what_became_of_its_step_and_of_no_second_one(browser, recruiter, events):
    job = JobFactory(team={recruiter: "recruiter"})
    one = ApplicationFactory(job=job, stage=job.stages.get(kind="applied"))
    told = [
        browser.post(
            f"/jobs/application/{one.pk}/move/", {"do": "advance"}, headers=headers | {"Accept": "application/json"}
        )
        for headers in (FIRST, AGAIN)
    ]
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].json() == told[1].json()
    assert len(events("application.advanced")) == 1


@pytest.mark.parametrize("changes", [True, False])
def test_a_page_that_cannot_be_shown_again_says_that_it_was_done_if_it_was(rf, recruiter, changes):
    done = []

    def ask() -> HttpResponse:
        done.append(1)
        if changes:
            audit.record("job.opened", target=JobFactory(), by=recruiter)
        return HttpResponse("a long page")

    def request(**headers):
        made = rf.post("/somewhere/", headers=headers | {"Referer": "https://testserver/from/here/?a=b"})
        made.user, made.session = recruiter, {}
        made._messages = FallbackStorage(made)
        return made

    first, second = request(**FIRST), request(**AGAIN)
    with origin.within(origin.RequestOrigin(first)):
        assert answers.answer_once(first, ask).status_code == 200
    with origin.within(origin.RequestOrigin(second)):
        answer = answers.answer_once(second, ask)
    if changes:
        assert (answer.status_code, answer.url) == (302, "/from/here/")
        assert ["This was done." in str(one) for one in get_messages(second)] == [True]
        assert done == [1]
    else:
        assert answer.status_code == 200
        assert done == [1, 1]


@pytest.mark.parametrize("wanted", ["/login/", "/password/reset/"])
def test_what_nobody_can_tell_of_is_refused_as_the_proxy_would(wanted):
    answer = Client().post(wanted, {}, headers=AGAIN)
    assert (answer.status_code, answer["Retry-After"]) == (502, "10")
    assert "not answered" in answer.content.decode()


def test_nobody_but_a_proxy_of_ours_names_a_request(settings, api):
    settings.TRUSTED_PROXIES = 0
    for _ in range(2):
        assert api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=FIRST).status_code == 201
    assert Candidate.objects.count() == 2


def test_where_no_answers_are_kept_nothing_that_is_sent_again_is_carried_out(settings, api, browser):
    settings.WRITES_REPEATED = False
    assert api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=FIRST).status_code == 201
    assert api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=AGAIN).status_code == 502
    assert browser.post(ADD, JANE, headers=AGAIN).status_code == 502
    assert Candidate.objects.count() == 1
    assert not IdempotencyRecord.objects.exists()


def test_who_is_sent_again_waits_for_the_host_that_died_and_nobody_else_does(
    transactional_db, api_as, recruiter, monkeypatch
):
    """The transaction of the first is open until the database gives its host up; here it is then rolled back."""
    monkeypatch.setattr(once, "PATIENCE", 20.0)
    api = api_as(recruiter)
    held, let_go = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            assert once._hold(f"{recruiter.pk} {PEOPLE} import-1", patience=0)
            held.set()
            let_go.wait(20)
        connection.close()

    one = threading.Thread(target=first)
    one.start()
    assert held.wait(20)
    key = {"Idempotency-Key": "import-1"}
    try:
        assert (
            api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=FIRST | key).json()["code"] == "idempotency_key_in_use"
        )
        threading.Timer(1.0, let_go.set).start()
        began = time.monotonic()
        assert api.post(PEOPLE, {"full_name": "Jane Doe"}, headers=AGAIN | key).status_code == 201
        assert time.monotonic() - began >= 0.5
    finally:
        let_go.set()
        one.join()
    assert Candidate.objects.count() == 1
