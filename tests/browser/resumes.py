"""Small real PDF resumes, typeset on the spot."""

from __future__ import annotations

from pathlib import Path

import typst

PEOPLE = {
    "mara-lindt": ("Mara Lindt", "Senior Backend Engineer", "Python and PostgreSQL", "Kestrel Payments", "billing"),
    "tom-aske": ("Tom Aske", "Pastry Chef", "laminated dough and chocolate", "Hotel Brunn", "breakfast"),
    "ines-rocha": ("Ines Rocha", "Data Engineer", "Python, Airflow and PostgreSQL", "Northmill", "reporting"),
}


def _source(name: str, title: str, skills: str, employer: str, product: str) -> str:
    address = name.lower().replace(" ", ".")
    return f"""
#set page(paper: "a4", margin: 2cm)
#set text(size: 11pt)
= {name}
{title} \\
{address}\\@example.org | +49 30 1234567 | Berlin, Germany

== Experience
*{employer}*, {title} #h(1fr) 2019 – 2024 \\
Built and ran the {product} service with {skills} for five years.

*Oakfield Ltd*, Junior {title} #h(1fr) 2016 – 2019 \\
Learned the trade and documented it.

== Education
University of Leeds, BSc #h(1fr) 2012 – 2016

== Skills
{skills.replace(" and ", ", ")}
"""


def write(folder: Path) -> list[Path]:
    """One PDF for each of PEOPLE, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for stem, person in PEOPLE.items():
        path = folder / f"{stem}.pdf"
        path.write_bytes(typst.compile(_source(*person).encode()))
        files.append(path)
    return files
