import pytest

from candidates.resumes.document import Document, Kind, Label, Page
from candidates.resumes.parse import document_of, parse
from candidates.resumes.parse.fields import LABELS, fields_of
from candidates.resumes.parse.jsonresume import place_of

RESUME = """Jane Robinson
Senior Software Engineer
Austin, TX | jane.robinson@example.org | +1 415 555 2671 | github.com/janerobinson

SUMMARY
Senior Software Engineer with 8 years of experience in payments and logistics software.

WORK EXPERIENCE
Senior Software Engineer
Acme Software Inc. - Austin, TX
March 2018 - Present
- Built the payments platform with Python and PostgreSQL
- Led a team of five

Software Engineer
Globex Corporation - Boston, MA
June 2013 - February 2018
- Migrated the warehouse system to Java

EDUCATION
Bachelor of Science in Computer Science
University of Texas
2013

SKILLS
Python, Java, PostgreSQL, Kubernetes

LANGUAGES
English (native), Spanish
"""


@pytest.fixture(scope="module")
def parsed():
    return parse(document_of(RESUME))


def test_the_person_and_how_to_reach_her(parsed):
    basics = parsed.json_resume["basics"]
    assert (basics["name"], basics["email"]) == ("Jane Robinson", "jane.robinson@example.org")
    assert basics["phone"] == "+1 415-555-2671"
    assert basics["profiles"] == [
        {"network": "GitHub", "username": "janerobinson", "url": "https://github.com/janerobinson"}
    ]


def test_positions_with_employer_and_dates_in_order(parsed):
    work = parsed.json_resume["work"]
    assert [(one["position"], one["startDate"], one.get("endDate")) for one in work] == [
        ("Senior Software Engineer", "2018-03", None),
        ("Software Engineer", "2013-06", "2018-02"),
    ]
    assert "Acme Software" in work[0]["name"]
    assert "Built the payments platform with Python and PostgreSQL" in work[0]["highlights"]


def test_the_course_of_study(parsed):
    [study] = parsed.json_resume["education"]
    assert (study["institution"], study["studyType"], study["area"], study["endDate"]) == (
        "University of Texas",
        "Bachelor of Science",
        "Computer Science",
        "2013",
    )


def test_skills_carry_the_concept_they_mean(parsed):
    concepts = {one.value: one.concept for one in parsed.of(Label.SKILL)}
    assert concepts["Python"].startswith("http://data.europa.eu/esco/skill/")
    assert concepts["Kubernetes"] == "hrassist:skill/kubernetes"


def test_spoken_languages_with_fluency(parsed):
    assert parsed.json_resume["languages"] == [{"language": "English", "fluency": "native"}, {"language": "Spanish"}]


def test_every_value_stands_where_its_field_says(parsed):
    assert parsed.fields
    for one in parsed.fields:
        assert 0 <= one.start < one.end <= len(RESUME)
        assert 0 < one.confidence <= 1
    for label in (Label.NAME, Label.TITLE, Label.SCHOOL, Label.SKILL):
        for one in parsed.of(label):
            assert RESUME[one.start : one.end] == one.value


def test_every_path_leads_to_a_value(parsed):
    for one in parsed.fields:
        target = parsed.json_resume
        for step in one.path.split("/")[1:]:
            target = target[int(step)] if isinstance(target, list) else target[step]
        assert target


def test_pages_are_told_by_offset():
    document = Document(
        Kind.PDF, (Page(1, "Jane Robinson\njane.robinson@example.org\n", "pdfium"), Page(2, RESUME[150:], "pdfium"))
    )
    parsed = parse(document)
    assert {one.page for one in parsed.of(Label.EMAIL)} == {1}
    assert {one.page for one in parsed.fields if one.path.startswith("/work/")} == {2}


def test_the_flat_form_has_every_label_even_for_nothing():
    assert fields_of(parse(document_of(""))) == {label: [] for label in LABELS}


def test_one_line_resumes_are_read_too():
    fields = fields_of(parse(document_of(" ".join(RESUME.split()))))
    assert fields["NAME"] == ["Jane Robinson"]
    assert "jane.robinson@example.org" in fields["EMAIL"]
    assert any("2013" in value for value in fields["EXPERIENCE"])


def test_a_hidden_address_behind_a_profile_link_is_listed_as_the_way_to_write():
    text = "Jane Robinson\nAustin, TX - Email me on Indeed: indeed.com/r/Jane-Robinson/049577580b3814e6\n"
    parsed = parse(document_of(text))
    assert fields_of(parsed)["EMAIL"] == ["indeed.com/r/Jane-Robinson/049577580b3814e6"]
    assert "email" not in parsed.json_resume["basics"]


def test_no_name_changes_what_else_is_found(parsed):
    other = parse(
        document_of(
            RESUME.replace("Jane", "Ngozi")
            .replace("jane", "ngozi")
            .replace("Robinson", "Adeyemi-X")
            .replace("robinson", "adeyemi")
        )
    )
    assert other.json_resume["work"] == parsed.json_resume["work"]
    assert other.json_resume["skills"] == parsed.json_resume["skills"]


@pytest.mark.parametrize(
    ("written", "location"),
    [
        ("NYC", {"city": "NYC"}),
        ("OH", {"region": "OH"}),
        ("Texas", {"region": "Texas"}),
        ("Leeds", {"city": "Leeds"}),
        ("Austin, TX", {"city": "Austin", "region": "TX"}),
    ],
)
def test_a_region_alone_is_no_city(written, location):
    assert place_of(written) == location
