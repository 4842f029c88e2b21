"""Finding records that share an address, a number or a link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from candidates import duplicates
from candidates.actions import candidates as people
from candidates.models import (
    Candidate,
    CandidateEmail,
    CandidateLink,
    CandidatePhone,
    DuplicateGroup,
    DuplicateMember,
    NotDuplicate,
)
from candidates.models.contact import link_key
from candidates.tasks import search_duplicates
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db


def groups() -> list[set[str]]:
    return [
        {member.candidate.full_name for member in group.members.select_related("candidate")}
        for group in DuplicateGroup.objects.order_by("pk")
    ]


def somebody(name: str, *, email: str = "", phone: str = "", e164: str = "", link: str = "") -> Candidate:
    one = CandidateFactory(full_name=name, email=email)
    if phone:
        CandidatePhone.objects.create(candidate=one, number=phone, e164=e164)
    if link:
        CandidateLink.objects.create(candidate=one, url=link, match_key=link_key(link))
    return one


def test_records_are_connected_by_address_number_and_link_also_through_others(noon):
    somebody("A", email="jane@example.org")
    somebody("B", email="jane@example.org", phone="+49 30 901820", e164="+4930901820")
    somebody("C", phone="0049 (30) 901820", e164="+4930901820", link="https://www.linkedin.com/in/jane/")
    somebody("D", link="http://de.linkedin.com/in/Jane?trk=x")
    somebody("E", email="john@example.org")
    found = duplicates.search_all(now=noon)
    assert groups() == [{"A", "B", "C", "D"}]
    assert (found.groups, found.records) == (1, 4)
    kinds = {one["kind"] for member in DuplicateMember.objects.all() for one in member.via}
    assert kinds == {"email", "phone", "link"}


def test_a_number_without_its_country_is_compared_by_its_digits(noon):
    somebody("A", phone="030 / 901820")
    somebody("B", phone="030-901820")
    somebody("C", phone="112")
    somebody("D", phone="112")
    duplicates.search_all(now=noon)
    assert groups() == [{"A", "B"}]


@pytest.mark.parametrize("period", ["04/2018 - 05/2022", "2018 – 2022", "11.2012-04.2014"])
def test_a_period_that_was_read_as_a_number_connects_nobody(noon, period):
    somebody("A", phone=period)
    somebody("B", phone=period)
    duplicates.search_all(now=noon)
    assert groups() == []


def test_the_mailbox_of_an_agency_connects_nobody(noon):
    for number in range(21):
        somebody(f"P{number}", email="jobs@agency.example")
    duplicates.search_all(now=noon)
    assert groups() == []
    Candidate.objects.filter(full_name="P20").delete()
    duplicates.search_all(now=noon)
    assert len(groups()[0]) == 20


def test_invalid_contacts_and_merged_records_connect_nobody(noon):
    kept = somebody("A", email="jane@example.org")
    CandidateFactory(full_name="B", email="jane@example.org", merged_into=kept)
    somebody("C", email="typo@example.org")
    wrong = somebody("D", email="typo@example.org")
    wrong.emails.update(status=CandidateEmail.Status.INVALID)
    duplicates.search_all(now=noon)
    assert groups() == []


def test_a_group_keeps_its_identifier_while_it_grows_and_shrinks(noon):
    somebody("A", email="jane@example.org")
    two = somebody("B", email="jane@example.org")
    duplicates.search_all(now=noon)
    before = DuplicateGroup.objects.get()
    CandidateEmail.objects.create(candidate=two, address="j@example.org")
    somebody("C", email="j@example.org")
    duplicates.search_all(now=noon + timedelta(days=1))
    after = DuplicateGroup.objects.get()
    assert (after.pk, after.size, after.found_at) == (before.pk, 3, before.found_at)
    CandidateEmail.objects.filter(address="j@example.org").delete()
    duplicates.regroup({two.pk}, now=noon)
    assert DuplicateGroup.objects.get().pk == before.pk
    assert groups() == [{"A", "B"}]


def test_who_was_told_apart_stays_apart(noon, recruiter):
    one, two = somebody("A", email="jane@example.org"), somebody("B", email="jane@example.org")
    first, second = sorted((one, two), key=lambda person: person.pk)
    NotDuplicate.objects.create(first=first, second=second, by=recruiter)
    duplicates.search_all(now=noon)
    assert groups() == []


def test_the_task_looks_only_at_who_changed_and_finds_what_a_full_search_finds(recruiter, monkeypatch):
    now = timezone.now()
    somebody("Old", email="old@example.org")
    search_duplicates(timestamp=0)
    Candidate.objects.update(updated_at=now - timedelta(days=1))
    made = people.create(
        by=recruiter, now=now, facts={"full_name": "New"}, contacts={"emails": [{"value": "Old@example.org"}]}
    )
    monkeypatch.setattr(duplicates.search, "search_all", lambda **_: pytest.fail("searched everybody"))
    search_duplicates(timestamp=0)
    assert groups() == [{"Old", "New"}]
    people.update(candidate=made, by=recruiter, now=now, facts={}, contacts={"emails": []})
    search_duplicates(timestamp=0)
    assert groups() == []


def test_the_command_says_what_it_found(capsys):
    somebody("A", email="jane@example.org")
    somebody("B", email="jane@example.org")
    call_command("find_duplicates")
    assert "2 records stand in 1 groups" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.LinkedIn.com/in/Jane-Doe/?trk=x#top", "linkedin.com/in/jane-doe"),
        ("linkedin.com/in/jane-doe", "linkedin.com/in/jane-doe"),
        ("http://uk.linkedin.com/in/jane-doe", "linkedin.com/in/jane-doe"),
        ("https://github.com/jane", "github.com/jane"),
        ("https://github.com/", ""),
        ("https://www.linkedin.com/in/", ""),
        ("https://linkedin.com", ""),
        ("https://[::1", ""),
    ],
)
def test_links_are_compared_by_whose_page_they_are(url, key):
    assert link_key(url) == key
