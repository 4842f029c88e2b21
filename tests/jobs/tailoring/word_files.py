"""Word files as customers make them, with placeholders; and what is wrong in others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import docx

SOUND = (
    "{{ name }}",
    "{{ headline }}",
    "{{ contact }}",
    "{% if summary %}",
    "Profile",
    "{{ summary }}",
    "{% endif %}",
    "Experience",
    "{% for job in work %}",
    "{{ job.position }}, {{ job.employer }}, {{ job.place }}",
    "{{ job.dates }}",
    "{% for line in job.lines %}",
    "• {{ line }}",
    "{% endfor %}",
    "{% endfor %}",
    "{% for project in projects %}",
    "{{ project.employer }}",
    "{% for line in project.lines %}",
    "• {{ line }}",
    "{% endfor %}",
    "{% endfor %}",
    "Education",
    "{% for study in education %}",
    "{{ study.degree }}, {{ study.school }}, {{ study.dates }}",
    "{% endfor %}",
    "Skills",
    "{{ skills }}",
    "Certifications",
    "{{ certificates }}",
    "Languages",
    "{{ languages }}",
)


def word_file(
    lines: Iterable[str] = SOUND, *, footer: str = "{{ label }}", header: str = "Example Recruiting Ltd"
) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    whole = io.BytesIO()
    document.save(whole)
    return whole.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(name, data)
    return whole.getvalue()
