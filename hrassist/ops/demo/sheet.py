"""What every layout shows of a person, as plain values: the only thing that writers of files see."""

from __future__ import annotations

from typing import Any

from hrassist.ops.demo.people import Person

# Resumes name their parts differently; each person keeps to one row.
HEADINGS = (
    {"summary": "Summary", "experience": "Experience", "education": "Education", "skills": "Skills",
     "languages": "Languages", "certificates": "Certifications"},
    {"summary": "Profile", "experience": "Work Experience", "education": "Education", "skills": "Technical Skills",
     "languages": "Languages", "certificates": "Certificates"},
    {"summary": "About Me", "experience": "Professional Experience", "education": "Academic Background",
     "skills": "Core Competencies", "languages": "Languages", "certificates": "Licenses & Certifications"},
    {"summary": "Professional Summary", "experience": "Employment History", "education": "Education and Training",
     "skills": "Key Skills", "languages": "Language Skills", "certificates": "Certifications"},
)  # fmt: skip
ACCENTS = ("#1f4e79", "#7a1f3d", "#2e5d34", "#4b3a7a", "#8a4b08", "#0b5c63")


def of(person: Person) -> dict[str, Any]:
    """The person as JSON-ready values: contact lines, headed parts, newest entries first."""
    return {
        "name": person.name,
        "initials": "".join(word[0] for word in person.name.split()[:2]).upper(),
        "headline": person.headline,
        "emails": list(person.emails),
        "phone": person.phone,
        "location": person.location,
        "links": list(person.links),
        "summary": person.summary,
        "positions": [
            {
                "title": position.title,
                "employer": position.employer,
                "city": position.city,
                "dates": person.dates(position),
                "achievements": list(position.achievements),
            }
            for position in person.positions
        ],
        "studies": [
            {"degree": study.degree, "school": study.school, "years": person.years(study)} for study in person.studies
        ],
        "skills": list(person.skills),
        "languages": [f"{language} ({level})" for language, level in person.languages],
        "certificates": list(person.certificates),
        "headings": HEADINGS[person.number % len(HEADINGS)],
        "accent": ACCENTS[person.number % len(ACCENTS)],
    }
