"""Resumes in German, French and Spanish: schools without a degree, dates, and languages that are no skills."""

from __future__ import annotations

import pytest

from candidates.resumes.parse import document_of, parse
from candidates.resumes.parse.dates import find_ranges

HEAD = "Anna Schäfer\nanna.schaefer@example.org\n\n"


def education_of(heading: str, text: str) -> list[tuple[str | None, ...]]:
    education = parse(document_of(f"{HEAD}{heading}\n{text}")).json_resume["education"]
    return [tuple(one.get(key) for key in ("institution", "area", "startDate", "endDate")) for one in education]


@pytest.mark.parametrize(
    ("heading", "text", "courses"),
    [
        (
            "AUSBILDUNG",
            "2014 – 2018 Universität Leipzig, Informatik\n2006 – 2014 Gymnasium am Park, Leipzig\n",
            [("Universität Leipzig", "Informatik", "2014", "2018"), ("Gymnasium am Park", None, "2006", "2014")],
        ),
        (
            "BILDUNGSWEG",
            (
                "10/2010 – 09/2013\nHochschule für angewandte Wissenschaften Hamburg\nBetriebswirtschaftslehre\n\n"
                "2003 – 2010\nGoethe-Gymnasium Kiel\n\nFachhochschule Lübeck, Elektrotechnik, 2009\n"
            ),
            [
                ("Hochschule für angewandte Wissenschaften Hamburg", "Betriebswirtschaftslehre", "2010-10", "2013-09"),
                ("Goethe-Gymnasium Kiel", None, "2003", "2010"),
                ("Fachhochschule Lübeck", "Elektrotechnik", None, "2009"),
            ],
        ),
        (
            "FORMATION",
            "2011 – 2014 Université Lyon 2, Gestion\n2008 – 2011 Lycée Victor Hugo, Grenoble\n2010 IUT de Valence\n",
            [
                ("Université Lyon 2", "Gestion", "2011", "2014"),
                ("Lycée Victor Hugo", None, "2008", "2011"),
                ("IUT de Valence", None, None, "2010"),
            ],
        ),
        (
            "FORMATION",
            (
                "École supérieure de commerce de Paris\n2009-2012\nLycée Louis-le-Grand, Paris, 2009\n"
                "Université Rennes 2, Information et communication, 2008\n"
            ),
            [
                ("École supérieure de commerce de Paris", None, "2009", "2012"),
                ("Lycée Louis-le-Grand", None, None, "2009"),
                ("Université Rennes 2", "Information et communication", None, "2008"),
            ],
        ),
        (
            "FORMACIÓN",
            (
                "2010 – 2014 Universidad Complutense de Madrid, Administración de Empresas\n"
                "2008 - 2010 IES Cervantes, Toledo\nUniversidad de Salamanca, Derecho, 2009\n"
            ),
            [
                ("Universidad Complutense de Madrid", "Administración de Empresas", "2010", "2014"),
                ("IES Cervantes", None, "2008", "2010"),
                ("Universidad de Salamanca", "Derecho", None, "2009"),
            ],
        ),
    ],
    ids=["de", "de, dates above", "fr", "fr, schools first", "es"],
)
def test_a_school_is_read_without_a_degree(heading, text, courses):
    assert education_of(heading, text) == courses


def test_a_degree_beside_such_a_school_stays_one():
    [course] = parse(document_of(f"{HEAD}FORMATION\nLicence de gestion, Université Lyon 2, 2014\n")).json_resume[
        "education"
    ]
    assert (course["institution"], course["studyType"], course["endDate"]) == (
        "Université Lyon 2", "Licence de gestion", "2014",
    )  # fmt: skip


def test_every_school_stands_where_its_field_says():
    text = f"{HEAD}AUSBILDUNG\n2014 – 2018 Universität Leipzig, Informatik\n"
    parsed = parse(document_of(text))
    found = {one.path: text[one.start : one.end] for one in parsed.fields}
    assert found["/education/0/institution"] == "Universität Leipzig"
    assert found["/education/0/area"] == "Informatik"


@pytest.mark.parametrize(
    "text", ["Leitete die Universität der Dritten Generation mit 40 Kursen.\n", "• Unterricht am Gymnasium\n"]
)
def test_a_school_in_prose_of_a_job_is_no_education(text):
    said = f"{HEAD}BERUFSERFAHRUNG\nLehrerin, Stadt Kiel\n2014 – 2018\n{text}"
    assert parse(document_of(said)).json_resume["education"] == []


def skills_and_languages(text: str) -> tuple[list[str], dict[str, str]]:
    resume = parse(document_of(HEAD + text)).json_resume
    spoken = {one["language"]: one.get("fluency", "") for one in resume["languages"]}
    return [one["name"] for one in resume["skills"]], spoken


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("SKILLS\nPython, German (B2), Docker\n", {"German": "B2"}),
        ("SKILLS\nPython, Docker, French: fluent\n", {"French": "fluent"}),
        (
            (
                "KENNTNISSE\nPython, Docker\n\n"
                "SPRACHEN\nDeutsch (Muttersprache), Englisch (C1), Spanisch (Grundkenntnisse)\n"
            ),
            {"Deutsch": "Muttersprache", "Englisch": "C1", "Spanisch": "Grundkenntnisse"},
        ),
        (
            "COMPÉTENCES\nPython, Docker\n\nLANGUES\nFrançais (langue maternelle), Anglais (courant), Allemand : B1\n",
            {"Français": "langue maternelle", "Anglais": "courant", "Allemand": "B1"},
        ),
        (
            "IDIOMAS\nEspañol (nativo), Inglés (C1), Francés (básico)\n\nHABILIDADES\nPython, Docker\n",
            {"Español": "nativo", "Inglés": "C1", "Francés": "básico"},
        ),
    ],
)
def test_a_language_with_its_level_is_no_skill(text, languages):
    skills, spoken = skills_and_languages(text)
    assert sorted(skills) == ["Docker", "Python"]
    assert spoken == languages


def test_a_skill_with_a_language_in_its_name_stays_one():
    skills, spoken = skills_and_languages("SKILLS\nLatin dance, Python\n")
    assert (sorted(skills), spoken) == (["Latin dance", "Python"], {})


@pytest.mark.parametrize(
    ("written", "begin", "end"),
    [
        ("seit 03/2019", "2019-03", ""),
        ("seit März 2018", "2018-03", ""),
        ("ab 2019", "2019", ""),
        ("09.2015–06.2018", "2015-09", "2018-06"),
        ("01.09.2015 - 30.06.2018", "2015-09", "2018-06"),
        ("Mrz. 2019 – dato", "2019-03", ""),
        ("Jän. 2019 – Feber 2020", "2019-01", "2020-02"),
        ("03/2019 – jetzt", "2019-03", ""),
        ("depuis mars 2019", "2019-03", ""),
        ("depuis le 1er mars 2019", "2019-03", ""),
        ("de septembre 2014 à février 2018", "2014-09", "2018-02"),
        ("janv. 2019 – juil. 2020", "2019-01", "2020-07"),
        ("avr. 2019 – déc. 2020", "2019-04", "2020-12"),
        ("oct. 2019 - auj.", "2019-10", ""),
        ("desde 2019 hasta la actualidad", "2019", ""),
        ("desde marzo de 2019", "2019-03", ""),
        ("septiembre de 2014 - febrero de 2018", "2014-09", "2018-02"),
        ("1 de marzo de 2019 - 2 de abril de 2020", "2019-03", "2020-04"),
        ("ene. 2019 – dic. 2020", "2019-01", "2020-12"),
        ("enero 2019 - actualmente", "2019-01", ""),
    ],
)
def test_dates_are_read_as_they_are_written_there(written, begin, end):
    [found] = find_ranges(f"Nordlicht GmbH, {written}\n")
    assert (found.begin, found.end, found.present) == (begin, end, not end)


@pytest.mark.parametrize("text", ["Calgary, AB 2019", "Atmel AVR 32 boards", "the best of May 2019"])
def test_what_only_looks_like_such_a_date_makes_no_range(text):
    assert find_ranges(text) == []
