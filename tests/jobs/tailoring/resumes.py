"""A resume as people write it, read by the parser: what the tests of tailoring stand on."""

from __future__ import annotations

from functools import cache
from typing import Any

from candidates.actions.reading import read_text
from jobs.tailoring.facts import Source, skeleton

AMARA = """Amara Okafor
Senior Backend Engineer
amara.okafor@example.org | +49 30 901820 | Berlin, Germany | https://github.com/amara

SUMMARY
Backend engineer with 8 years of experience in payments. Enjoys clear code and calm on-call weeks.

EXPERIENCE
Senior Backend Engineer, Northwind GmbH, Berlin
March 2021 - Present
• Built the billing service in Python and PostgreSQL, serving 1.2 million customers
• Cut the cost of the cluster by 70 % with k8s autoscaling
• Led a team of five engineers through a migration from Oracle

Backend Engineer, Contoso Ltd, Lagos
06/2016 - 02/2021
• Wrote REST APIs in Django for the mobile app, 40 endpoints
• Mentored two juniors
• Halved the time of a nightly import from 6 hours to 3 hours

EDUCATION
BSc Computer Science, University of Lagos, 2016

SKILLS
Python, Django, PostgreSQL, Kubernetes, Docker

CERTIFICATIONS
AWS Certified Developer, 2020

LANGUAGES
English (fluent), German (B2)
"""


@cache
def parsed(text: str = AMARA) -> dict[str, Any]:
    """The JSON Resume of a text."""
    return read_text(text).parsed.json_resume


@cache
def source(text: str = AMARA) -> Source:
    return Source(skeleton.of(parsed(text)), text)


def resume_of(candidate: Any, text: str = AMARA, **columns: Any) -> Any:
    """A resume row of this text, as reading it would have left it."""
    from tests.factories import ResumeFactory

    return ResumeFactory(candidate=candidate, text=text, parse={"json_resume": parsed(text)}, **columns)


INGRID = """Ingrid Solheim
Staff Nurse
ingrid.solheim@example.org | +47 22 12 34 56 | Oslo, Norway

EXPERIENCE
Staff Nurse, Fjord Hospital, Oslo
04/2019 - Present
• Cared for 12 patients a shift on a surgical ward
• Trained four new colleagues in wound care

Nurse, Bergen Clinic, Bergen
2015 - 2019
• Gave medication and kept records
• Took part in night shifts

EDUCATION
Bachelor of Nursing, University of Bergen, 2015

SKILLS
Wound care, Medication, Norwegian
"""

PRIYA = """Priya Raman
Data Analyst
priya.raman@example.org | +91 22 5550 1820 | Pune, India

SUMMARY
Data analyst with six years in retail. Turns questions of shops into queries that answer them.

EXPERIENCE
Data Analyst, Larkspur Retail, Pune
January 2020 - Present
• Built dashboards in Tableau that 300 store managers open each week
• Automated a monthly report with Python and pandas, from 3 days to 40 minutes
• Forecast demand for 2,500 products with an error of 7 percent

Junior Analyst, Quillfeather Foods, Mumbai
August 2018 - December 2019
• Cleaned 14 million rows of sales data in SQL
• Wrote documentation for 25 tables

EDUCATION
MSc Statistics, University of Pune, 2018

SKILLS
SQL, Python, Tableau, pandas

AWARDS
Employee of the Year, 2022

PUBLICATIONS
Forecasting with few data, 2021
"""

TOM = """Tom Becker
Head Chef
tom.becker@example.org | +44 23 9255 0182 | Portsmouth, United Kingdom

EXPERIENCE
Head Chef, Harbour Inn, Portsmouth
May 2014 - Present
• Leads a kitchen of seven cooks
• Kept food cost below 28 %
• Cooked for weddings of 180 guests

Commis Chef, Spinnaker Hotel, Gosport
April 2010 - April 2014
• Made 90 starters an evening

EDUCATION
Diploma in Cookery, Highbury College, 2010

SKILLS
Menu planning, Butchery

CERTIFICATIONS
Food Safety Certificate, 2015

LANGUAGES
English, French (B1)
"""
RESUMES = {"amara": AMARA, "ingrid": INGRID, "priya": PRIYA, "tom": TOM}

# In other languages: the text, and its jobs as (position, employer, from, to). All people are made up.
ABROAD: dict[str, tuple[str, list[tuple[str, str, str, str]]]] = {
    "fr": (
        """Claire Petit
Comptable
claire.petit@example.org
Lyon, France

EXPÉRIENCES
Comptable principale, Lumière SA, Lyon
mars 2018 - aujourd'hui
• Établit 12 bilans par mois avec Sage
• Réduit les impayés de 40 %

Aide-comptable, Boulangerie Martin SARL, Grenoble
septembre 2014 - février 2018
• Saisit les factures de 60 fournisseurs

FORMATION
Licence de gestion, Université Lyon 2, 2014

COMPÉTENCES
Sage, Excel
""",
        [
            ("Comptable principale", "Lumière SA", "2018-03", ""),
            ("Aide-comptable", "Boulangerie Martin SARL", "2014-09", "2018-02"),
        ],
    ),
    "fr, the firm first": (
        """Claire Petit
claire.petit@example.org

PARCOURS PROFESSIONNEL
Lumière SA — Responsable comptabilité
03/2018 – présent
• Établit 12 bilans par mois avec Sage

Boulangerie Martin — Aide-comptable
2014 – 2018
• Saisit les factures de 60 fournisseurs

FORMATION
Licence de gestion, Université Lyon 2, 2014
""",
        [
            ("Responsable comptabilité", "Lumière SA", "2018-03", ""),
            ("Aide-comptable", "Boulangerie Martin", "2014", "2018"),
        ],
    ),
    "de": (
        """Anna Schäfer
anna.schaefer@example.org

BERUFLICHER WERDEGANG
Bilanzbuchhalterin, Nordlicht GmbH, Hamburg
März 2018 – heute
• Erstellt monatlich 12 Abschlüsse mit DATEV
• Senkte offene Posten um 40 Prozent

Sachbearbeiterin, Hafen AG, Kiel
September 2014 – Februar 2018
• Prüfte Rechnungen von 60 Lieferanten

KENNTNISSE
DATEV, Excel
""",
        [
            ("Bilanzbuchhalterin", "Nordlicht GmbH", "2018-03", ""),
            ("Sachbearbeiterin", "Hafen AG", "2014-09", "2018-02"),
        ],
    ),
    "es": (
        """Lucía Romero
lucia.romero@example.org

EXPERIENCIA PROFESIONAL
Contable, Luz Norte S.A., Madrid
marzo 2018 - actualidad
• Prepara 12 balances al mes con Sage
• Redujo los impagos un 40 %

Auxiliar administrativa, Panadería Sol, Toledo
septiembre 2014 - febrero 2018
• Registró las facturas de 60 proveedores

FORMACIÓN ACADÉMICA
Grado en Administración, Universidad de Alcalá, 2014

COMPETENCIAS
Sage, Excel
""",
        [
            ("Contable", "Luz Norte S.A.", "2018-03", ""),
            ("Auxiliar administrativa", "Panadería Sol", "2014-09", "2018-02"),
        ],
    ),
}
