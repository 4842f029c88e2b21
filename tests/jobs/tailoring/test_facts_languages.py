"""What a line may state in German, French, Spanish and English: each hole that inventions once passed through."""

from __future__ import annotations

import pytest

from jobs.tailoring.facts import Source, check_line, check_paper, skeleton
from jobs.tailoring.facts.credentials import credentials_in, degrees_in
from jobs.tailoring.facts.everyday import is_everyday, language_of
from jobs.tailoring.facts.implied import implied_in
from jobs.tailoring.facts.names import names_in, urls_in
from jobs.tailoring.facts.numbers import numbers_in
from tests.bench.facts import as_laid_out
from tests.jobs.tailoring.resumes import AMARA, INGRID, source

PETIT = """Claire Petit
Comptable
claire.petit@example.org

EXPÉRIENCE
Comptable, Lumière SA, Lyon
mars 2018 - aujourd'hui
• Établit 12 bilans par mois avec Sage
• Réduit les impayés de 40 %
• Aide le directeur financier

FORMATION
Licence de gestion, Université Lyon 2, 2016

COMPÉTENCES
Sage, Excel"""
WEBER = """Jana Weber
Buchhalterin
jana.weber@example.org

BERUFSERFAHRUNG
Buchhalterin, Nordlicht GmbH, Kiel
März 2018 - heute
• Erstellt monatlich 12 Abschlüsse in DATEV
• Senkte offene Posten um 40 %
• Half dem Leiter bei der Einführung von SAP

AUSBILDUNG
Kauffrau für Büromanagement, Berufsschule Kiel, 2014

KENNTNISSE
DATEV, Excel"""
GOMEZ = """Lucía Gómez
Contable
lucia.gomez@example.org

EXPERIENCIA
Contable, Luz SA, Sevilla
marzo 2018 - actualidad
• Prepara 12 balances al mes con Sage
• Redujo los impagos un 40 %
• Ayuda al director financiero

FORMACIÓN
Grado en Administración, Universidad de Sevilla, 2016

HABILIDADES
Sage, Excel"""
PHD = AMARA.replace("Mentored two juniors", "Mentored two PhD students")
LEAD = AMARA.replace("Mentored two juniors", "Assisted the lead of the payments squad")


def of(text):
    return source(text) if text in (AMARA, INGRID, PHD, LEAD) else Source(skeleton.of(as_laid_out(text)), text)


def found(text, evidence, resume=AMARA, also=""):
    own = of(resume)
    entry = own.skeleton.entry_of.get(evidence)
    return {
        (one.level.value, one.rule)
        for one in check_line(text, evidence=[evidence], source=own, entry=entry, also=also)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("fünfundzwanzig", 25, ""), ("dreißig", 30, ""), ("hundert", 100, ""), ("dreizehn", 13, ""),
        ("neunzig Prozent", 90, "%"), ("sechshundert", 600, ""), ("vierzehn Jahren", 14, "year"),
        ("dreihundertfünfundzwanzigtausendachtzig", 325_080, ""), ("ein Dutzend", 12, ""), ("um drei Viertel", 75, "%"),
        ("verdoppelte", 2, "x"), ("verzehnfachte", 10, "x"), ("trente", 30, ""), ("une centaine de cas", 100, ""),
        ("une vingtaine de cas", 20, ""), ("soixante pour cent", 60, "%"), ("de moitié", None, "x"),
        ("quatre-vingt-dix-sept", 97, ""), ("deux cent cinquante mille", 250_000, ""), ("soixante et onze", 71, ""),
        ("a doublé", 2, "x"), ("quinze ans", 15, "year"), ("cien", 100, ""), ("treinta y cinco", 35, ""),
        ("quince", 15, ""), ("noventa por ciento", 90, "%"), ("a la mitad", None, "x"), ("una docena de casos", 12, ""),
        ("Duplicó", 2, "x"), ("tres mil cuatrocientos", 3400, ""), ("treinta años", 30, "year"),
        ("a decade", 1, "decade"), ("a score of people", 20, ""), ("a couple hundred", 200, ""),
        ("to a tenth", None, "x"), ("an order of magnitude", 10, "x"), ("multiplied sales by nine", 9, "x"),
        ("a million two hundred thousand", 1_200_000, ""), ("A hundred and eighty shows", 180, ""),
        ("zu zwei Dritteln Buche", None, "%"), ("threw away a third fewer stems", None, "%"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_words_of_four_languages(text, value, unit):
    (one,) = numbers_in(text)
    assert one.unit == unit
    assert value is None or one.value == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Brought the wait down from 21 days to 9", [(21, "day"), (9, "day")]),
        ("from 21 days to 9 patients", [(21, "day"), (9, "")]),
        ("de trois jours à un délai de 2", [(3, "day"), (2, "")]),
        ("Winterverluste von 22 auf 9 Prozent", [(22, "%"), (9, "%")]),
    ],
)
def test_the_second_of_two_numbers_has_the_unit_of_the_first_where_it_counts_nothing_else(text, said):
    assert [(one.value, one.unit) for one in numbers_in(text)] == said


@pytest.mark.parametrize(("text", "more"), [("over three seasons", False), ("over three teams", True)])
def test_over_three_seasons_says_how_long_and_over_three_teams_how_many(text, more):
    (one,) = numbers_in(f"7.4 km logged {text}"[13:])
    assert one.more is more


@pytest.mark.parametrize(
    "text",
    ["once a year", "a third engineer", "every quarter", "a quarter of an hour", "duplicate invoices", "per cent"],
)
def test_words_that_are_numbers_elsewhere_are_none_here(text):
    assert numbers_in(text) == []


INVENTED = [
    # numbers in words
    ("Senkte offene Posten um neunzig Prozent", "w0.b1", WEBER, "number"),
    ("Erstellt monatlich sechshundert Abschlüsse in DATEV", "w0.b0", WEBER, "number"),
    ("Établit cent bilans par mois avec Sage", "w0.b0", PETIT, "number"),
    ("Réduit les impayés de soixante pour cent", "w0.b1", PETIT, "number"),
    ("Prepara cien balances al mes con Sage", "w0.b0", GOMEZ, "number"),
    ("Redujo los impagos a la mitad", "w0.b1", GOMEZ, "number"),
    ("Mentored scores of juniors", "w1.b1", AMARA, "number"),
    ("Backend engineer with decades of experience", "s0", AMARA, "number"),
    # employers
    ("Wrote REST APIs at google", "w1.b0", AMARA, "employer"),
    ("Google's mobile app: wrote REST APIs in Django", "w1.b0", AMARA, "employer"),
    ("Ex-google backend engineer with 8 years in payments", "s0", AMARA, "employer"),
    ("Erstellt monatlich 12 Abschlüsse bei siemens", "w0.b0", WEBER, "employer"),
    ("Établit 12 bilans par mois chez renault", "w0.b0", PETIT, "employer"),
    ("Prepara 12 balances al mes en telefónica", "w0.b0", GOMEZ, "employer"),
    # degrees and honours
    ("Établit 12 bilans, titulaire d'une maîtrise et d'un doctorat", "w0.b0", PETIT, "degree"),
    ("Máster en finanzas, prepara 12 balances al mes", "w0.b0", GOMEZ, "degree"),
    ("Diplomkauffrau, erstellt monatlich 12 Abschlüsse", "w0.b0", WEBER, "degree"),
    ("Promovierte Informatikerin mit 8 Jahren", "s0", AMARA, "degree"),
    ("Habe einen Doktortitel, 8 Jahre", "s0", AMARA, "degree"),
    ("Dr. Okafor, engineer with 8 years of experience", "s0", AMARA, "degree"),
    ("BSc with distinction, 8 years", "s0", AMARA, "degree"),
    ("Graduated summa cum laude", "s0", AMARA, "degree"),
    ("PhD holder with 8 years in payments", "s0", PHD, "degree"),
    # certificates
    ("Certified in Kubernetes", "s0", AMARA, "credential"),
    ("Holds a Kubernetes certificate", "s0", AMARA, "credential"),
    ("Certified Python and Docker developer", "s0", AMARA, "credential"),
    ("Patent holder with 8 years in payments", "s0", AMARA, "credential"),
    ("Awarded employee of the year", "s0", AMARA, "credential"),
    ("Registered nurse; cared for 12 patients a shift", "w0.b0", INGRID, "credential"),
    ("Contable certificada, prepara 12 balances", "w0.b0", GOMEZ, "credential"),
    ("Expert-comptable, établit 12 bilans par mois", "w0.b0", PETIT, "credential"),
    ("Bilanzbuchhalterin, erstellt monatlich 12 Abschlüsse", "w0.b0", WEBER, "credential"),
    # titles
    ("As the company's president, wrote REST APIs", "w1.b0", AMARA, "title"),
    ("Ward sister with 12 patients a shift", "w0.b0", INGRID, "title"),
    ("Directrice financière", "w0.b2", PETIT, "title"),
    ("Directora financiera", "w0.b2", GOMEZ, "title"),
    ("Jefa de equipo, prepara 12 balances", "w0.b0", GOMEZ, "title"),
    ("Leiter der Einführung von SAP", "w0.b2", WEBER, "title"),
    ("As Chief Technology Officer at the head office wrote REST APIs", "w1.b0", AMARA, "title"),
    ("Wrote REST APIs as the senior engineer", "w1.b0", AMARA, "title"),
    # languages
    ("Fluent in German, 8 years in payments", "s0", AMARA, "language"),
    ("German (C2), 8 years in payments", "s0", AMARA, "language"),
    ("Deutsch fließend, 8 Jahre", "s0", AMARA, "language"),
    ("Langue maternelle allemande", "s0", AMARA, "language"),
    # years and addresses
    ("Served 2021 customers with REST APIs", "w0.b0", AMARA, "number"),
    ("Since 2021 wrote REST APIs", "w1.b0", AMARA, "date"),
    ("See amara.fr/cv for more", "s0", AMARA, "url"),
    ("See portfolio.example.museum for more", "s0", AMARA, "url"),
]


@pytest.mark.parametrize(("text", "evidence", "resume", "rule"), INVENTED)
def test_an_invention_is_blocked_in_its_language(text, evidence, resume, rule):
    assert ("block", rule) in found(text, evidence, resume)


ASKED = [
    ("Wrote REST APIs in Django for wexlora and the mobile app", "w1.b0", AMARA, "name"),
    ("Ran a team of juniors", "w1.b1", AMARA, "running"),
    ("In charge of the juniors", "w1.b1", AMARA, "running"),
    ("Chaired the mobile guild", "w1.b0", AMARA, "chairing"),
    ("Coordinated all juniors", "w1.b1", AMARA, "coordinating"),
    ("Hired and fired juniors", "w1.b1", AMARA, "hiring"),
    ("Established the mobile team", "w1.b0", AMARA, "founding"),
    ("Verantwortete die Einführung von SAP", "w0.b2", WEBER, "running"),
    ("Leitete die Einführung von SAP", "w0.b2", WEBER, "leading"),
    ("Dirige la finance", "w0.b2", PETIT, "leading"),
    ("Gestionó las finanzas", "w0.b2", GOMEZ, "coordinating"),
    ("Fundó el departamento", "w0.b2", GOMEZ, "founding"),
    ("Led the payments squad", "w1.b1", LEAD, "leading"),
    ("Worked night shifts", "w1.b1", INGRID, "helped"),
    # What still stands was not replaced by the other word.
    ("Gave medication, kept records and ran the records", "w1.b0", INGRID, "running"),
    ("Einführung von SAP", "w0.b2", WEBER, "helped"),
    ("Tient les finances", "w0.b2", PETIT, "helped"),
    ("Lleva las finanzas", "w0.b2", GOMEZ, "helped"),
    ("12 Abschlüsse in DATEV erstellt und koordinierte das ganze Haus", "w0.b0", WEBER, "coordinating"),
    ("Wrote REST APIs with a team of 40 people", "w1.b0", AMARA, "number_noun"),
    ("Halved a nightly import with a team of 6", "w1.b2", AMARA, "number_noun"),
    ("Backend engineer with 8 years of experience in Kubernetes", "s0", AMARA, "years_of"),
    ("Worked at University of Lagos as engineer", "s0", AMARA, "employer_moved"),
]


@pytest.mark.parametrize(("text", "evidence", "resume", "rule"), ASKED)
def test_what_only_a_person_can_judge_is_asked_in_its_language(text, evidence, resume, rule):
    assert ("ask", rule) in found(text, evidence, resume)


@pytest.mark.parametrize(
    ("text", "evidence", "resume"),
    [
        ("Mentored 2 PhD students", "w1.b1", PHD),
        ("Helped the lead of the payments squad", "w1.b1", LEAD),
        ("AWS Certified Developer with 8 years in payments", "s0", AMARA),
        ("Unterstützung des Leiters bei der SAP-Einführung", "w0.b2", WEBER),
        ("Mitarbeit bei der Einführung von SAP", "w0.b2", WEBER),
        ("Participation in night shifts", "w1.b1", INGRID),
        ("Zwölf Monatsabschlüsse mit DATEV erstellt", "w0.b0", WEBER),
        ("Offene Posten um vierzig Prozent gesenkt", "w0.b1", WEBER),
        ("Soutien au directeur financier", "w0.b2", PETIT),
        ("Apoyo al director financiero", "w0.b2", GOMEZ),
        ("Preparación de doce balances mensuales con Sage", "w0.b0", GOMEZ),
        ("Since March 2021 built the billing service", "w0.b0", AMARA),
    ],
)
def test_the_same_said_otherwise_is_no_question(text, evidence, resume):
    assert found(text, evidence, resume) == set()


FERHAT = """Odile Ferhat
Guide conférencière
odile.ferhat@example.org

EXPÉRIENCE
Guide conférencière, Musée des Tisserands, Roubaix
mai 2013 - aujourd'hui
• Réduit les délais de six à trois jours
• Assiste le directeur technique

FORMATION
Licence d'histoire, Université de Lille, 2010

LANGUES
Arabe (courant), Français (langue maternelle)"""


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        # One language that is spoken fluently says nothing of another, nor a degree of a certificate.
        ("Délais réduits de six à trois jours, italien courant", "language"),
        ("Délais réduits de six à trois jours, turc courant", "language"),
        ("Délais réduits de six à trois jours comme traductrice assermentée", "credential"),
    ],
)
def test_what_is_stated_of_one_thing_does_not_answer_for_another(text, rule):
    assert found(text, "w0.b0", FERHAT) == {("block", rule)}


def test_what_fell_to_one_is_one_of_the_same():
    for said in ("from two weeks to one", "von zwei Wochen auf eine", "de dos semanas a una"):
        assert (1, "week") in {(one.value, one.unit) for one in implied_in(said)}, said
    assert (1, "week") not in {(one.value, one.unit) for one in implied_in("from two weeks to one visit")}
    text = FERHAT.replace("de six à trois jours", "de trois jours à un")
    assert found("Délais d'un jour au lieu de trois", "w0.b0", text) == set()
    text = FERHAT.replace("de six à trois jours", "à un jour au lieu de trois")
    assert found("Délais réduits de trois jours à un", "w0.b0", text) == set()
    assert found("Délais de deux jours au lieu de trois", "w0.b0", text) == {("block", "number")}


def test_a_number_in_place_of_another_counts_what_that_counts():
    assert found("Délais de trois jours au lieu de six", "w0.b0", FERHAT) == set()
    assert found("Délais de trois zèbres au lieu de six", "w0.b0", FERHAT) != set()


def test_who_helped_has_not_done_it_whatever_else_is_named_as_evidence():
    own, both = of(WEBER), ["w0.b2", "w0.b0"]
    entry = own.skeleton.entry_of["w0.b2"]
    assert [one.rule for one in check_line("Führt SAP ein", evidence=both, source=own, entry=entry)] == ["helped"]
    # What another line states by itself is no question.
    assert check_line("12 Abschlüsse in DATEV erstellt", evidence=both, source=own, entry=entry) == []


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("I have been Head of Platform at Initech GmbH for 8 years.", "Head of Platform | Initech GmbH"),
        ("At Initech GmbH I worked as Head of Platform.", "Head of Platform | Initech GmbH"),
        ("I know Rust well.", "Rust Engineer | Initech GmbH"),
        ("I have 10 years of experience.", "Engineer (10 years) | Initech GmbH"),
        ("I apply because I was Head of Platform at Initech GmbH.", "Head of Platform | Initech GmbH"),
    ],
)
def test_a_letter_invents_no_employment_with_the_words_of_the_job(text, also):
    assert [level for level, _ in found(text, "s0", also=also) if level == "block"]


@pytest.mark.parametrize(
    "opening",
    ["Ich bewerbe mich um die Stelle Platform Engineer.", "Je postule au poste de Platform Engineer.",
     "Me presento al puesto de Platform Engineer.", "I am applying for the position of Platform Engineer."],
)  # fmt: skip
def test_a_letter_may_open_in_another_language_than_that_of_the_resume(opening):
    also = "Platform Engineer | Initech GmbH"
    assert found(f"{opening} Backend engineer with 8 years of experience in payments.", "s0", also=also) == set()


@pytest.mark.parametrize("heading", ["Certifications", "Zertifikate:", "Awards and Honours", "CERTIFICACIONES"])
def test_a_heading_is_no_claim_of_a_certificate(heading):
    assert credentials_in(heading) == []


def test_german_nouns_are_no_names_and_names_still_are():
    assert list(names_in("Zwölf Monatsabschlüsse und Rechnungsprüfungen mit Kollegen erstellt", "de")) == []
    assert [one.text for one in names_in("Abschlüsse für die Wexlora erstellt", "de")] == ["Wexlora"]
    assert is_everyday("Stahllieferungen", "de")
    assert not is_everyday("Wexlora", "de")


def test_the_language_of_a_line_is_told_by_its_small_words():
    assert [language_of(of(text).text) for text in (AMARA, WEBER, PETIT, GOMEZ)] == ["en", "de", "fr", "es"]


@pytest.mark.parametrize("text", ["e.g. this", "Node.js and main.py", "at the end.Next one", "ca. 5.5kg", "z.B. hier"])
def test_what_has_dots_and_is_no_host_is_no_address(text):
    assert urls_in(text) == set()


@pytest.mark.parametrize(
    ("text", "level"),
    [("titulaire d'un mastère", "master"), ("con doctorado", "doctor"), ("Docteure en droit", "doctor"),
     ("matrícula de honor", "honours"), ("Abschluss mit Auszeichnung", "honours"), ("Prof. Okafor", "professor")],
)  # fmt: skip
def test_degrees_are_known_in_four_languages(text, level):
    assert degrees_in(text) == {level}


@pytest.mark.parametrize("text", ["a 30-bed ward", "bonne maîtrise d'Excel", "treated by a doctor", "la idea de todos"])
def test_words_that_look_like_degrees_of_other_languages_are_none(text):
    assert degrees_in(text) == set()


@pytest.mark.parametrize(
    "said", ["Cared for patients (s2)", "Wrote part-2 of the guide", "Ran the covid-19 ward", "Met the Q3 target"]
)
def test_a_number_that_is_glued_to_letters_is_one(said: str) -> None:
    source = Source(skeleton.of({}), "Nurse at St Mary; knows Python 3 and S3")
    assert [one.level for one in check_paper(said, source=source)][:1] == ["block"]
    assert check_paper("Knows python3 and S3", source=source) == []
