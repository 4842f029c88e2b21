import pytest

from candidates.resumes.parse.names import read_person


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RESUME\nMaria Gonzalez\nSales Manager\nmaria.gonzalez@example.org\n", "Maria Gonzalez"),
        ("CURRICULUM VITAE\nName: Wei Zhang\nAddress: Beijing\n", "Wei Zhang"),
        ("Sales Manager Resume Sample\nSTEVEN B. MANNING\n12 Oak Road, Austin, TX\n", "STEVEN B. MANNING"),
        ("kavya ramesh\nBengaluru - Email me on Indeed: indeed.com/r/kavya-ramesh/049577580b3814e6\n", "kavya ramesh"),
        ("Richard Vaccarolio, PMP\nHouston, TX 77005\nrvaccarolio@example.org\n", "Richard Vaccarolio"),
        ("Ethan Hughes Warehouse Supervisor\nLeeds | x.y@example.org\n", "Ethan Hughes"),
        ("Abdul Rahman bin Yusof\nLeeds | x.y@example.org\n", "Abdul Rahman bin Yusof"),
        ("Mohammed Al-Rashid Process Engineer\nLeeds | x.y@example.org\n", "Mohammed Al-Rashid"),
    ],
)
def test_the_name_is_found_at_the_head(text, name):
    _, found = read_person(text)
    assert found is not None
    assert found.value == name
    assert text[found.start : found.end] == name


@pytest.mark.parametrize(
    "text", ["", "SUMMARY\nSeasoned accountant with ten years in audit.\n", "New York, NY\nAccounting Manager\n"]
)
def test_no_name_is_made_up(text):
    assert read_person(text)[1] is None
