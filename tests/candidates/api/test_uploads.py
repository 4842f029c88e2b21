from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from candidates.models import UploadTicket
from hrassist.models import IdempotencyRecord, User
from tests.factories import CandidateFactory, UploadTicketFactory
from tests.uploading import md5_of, resume

pytestmark = pytest.mark.django_db
UPLOADS = "/api/v1/uploads"
ApiAs = Callable[..., APIClient]
DATA = resume()
ASKED = {"filename": "jane.txt", "size": len(DATA), "content_type": "text/plain", "md5_b64": md5_of(DATA)}


def test_a_ticket_says_everything_that_a_client_sends(recruiter: User, api_as: ApiAs) -> None:
    answer = api_as(recruiter).post(UPLOADS, ASKED)
    ticket = answer.json()
    assert answer.status_code == 201
    assert set(ticket) == {
        "id", "method", "url", "headers", "fields", "expires_at", "max_bytes", "confirm", "status_url",
    }  # fmt: skip
    assert (ticket["method"], ticket["headers"]["Content-MD5"]) == ("PUT", md5_of(DATA))
    assert (ticket["confirm"], ticket["status_url"]) == (f"{UPLOADS}/{ticket['id']}/confirm", answer["Location"])
    assert "jane" not in ticket["url"]


def test_the_same_key_gives_the_same_ticket_and_keeps_no_signed_address(recruiter: User, api_as: ApiAs) -> None:
    api, key = api_as(recruiter), {"Idempotency-Key": "jane"}
    first, again = (api.post(UPLOADS, ASKED, headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert not IdempotencyRecord.objects.exists()
    other = api.post(UPLOADS, ASKED | {"size": 5}, headers=key)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field", "status"),
    [
        ({"size": 0}, "size", 422),
        ({"size": 2**31}, "size", 400),
        ({"filename": "jane.exe"}, "filename", 422),
        ({"md5_b64": "AAAA"}, "md5", 422),
        ({"candidate": "0198c0de-0000-7000-8000-000000000000"}, "candidate", 400),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_before_it_is_sent(
    wrong: dict[str, Any], field: str, status: int, recruiter: User, api_as: ApiAs
) -> None:
    answer = api_as(recruiter).post(UPLOADS, ASKED | wrong)
    assert (answer.status_code, set(answer.json()["errors"])) == (status, {field})
    assert not UploadTicket.objects.exists()


def test_a_ticket_for_a_person_one_may_not_see_is_refused_like_one_for_nobody(coordinator: User, api_as: ApiAs) -> None:
    from tests.factories import ApplicationFactory, JobFactory

    hidden = ApplicationFactory(job=JobFactory(confidential=True)).candidate
    answer = api_as(coordinator).post(UPLOADS, ASKED | {"candidate": str(hidden.pk)})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"candidate"})


def test_what_became_of_an_upload_is_told_with_the_reason(recruiter: User, api_as: ApiAs) -> None:
    from django.utils import timezone

    ticket = UploadTicketFactory(
        created_by=recruiter,
        state="rejected",
        rejected_at=timezone.now(),
        rejected_for="macro",
        rejected_message="The file carries macros.",
    )
    state = api_as(recruiter).get(f"{UPLOADS}/{ticket.pk}").json()
    assert (state["state"], state["reason_code"], state["reason"]) == ("rejected", "macro", "The file carries macros.")
    assert (state["resume"], state["candidate"]) == (None, None)


def test_a_foreign_upload_is_neither_seen_nor_confirmed(hiring_manager: User, api_as: ApiAs, recruiter: User) -> None:
    ticket = UploadTicketFactory()
    assert api_as(hiring_manager).get(f"{UPLOADS}/{ticket.pk}").status_code == 403
    assert api_as(recruiter).post(f"{UPLOADS}/{ticket.pk}/confirm").status_code == 404


def test_a_list_is_narrowed(recruiter: User, api_as: ApiAs) -> None:
    person = CandidateFactory()
    mine = UploadTicketFactory(candidate=person)
    UploadTicketFactory()
    api = api_as(recruiter)
    assert [one["id"] for one in api.get(f"{UPLOADS}?candidate={person.pk}").json()["results"]] == [str(mine.pk)]
    assert api.get(f"{UPLOADS}?state=available").json()["results"] == []


@pytest.mark.parametrize("files", [2, 20])
def test_a_page_takes_the_same_queries_for_few_and_many(
    files: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    UploadTicketFactory.create_batch(files, created_by=recruiter)
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_uploads_list"):
        assert len(api.get(UPLOADS).json()["results"]) == files
