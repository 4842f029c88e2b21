from __future__ import annotations

from typing import Any

import pytest

from candidates.actions import candidates
from candidates.models import Candidate
from hrassist.lib.errors import Conflict
from hrassist.models import User
from tests.conftest import NOON
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db


def test_a_person_is_added_with_every_way_to_reach_them(recruiter: User, events: Any) -> None:
    made = candidates.create(
        by=recruiter,
        now=NOON,
        facts={"full_name": " Ana Silva ", "country": "PT"},
        contacts={
            "emails": [{"value": "Ana@Example.org", "type": "work"}, {"value": "ana@home.example"}],
            "phones": [{"value": "+351 21 123 4567"}],
            "links": [{"value": "https://example.org/ana"}],
        },
    )
    assert (made.full_name, made.created_by, made.created_at) == ("Ana Silva", recruiter, NOON)
    assert [(one.address, one.type) for one in made.emails.order_by("id")] == [
        ("ana@example.org", "work"),
        ("ana@home.example", "personal"),
    ]
    assert made.phones.get().e164 == "+351211234567"
    event = events("candidate.created")[0]
    assert event.changes == {"contacts": {"emails": 2, "phones": 1, "links": 1}}
    assert made.links.get().match_key == "example.org/ana"
    assert "Silva" not in str(event.changes)


def test_the_same_address_in_two_cases_is_kept_once(recruiter: User) -> None:
    made = candidates.create(
        by=recruiter,
        now=NOON,
        facts={"full_name": "Ana"},
        contacts={"emails": [{"value": "ana@example.org"}, {"value": "ANA@example.org", "status": "outdated"}]},
    )
    assert [(one.address, one.status) for one in made.emails.all()] == [("ana@example.org", "outdated")]


def test_nobody_is_added_without_a_name(recruiter: User) -> None:
    with pytest.raises(candidates.NoName):
        candidates.create(by=recruiter, now=NOON, facts={"full_name": "  "})
    assert not Candidate.objects.exists()


def test_a_list_of_contacts_that_is_given_replaces_the_old_one_and_others_stay(recruiter: User) -> None:
    person = candidates.create(
        by=recruiter,
        now=NOON,
        facts={"full_name": "Ana"},
        contacts={"emails": [{"value": "old@example.org"}, {"value": "same@example.org"}], "links": [{"value": "https://a.example"}]},
    )  # fmt: skip
    kept = person.emails.get(address="same@example.org").pk
    candidates.update(
        candidate=person,
        by=recruiter,
        now=NOON,
        facts={},
        contacts={"emails": [{"value": "same@example.org"}, {"value": "new@example.org"}]},
    )
    assert {one.address: one.pk == kept for one in person.emails.all()} == {
        "same@example.org": True,
        "new@example.org": False,
    }
    assert person.links.count() == 1


def test_a_changed_contact_moves_the_persons_clock(recruiter: User) -> None:
    person = CandidateFactory()
    before = person.updated_at
    candidates.update(
        candidate=person, by=recruiter, now=NOON, facts={}, contacts={"phones": [{"value": "030 123456"}]}
    )
    person.refresh_from_db()
    assert person.updated_at > before
    assert person.last_activity_at == NOON


def test_a_change_that_changes_nothing_leaves_clock_and_record_alone(recruiter: User, events: Any) -> None:
    person = CandidateFactory(city="Berlin")
    before = person.updated_at
    candidates.update(candidate=person, by=recruiter, now=NOON, facts={"city": "Berlin"})
    person.refresh_from_db()
    assert person.updated_at == before
    assert events("candidate.") == []


def test_the_record_names_fields_but_not_their_values(recruiter: User, events: Any) -> None:
    person = CandidateFactory()
    candidates.update(candidate=person, by=recruiter, now=NOON, facts={"full_name": "Ana Souza", "city": "Faro"})
    event = events("candidate.updated")[0]
    assert event.changes == {"fields": ["full_name", "city"], "contacts": {}}


def test_a_change_over_a_newer_one_is_refused(recruiter: User) -> None:
    person = CandidateFactory()
    read = person.updated_at
    candidates.update(candidate=person, by=recruiter, now=NOON, facts={"city": "Faro"}, expected_updated_at=read)
    with pytest.raises(Conflict) as refused:
        candidates.update(candidate=person, by=recruiter, now=NOON, facts={"city": "Rome"}, expected_updated_at=read)
    assert refused.value.code == "candidate_changed"


def test_a_merged_record_is_not_changed(recruiter: User) -> None:
    merged = CandidateFactory(merged_into=CandidateFactory())
    with pytest.raises(candidates.CandidateMerged):
        candidates.update(candidate=merged, by=recruiter, now=NOON, facts={"city": "Faro"})
