"""Word files as customers make them, with placeholders; and what is wrong in others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
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
# Cells of which nothing is left where there is no summary, no line and no certificate.
TABLE_LEFT = ("{% if summary %}", "{{ summary }}", "{% endif %}")
TABLE_RIGHT = ("{% for project in projects %}", "{{ project.employer }}", "{% endfor %}")
LEFT_TO_TABLE = ("{% if summary %}", "Profile", "{{ summary }}", "{% endif %}")


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


def as_word_keeps_it() -> bytes:
    """The same with what Word adds: numbers of paragraphs, bookmarks, a table whose cells repeat lines, a picture."""
    document = docx.Document(io.BytesIO(word_file([line for line in SOUND if line not in LEFT_TO_TABLE])))
    table = document.add_table(rows=1, cols=2)
    for cell, lines in zip(table.rows[0].cells, (TABLE_LEFT, TABLE_RIGHT), strict=True):
        cell.paragraphs[0].text = lines[0]
        for line in lines[1:]:
            cell.add_paragraph(line)
    for line in ("{% for job in work %}", "{{ job.dates }}", "{% endfor %}"):
        document.add_paragraph(line)
    document.paragraphs[-2].add_run().add_picture(io.BytesIO(_dot()))
    for number, paragraph in enumerate(document.element.body.iter(qn("w:p")), 1):
        paragraph.set(f"{{{W14}}}paraId", f"{number:08X}")
        paragraph.set(f"{{{W14}}}textId", "77777777")
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for one in (start, end):
            one.set(qn("w:id"), str(number))
        start.set(qn("w:name"), f"_Ref{number}")
        paragraph.extend([start, end])
    whole = io.BytesIO()
    document.save(whole)
    return whole.getvalue()


def _dot() -> bytes:
    whole = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 100, 90)).save(whole, "PNG")
    return whole.getvalue()
