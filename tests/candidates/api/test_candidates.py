from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from candidates.models import Candidate
from hrassist.models import User
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
PEOPLE = "/api/v1/candidates"
ApiAs = Callable[..., APIClient]


def names(answer: Any) -> list[str]:
    return sorted(one["full_name"] for one in answer.json()["results"])


def test_a_person_is_added_and_read_back_with_every_contact(recruiter: User, api_as: ApiAs) -> None:
    api = api_as(recruiter)
    said = {
        "full_name": "Ana Silva",
        "country": "PT",
        "external_id": "crm-7",
        "emails": [{"address": "Ana@example.org", "type": "work"}],
        "phones": [{"number": "+351 21 123 4567"}],
        "links": [{"url": "https://example.org/ana"}],
    }
    made = api.post(PEOPLE, said)
    assert made.status_code == 201
    read = api.get(made["Location"]).json()
    assert read == made.json()
    assert (read["full_name"], read["external_id"], read["headline"]) == ("Ana Silva", "crm-7", "")
    assert read["emails"] == [{"address": "ana@example.org", "type": "work", "status": "current"}]
    assert read["phones"] == [{"number": "+351 21 123 4567", "type": "personal", "status": "current"}]
    assert read["created_at"].endswith("Z")


def test_reading_a_person_is_on_record_and_listing_shows_no_contacts(
    recruiter: User, api_as: ApiAs, events: Any
) -> None:
    person = CandidateFactory()
    api = api_as(recruiter)
    assert not {"emails", "phones", "links"} & set(api.get(PEOPLE).json()["results"][0])
    assert events("candidate.viewed") == []
    api.get(f"{PEOPLE}/{person.pk}")
    assert [(one.subject_ref, one.actor_type) for one in events("candidate.viewed")] == [(str(person.pk), "token")]


def test_nothing_is_shown_while_the_access_cannot_be_put_on_record(
    recruiter: User, api_as: ApiAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from audit.models import Event

    def down(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("the audit connection is gone")

    person = CandidateFactory()
    monkeypatch.setattr(Event, "save", down)
    answer = api_as(recruiter).get(f"{PEOPLE}/{person.pk}")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert person.full_name.encode() not in answer.content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=silva", ["Ana Silva"]),
        ("q=nurse ana", ["Ana Silva"]),
        ("email=ANA@example.org", ["Ana Silva"]),
        ("external_id=crm-7", ["Ana Silva"]),
        ("source=fair", ["Bo Berg"]),
        ("merged=true", ["Old Bo"]),
        ("merged=false", ["Ana Silva", "Bo Berg"]),
        ("created_after=2999-01-01T00:00:00Z", []),
        ("updated_after=2000-01-01T00:00:00Z&merged=false", ["Ana Silva", "Bo Berg"]),
        ("created_before=2999-01-01T00:00:00Z&q=bo", ["Bo Berg", "Old Bo"]),
    ],
)
def test_a_list_is_narrowed_by(query: str, found: list[str], recruiter: User, api_as: ApiAs) -> None:
    CandidateFactory(full_name="Ana Silva", headline="Nurse", email="ana@example.org", external_id="crm-7")
    bo = CandidateFactory(full_name="Bo Berg", source="fair")
    CandidateFactory(full_name="Old Bo", merged_into=bo)
    assert names(api_as(recruiter).get(f"{PEOPLE}?{query}")) == found


def test_a_merged_record_leads_to_the_one_that_stands_for_the_person(
    recruiter: User, api_as: ApiAs, events: Any
) -> None:
    now = CandidateFactory()
    old = CandidateFactory(merged_into=now)
    api = api_as(recruiter)
    moved = api.get(f"{PEOPLE}/{old.pk}")
    assert (moved.status_code, moved["Location"]) == (301, f"{PEOPLE}/{now.pk}")
    assert moved.json()["merged_into"] == str(now.pk)
    assert events("candidate.viewed") == []
    refused = api.patch(f"{PEOPLE}/{old.pk}", {"city": "Oslo"})
    assert (refused.status_code, refused.json()["code"]) == (409, "candidate_merged")


def test_a_change_names_only_what_changes(recruiter: User, api_as: ApiAs) -> None:
    person = CandidateFactory(city="Berlin", headline="Nurse")
    answer = api_as(recruiter).patch(f"{PEOPLE}/{person.pk}", {"city": "Oslo"}).json()
    assert (answer["city"], answer["headline"], len(answer["emails"])) == ("Oslo", "Nurse", 1)


def test_a_change_over_a_newer_one_is_refused(recruiter: User, api_as: ApiAs) -> None:
    api, person = api_as(recruiter), CandidateFactory()
    read = api.get(f"{PEOPLE}/{person.pk}").json()["updated_at"]
    assert api.patch(f"{PEOPLE}/{person.pk}", {"city": "Oslo", "updated_at": read}).status_code == 200
    late = api.patch(f"{PEOPLE}/{person.pk}", {"city": "Rome", "updated_at": read})
    assert (late.status_code, late.json()["code"]) == (409, "candidate_changed")


def test_a_field_nobody_knows_is_refused_instead_of_ignored(recruiter: User, api_as: ApiAs) -> None:
    answer = api_as(recruiter).post(PEOPLE, {"full_name": "Ana", "hedline": "Nurse"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"hedline"})
    assert not Candidate.objects.exists()


def test_a_hiring_manager_sees_who_applied_for_their_job_and_nobody_else(hiring_manager: User, api_as: ApiAs) -> None:
    mine = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"})).candidate
    other = CandidateFactory(full_name="Somebody else")
    api = api_as(hiring_manager)
    assert names(api.get(PEOPLE)) == [mine.full_name]
    assert api.get(f"{PEOPLE}?count=true").json()["count"] == 1
    assert api.get(f"{PEOPLE}?q=Somebody").json()["results"] == []
    assert api.get(f"{PEOPLE}/{mine.pk}").status_code == 200
    for unseen in (api.get(f"{PEOPLE}/{other.pk}"), api.get(f"{PEOPLE}/0198c0de-0000-7000-8000-000000000000")):
        assert (unseen.status_code, unseen.json()["detail"]) == (404, "There is nothing here that you may see.")


def test_an_interviewer_changes_nobody(interviewer: User, api_as: ApiAs) -> None:
    person = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"})).candidate
    assert api_as(interviewer).patch(f"{PEOPLE}/{person.pk}", {"city": "Oslo"}).status_code == 403
    assert api_as(interviewer).post(PEOPLE, {"full_name": "Ana"}).status_code == 403


@pytest.mark.parametrize("people", [3, 30])
def test_a_page_takes_the_same_queries_for_few_and_many(
    people: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    CandidateFactory.create_batch(people)
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_candidates_list"):
        assert len(api.get(PEOPLE).json()["results"]) == people


def test_one_person_takes_a_fixed_number_of_queries(recruiter: User, api_as: ApiAs, assert_queries: Any) -> None:
    person = CandidateFactory()
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_candidate"):
        api.get(f"{PEOPLE}/{person.pk}")


def test_a_search_for_people_is_on_record_without_its_words(api_as, recruiter, events):
    client = api_as(recruiter)
    client.get("/api/v1/candidates")
    assert events("candidate.searched") == []
    client.get("/api/v1/candidates", {"email": "jane@example.org"})
    client.get("/api/v1/candidates", {"q": "Jane Doe"})
    assert [event.changes["by_what"] for event in events("candidate.searched")] == ["email", "name"]
    assert "Jane" not in str([event.changes for event in events("candidate.searched")])
