"""Who a resume belongs to, and what of it is written to that person."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections, transaction

from candidates.models import Candidate
from candidates.resumes.document import Field, Label, ParsedResume
from candidates.resumes.person import cased, find_or_create
from hrassist.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def parsed(basics: dict[str, Any] | None = None, **values: list[str]) -> ParsedResume:
    fields = tuple(
        Field(Label[label.upper()], value, 0, 1, 1, 0.9) for label, given in values.items() for value in given
    )
    return ParsedResume(json_resume={"basics": basics or {}}, fields=fields)


def person_of(recruiter: User, reading: ParsedResume, **columns: Any) -> Candidate:
    ticket = factories.UploadTicketFactory(created_by=recruiter, **columns)
    with transaction.atomic():
        person, _ = find_or_create(ticket, reading)
    person.refresh_from_db()
    return person


@pytest.mark.parametrize(
    ("basics", "emails", "filename", "name"),
    [
        ({"name": "Jane  Doe"}, ["jane@example.org"], "cv.pdf", "Jane Doe"),
        ({"name": "x" * 500}, [], "cv.pdf", "X" + "x" * 199),
        ({"name": "Jane\x00 Doe\n"}, [], "cv.pdf", "Jane\ufffd Doe"),
        ({}, ["jane.doe42@example.org"], "cv.pdf", "Jane Doe"),
        ({}, ["42@example.org"], "cv.pdf", "42@example.org"),
        ({}, [], "cv_Jane-Doe.pdf", "cv Jane Doe"),
        ({}, [], ".pdf", ".pdf"),
    ],
)
def test_a_new_person_always_has_a_name(
    recruiter: User, basics: dict[str, Any], emails: list[str], filename: str, name: str
) -> None:
    assert person_of(recruiter, parsed(basics, email=emails), filename=filename).full_name == name


def test_addresses_are_lower_case_valid_and_once(recruiter: User) -> None:
    given = ["Jane@Example.org", "jane@example.org", "not an address", "jane@@x", "jane@exämple.org", "b@example.org"]
    person = person_of(recruiter, parsed(email=given))
    assert sorted(person.emails.values_list("address", flat=True)) == ["b@example.org", "jane@example.org"]


def test_one_telephone_line_is_kept_once_in_its_fullest_form(recruiter: User) -> None:
    person = person_of(recruiter, parsed(phone=["10-9030-1843", "+82 10-9030-1843", "030 901820", "12"]))
    assert sorted(person.phones.values_list("number", flat=True)) == ["+82 10-9030-1843", "030 901820"]


def test_what_a_recruiter_wrote_stays(recruiter: User) -> None:
    known = factories.CandidateFactory(full_name="Jane M. Doe", headline="Head of Data", city="Hamburg", country="")
    reading = parsed({"name": "J. Doe", "label": "Clerk", "location": {"city": "Paris", "countryCode": "fr"}})
    person = person_of(recruiter, reading, candidate=known)
    assert (person.full_name, person.headline, person.city, person.country) == (
        "Jane M. Doe", "Head of Data", "Hamburg", "",
    )  # fmt: skip


def test_what_is_empty_is_filled(recruiter: User) -> None:
    known = factories.CandidateFactory(headline="", city="", country="")
    reading = parsed({"label": "Clerk", "location": {"city": "Paris", "countryCode": "fr"}})
    person = person_of(recruiter, reading, candidate=known)
    assert (person.headline, person.city, person.country) == ("Clerk", "Paris", "FR")


def test_only_web_links_are_kept(recruiter: User) -> None:
    links = ["linkedin.com/in/jane", "https://jane.example.org", "javascript:alert(1)", "https://" + "x" * 400]
    person = person_of(recruiter, parsed(link=links))
    assert sorted(person.links.values_list("url", flat=True)) == [
        "https://jane.example.org",
        "https://linkedin.com/in/jane",
    ]
    assert sorted(person.links.values_list("match_key", flat=True)) == ["", "linkedin.com/in/jane"]


@pytest.mark.django_db(transaction=True)
def test_two_files_of_one_new_person_at_once_make_one_person(recruiter: User) -> None:
    tickets = [factories.UploadTicketFactory(created_by=recruiter) for _ in range(6)]

    def one(ticket: Any) -> None:
        try:
            with transaction.atomic():
                find_or_create(ticket, parsed({"name": "Jane Doe"}, email=["jane@example.org", "doe@example.org"]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(ticket,)) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Candidate.objects.count() == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("DIEGO SERRANO", "Diego Serrano"),
        ("jean-luc o'brien", "Jean-Luc O'Brien"),
        ("ÉMILIE ŁUKASIK III", "Émilie Łukasik III"),
        ("Ronan McDonald", "Ronan McDonald"),
        ("José de la Cruz", "José de la Cruz"),
    ],
)
def test_a_name_in_capitals_is_shown_as_people_write_it(written, shown):
    assert cased(written) == shown
