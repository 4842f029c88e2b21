import pytest

from candidates.resumes.parse.contacts import find_emails, find_links, find_phones, network_of


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Mail: jane.doe@example.org.", "jane.doe@example.org"),
        ("jane.doe [at] example.org", "jane.doe@example.org"),
        ("jane (at) example (dot) org", "jane@example.org"),
        ("jane@\nexample.org", "jane@example.org"),
        ("henry@ business.co", "henry@business.co"),
    ],
)
def test_an_address_is_read_in_each_disguise(text, email):
    assert [one.value for one in find_emails(text)] == [email]


@pytest.mark.parametrize("text", ["met @ work", "look at example dot", "e-commerce", "price @ 5.00"])
def test_what_is_no_address_is_left_alone(text):
    assert find_emails(text) == []


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+1 (415) 555-2671", "+1 415-555-2671"),
        ("Mobile: 9822012345", "9822012345"),
        ("Tel. 020 7946 0123", "020 7946 0123"),
        ("(303) 665-5517", "(303) 665-5517"),
    ],
)
def test_a_number_without_a_country_stays_as_written(text, phone):
    assert [one.value for one in find_phones(text, [])] == [phone]


@pytest.mark.parametrize(
    "text",
    [
        "2009 - 2012",
        "01/2022 - 05/2026",
        "03.2015 – 02.2018",
        "1/2/2019 - 3/4/2020",
        "ISO 9001:2008",
        "$140,000 to 850,000",
        "Minneapolis, MN 55401",
    ],
)
def test_numbers_that_ring_nowhere_are_no_phones(text):
    assert find_phones(text, []) == []


def test_a_profile_link_broken_over_two_lines_is_made_whole():
    [link] = find_links("Email me on Indeed: indeed.com/r/Jane-\nDoe/049577580b3814e6\n", [])
    assert link.value == "indeed.com/r/Jane-Doe/049577580b3814e6"
    assert network_of(link.value) == "Indeed"
