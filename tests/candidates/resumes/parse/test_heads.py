import pytest

from candidates.resumes.document import Label
from candidates.resumes.parse import document_of, parse

HEAD = "Maya Lindgren\nLeeds, UK | maya.lindgren@example.org\n\n"


def work_of(text: str) -> list[tuple[str | None, str | None, str | None]]:
    work = parse(document_of(HEAD + "EXPERIENCE\n" + text)).json_resume["work"]
    return [(one.get("name"), one.get("position"), one.get("startDate")) for one in work]


def education_of(text: str) -> list[tuple[str | None, str | None, str | None, str | None]]:
    education = parse(document_of(HEAD + "EDUCATION\n" + text)).json_resume["education"]
    return [tuple(one.get(key) for key in ("institution", "studyType", "area", "endDate")) for one in education]


def test_a_firm_no_list_knows_is_told_by_its_place_in_the_entry():
    assert work_of(
        "Quillfeather   Cupertino, CA\nMachine Learning Engineer   Feb. 2018 – Present\n• Trained models\n\n"
        "Tarnhollow   Sunnyvale, CA\nSoftware Engineer   Jan. 2015 – Jan. 2018\n• Wrote services\n"
    ) == [
        ("Quillfeather", "Machine Learning Engineer", "2018-02"),
        ("Tarnhollow", "Software Engineer", "2015-01"),
    ]


def test_a_post_below_its_dates_does_not_take_the_firm_before():
    assert [
        name
        for name, _, _ in work_of(
            "Senior Software Engineer   Jan 2023 - Present\nAcme Software Inc.\n• San Francisco, CA\n• Led payments\n"
            "Software Engineer   Jun 2021 - Dec 2022\nTarnhollow\n• Boston, MA\n• Built search\n"
        )
    ] == ["Acme Software Inc.", "Tarnhollow"]


def test_the_persons_own_name_is_no_employer():
    text = "Maya Lindgren\nSenior Software Engineer   Jan 2019 - Present\n• Led payments\n"
    assert not any("Lindgren" in (name or "") for name, _, _ in work_of(text))


@pytest.mark.parametrize("degree", ["PhD", "BS", "MSc"])
def test_school_and_field_are_split_from_the_degree(degree):
    assert education_of(
        f"{degree} Princeton University, Computer Science\n• Thesis on search\nSept 2018 – May 2023\n"
    ) == [("Princeton University", degree, "Computer Science", "2023-05")]


def test_a_school_no_list_knows_is_told_by_the_degree_below():
    [(school, degree, area, end)] = education_of(
        "Carnegie Mellon   Pittsburgh, PA\nMaster of Science in Data Science; GPA: 3.90   Aug. 2013 – Dec. 2014\n"
    )
    assert (school, degree, area, end) == ("Carnegie Mellon", "Master of Science", "Data Science", "2014-12")


def test_years_of_certificates_and_posts_are_no_graduation_years():
    text = (
        HEAD + "EDUCATION\nBachelor of Science in Physics\nUniversity of Leeds\n2012\n\n"
        "CERTIFICATIONS\nAWS Certified Developer, 2023\n\n"
        "EXPERIENCE\nData Engineer\nAcme Software Inc.\n2015 - 2018\n"
    )
    years = [one.value for one in parse(document_of(text)).of(Label.GRADUATION_YEAR)]
    assert years == ["2012"]


def test_a_firm_is_told_from_the_town_behind_it():
    assert work_of(
        "Line Cook   June 2025 to Present\nBrightfen Brasserie, Monterrey\n• Wrote menus\n"
        "Kitchen Assistant   June 2022 to May 2025\nFairhaven Catering, Guadalajara\n• Cooked for a team of six\n"
    ) == [("Brightfen Brasserie", "Line Cook", "2025-06"), ("Fairhaven Catering", "Kitchen Assistant", "2022-06")]


def test_lines_drawn_with_characters_are_in_no_value():
    text = "===============\nPellworth Shipping (Nov 2022 – Mar 2026)\nSupply Chain Analyst\n- Cut costs by a tenth\n"
    assert work_of(text) == [("Pellworth Shipping", "Supply Chain Analyst", "2022-11")]


def test_a_note_below_a_course_is_no_course():
    assert education_of(
        "University of Leeds – Leeds, UK\nBS in Computer Engineering\n• Scholarship for Graduate Studies\n"
        "Sept 2014 – June 2018\n"
    ) == [("University of Leeds", "BS", "Computer Engineering", "2018-06")]


def test_a_course_does_not_take_the_school_of_the_next():
    text = (
        "MIT   Cambridge, MA\nMaster of Science in Data Science; GPA: 4.00   Sep. 2014 – Dec. 2015\n"
        "Anna University   Chennai, India\nBachelor of Engineering in Computer Science   Aug. 2010 – July 2014\n"
    )
    assert [school for school, *_ in education_of(text)] == ["MIT", "Anna University"]
