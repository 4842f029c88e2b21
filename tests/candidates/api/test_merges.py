"""Merging by program."""

from __future__ import annotations

import pytest

from candidates.models import Candidate
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db


def address(one, verb=""):
    return f"/api/v1/candidates/{one.pk}{verb}"


def test_a_merge_answers_the_person_as_they_stand_now(recruiter, api_as):
    kept, gone = CandidateFactory(email="a@example.org"), CandidateFactory(email="b@example.org", city="Rome")
    answer = api_as(recruiter).post(address(kept, "/merge"), {"gone": str(gone.pk), "take": ["city"]})
    assert answer.status_code == 200
    assert answer.data["city"] == "Rome"
    assert [one["address"] for one in answer.data["emails"]] == ["a@example.org", "b@example.org"]


def test_a_repeated_merge_is_done_once(recruiter, api_as):
    kept, gone = CandidateFactory(), CandidateFactory()
    client = api_as(recruiter)
    first, second = (
        client.post(address(kept, "/merge"), {"gone": str(gone.pk)}, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert client.post(address(kept, "/merge"), {"gone": str(gone.pk)}).data["code"] == "candidate_merged"


def test_an_old_identifier_leads_to_the_end_of_the_chain(recruiter, api_as):
    last = CandidateFactory()
    middle = CandidateFactory(merged_into=last)
    first = CandidateFactory(merged_into=middle)
    answer = api_as(recruiter).get(address(first))
    assert answer.status_code == 301
    assert answer.headers["Location"] == address(last)
    assert answer.data["merged_into"] == last.pk


def test_who_saw_the_person_by_what_moved_may_follow_the_old_identifier(recruiter, hiring_manager, api_as):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    kept, gone = CandidateFactory(), one.candidate
    api_as(recruiter).post(address(kept, "/merge"), {"gone": str(gone.pk)})
    assert api_as(hiring_manager).get(address(gone)).status_code == 301
    hidden = CandidateFactory(merged_into=CandidateFactory())
    assert api_as(hiring_manager).get(address(hidden)).status_code == 404


def test_unmerge_gives_the_record_back(recruiter, api_as):
    kept, gone = CandidateFactory(), CandidateFactory()
    client = api_as(recruiter)
    client.post(address(kept, "/merge"), {"gone": str(gone.pk)})
    answer = client.post(address(gone, "/unmerge"))
    assert answer.status_code == 200
    assert answer.data["merged_into"] is None
    assert Candidate.objects.unmerged().count() == 2
    assert client.post(address(gone, "/unmerge")).data["code"] == "not_merged"


@pytest.mark.parametrize("verb", ["/merge", "/unmerge"])
def test_a_role_that_may_not_merge_is_refused(coordinator, api_as, verb):
    kept, gone = CandidateFactory(), CandidateFactory()
    answer = api_as(coordinator).post(address(kept, verb), {"gone": str(gone.pk)} if verb == "/merge" else None)
    assert answer.status_code == 403


def test_a_merge_with_somebody_hidden_or_changed_is_refused(recruiter, api_as):
    kept, hidden = CandidateFactory(), ApplicationFactory(job=JobFactory(confidential=True)).candidate
    client = api_as(recruiter)
    assert client.post(address(kept, "/merge"), {"gone": str(hidden.pk)}).status_code == 400
    old = {"gone": str(CandidateFactory().pk), "updated_at": "2020-01-01T00:00:00Z"}
    assert client.post(address(kept, "/merge"), old).data["code"] == "candidate_changed"
