from __future__ import annotations

import phonenumbers
import pytest

from hrassist.ops.demo.people import WRITTEN, Person, ascii_slug, countries, fields, invent

PEOPLE = invent(400)


def test_the_same_seed_invents_the_same_people_and_another_seed_others() -> None:
    assert invent(50) == PEOPLE[:50]
    assert {person.name for person in invent(50, seed=2)} != {person.name for person in invent(50)}


def test_no_two_people_share_a_name_or_an_address() -> None:
    assert len({person.name for person in PEOPLE}) == len(PEOPLE)
    addresses = [address for person in PEOPLE for address in person.emails]
    assert len(set(addresses)) == len(addresses)


def test_every_field_and_country_has_its_people() -> None:
    assert {person.field for person in PEOPLE} == set(fields())
    assert {person.country for person in PEOPLE} == {country["name"] for country in countries()}


def test_mail_goes_to_domains_that_are_reserved_for_examples() -> None:
    for person in PEOPLE:
        for address in person.emails:
            assert address.isascii()
            assert address.rpartition("@")[2].endswith(("example.com", "example.org", "example.net", ".example"))


def test_a_phone_number_is_valid_and_reads_back_to_the_truth_in_the_persons_country() -> None:
    codes = {country["name"]: country["code"] for country in countries()}
    for person in PEOPLE:
        number = phonenumbers.parse(person.phone, codes[person.country])
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == person.phone_e164


@pytest.mark.parametrize("person", PEOPLE[:60], ids=lambda person: person.name)
def test_a_career_runs_backwards_without_overlap_after_the_studies(person: Person) -> None:
    now = WRITTEN.year * 12 + WRITTEN.month - 1
    starts_of_later = now + 1
    for position in person.positions:
        end = now if position.end is None else position.end
        assert position.start < end <= starts_of_later
        starts_of_later = position.start
    assert person.studies[0].end_year <= person.positions[-1].start // 12
    assert all(study.start_year < study.end_year for study in person.studies)
    assert [study.end_year for study in person.studies] == sorted((s.end_year for s in person.studies), reverse=True)


def test_only_the_newest_position_may_still_last_and_employers_differ() -> None:
    for person in PEOPLE:
        assert all(position.end is not None for position in person.positions[1:])
        assert len({position.employer for position in person.positions}) == len(person.positions)


def test_titles_skills_and_degrees_come_from_the_persons_own_field() -> None:
    for person in PEOPLE:
        words = fields()[person.field]
        assert {position.title for position in person.positions} <= {t for rank in words["titles"] for t in rank}
        assert set(person.skills) <= {*words["skills"], *words["extras"]}
        assert {study.degree for study in person.studies} <= {*words["degrees"], *words["masters"]}


def test_an_achievement_has_no_placeholder_left() -> None:
    said = [one for person in PEOPLE for position in person.positions for one in position.achievements]
    assert not [one for one in said if "{" in one or "}" in one]


def test_the_truth_names_everything_the_resume_shows() -> None:
    person = PEOPLE[5]
    truth = person.truth()
    assert truth["name"] == person.name
    assert truth["employers"] == [position.employer for position in person.positions]
    assert truth["graduation_years"] == [str(study.end_year) for study in person.studies]


def test_more_people_than_names_is_refused_with_the_limit() -> None:
    with pytest.raises(ValueError, match=r"ask for 8\d\d at most"):
        invent(5000)


def test_slugs_are_plain_ascii() -> None:
    assert ascii_slug("Łukasz Stępień") == "lukasz.stepien"
    assert ascii_slug("Ayşe Yılmaz") == "ayse.yilmaz"
    assert ascii_slug("Lucía García López") == "lucia.garcia.lopez"
