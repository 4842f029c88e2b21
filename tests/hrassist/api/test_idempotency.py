from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from candidates.models import Candidate
from hrassist.models import IdempotencyRecord, User
from jobs.models import Application, Job
from tests.factories import CandidateFactory, JobFactory

JANE = {"full_name": "Jane Doe", "emails": [{"address": "jane@example.org"}]}
PEOPLE = "/api/v1/candidates"


@pytest.mark.django_db
def test_the_same_key_with_the_same_body_happens_once_and_answers_the_same(
    recruiter: User, api_as: Callable[..., APIClient], events: Any
) -> None:
    api = api_as(recruiter)
    first = api.post(PEOPLE, JANE, headers={"Idempotency-Key": "import-17"})
    again = api.post(PEOPLE, JANE, headers={"Idempotency-Key": "import-17"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert Candidate.objects.count() == 1
    assert len(events("candidate.created")) == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(recruiter: User, api_as: Callable[..., APIClient]) -> None:
    api = api_as(recruiter)
    api.post(PEOPLE, JANE, headers={"Idempotency-Key": "import-17"})
    answer = api.post(PEOPLE, {"full_name": "John Roe"}, headers={"Idempotency-Key": "import-17"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.django_db
def test_a_key_is_of_one_person_and_one_address(
    recruiter: User, coordinator: User, api_as: Callable[..., APIClient]
) -> None:
    key = {"Idempotency-Key": "import-17"}
    assert api_as(recruiter).post(PEOPLE, JANE, headers=key).status_code == 201
    assert api_as(coordinator).post(PEOPLE, JANE, headers=key).status_code == 201
    assert api_as(recruiter).post("/api/v1/jobs", {"title": "Nurse"}, headers=key).status_code == 201
    assert (Candidate.objects.count(), Job.objects.count()) == (2, 1)


@pytest.mark.django_db
def test_what_was_refused_may_succeed_later_under_the_same_key(
    recruiter: User, api_as: Callable[..., APIClient]
) -> None:
    job, person = JobFactory(status="draft"), CandidateFactory()
    api, key = api_as(recruiter), {"Idempotency-Key": "apply-1"}
    body = {"candidate": str(person.pk), "job": str(job.pk)}
    assert api.post("/api/v1/applications", body, headers=key).status_code == 409
    api.post(f"/api/v1/jobs/{job.pk}/open")
    assert api.post("/api/v1/applications", body, headers=key).status_code == 201


@pytest.mark.django_db
def test_a_verb_is_repeatable_too(recruiter: User, api_as: Callable[..., APIClient]) -> None:
    api, job = api_as(recruiter), JobFactory(status="draft")
    key = {"Idempotency-Key": "open"}
    answers = [api.post(f"/api/v1/jobs/{job.pk}/open", headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.django_db
def test_after_a_day_a_key_is_fresh_again(recruiter: User, api_as: Callable[..., APIClient]) -> None:
    api, key = api_as(recruiter), {"Idempotency-Key": "import-17"}
    api.post(PEOPLE, JANE, headers=key)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in api.post(PEOPLE, {"full_name": "John Roe"}, headers=key)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 201, "tab\there", "nul\0"])
def test_a_key_nobody_could_log_is_refused(key: str, recruiter: User, api_as: Callable[..., APIClient]) -> None:
    answer = api_as(recruiter).post(PEOPLE, JANE, headers={"Idempotency-Key": key})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"Idempotency-Key"})
    assert not Candidate.objects.exists()


@pytest.mark.django_db
def test_a_token_without_the_scope_learns_no_stored_answer(recruiter: User, api_as: Callable[..., APIClient]) -> None:
    key = {"Idempotency-Key": "import-17"}
    api_as(recruiter).post(PEOPLE, JANE, headers=key)
    assert api_as(recruiter, scopes=("jobs:read",)).post(PEOPLE, JANE, headers=key).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_happens_and_the_others_are_told(
    recruiter: User, api_as: Callable[..., APIClient]
) -> None:
    person, job = CandidateFactory(), JobFactory()
    body = {"candidate": str(person.pk), "job": str(job.pk)}
    clients = [api_as(recruiter) for _ in range(20)]
    start, answers = threading.Barrier(20), []

    def send(client: APIClient) -> None:
        start.wait()
        answers.append(client.post("/api/v1/applications", body, headers={"Idempotency-Key": "apply-1"}))
        connection.close()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Application.objects.count() == 1
    fresh = [one for one in answers if one.status_code == 201 and "Idempotency-Replayed" not in one]
    replayed = [one for one in answers if one.status_code == 201 and "Idempotency-Replayed" in one]
    told = [one for one in answers if one.status_code == 409]
    assert (len(fresh), len(fresh) + len(replayed) + len(told)) == (1, 20)
    assert {one.json()["code"] for one in told} <= {"idempotency_key_in_use"}
    assert {one.json()["id"] for one in replayed} <= {fresh[0].json()["id"]}


@pytest.mark.django_db(transaction=True)
def test_while_the_first_one_runs_the_second_one_is_sent_away_at_once(
    recruiter: User, api_as: Callable[..., APIClient]
) -> None:
    from hrassist.once import _hold

    api, answers = api_as(recruiter), []

    def send() -> None:
        answers.append(api.post(PEOPLE, JANE, headers={"Idempotency-Key": "slow"}))
        connection.close()

    with transaction.atomic():
        assert _hold(f"{recruiter.pk} {PEOPLE} slow")
        second = threading.Thread(target=send)
        second.start()
        second.join()
    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "idempotency_key_in_use")
    assert answers[0]["Retry-After"]
    assert not Candidate.objects.exists()
