import pytest

from candidates.resumes.parse.headings import find_sections, kind_of


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("WORK EXPERIENCE", "experience"),
        ("Employment History:", "experience"),
        ("E D U C A T I O N", "education"),
        ("Academic Qualifications", "education"),
        ("Key Skills", "skills"),
        ("Certifications/Licenses", "certifications"),
        ("About me", "summary"),
        ("Languages known", "languages"),
        ("Relevant Clinical Experience", "experience"),
        ("Profil", "summary"),
        ("Perfil", "summary"),
        ("EDUCACIÓN", "education"),
        ("Zertifikate", "certifications"),
        ("Certificaciones", "certifications"),
        ("Projekte", "projects"),
        ("Projets", "projects"),
        ("Proyectos", "projects"),
        ("Auszeichnungen", "awards"),
        ("Premios", "awards"),
        ("Publikationen", "publications"),
        ("Publicaciones", "publications"),
    ],
)
def test_a_heading_opens_its_section(heading, kind):
    assert kind_of(heading) == kind


@pytest.mark.parametrize(
    "line", ["Led the education of new staff.", "experience in sales and marketing of cars", "Jane Doe", ""]
)
def test_a_sentence_opens_none(line):
    assert kind_of(line) == ""


def test_headings_inside_one_long_line_still_part_it():
    text = "Jane Doe Pune SUMMARY Seasoned clerk. EXPERIENCE Clerk, Acme 2001 - 2004 EDUCATION: B.A., Pune University"
    sections, _ = find_sections(text)
    assert [one.kind for one in sections] == ["top", "summary", "experience", "education"]
