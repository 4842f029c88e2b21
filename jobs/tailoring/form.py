"""Tailored resumes in a customer's own Word file: what it may ask for, whether it is sound, and the finished paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from candidates.actions.forms import FilledForm, Unreadable, fill_form, read_back
from candidates.actions.reading import ReadResume
from hrassist.lib import typesetting
from hrassist.lib.errors import DomainError
from hrassist.lib.typesetting import clean
from jobs.tailoring.draft import Material
from jobs.tailoring.facts import Finding, Level, Skeleton, Source, check_heads, check_paper, skeleton
from jobs.tailoring.facts.source import facts_of
from jobs.tailoring.paper.compose import Wording, entry_lines, label, study_degree, today
from jobs.tailoring.paper.languages import span
from jobs.tailoring.paper.word import AI_MADE

MOST_BYTES = 2 * 2**20
ENTRY = {"position": "", "employer": "", "place": "", "dates": "", "lines": [""]}
SHAPE: dict[str, Any] = {
    "name": "", "headline": "", "email": "", "phone": "", "place": "", "contact": "", "summary": "", "skills": "",
    "certificates": "", "languages": "", "awards": "", "publications": "", "job_title": "", "company": "", "date": "",
    "label": "", "work": [ENTRY], "projects": [ENTRY],
    "education": [{"degree": "", "school": "", "dates": ""}],
}  # fmt: skip
# A person who does not exist: what the preview of a template shows.
SAMPLE: dict[str, Any] = {
    "basics": {"name": "Mira Talvik", "label": "Bridge Engineer", "email": "mira.talvik@example.org",
               "phone": "+49 30 901820", "location": {"city": "Rostock"},
               "summary": "Bridge engineer with seven years of steel and timber."},
    "work": [
        {"name": "Hanseatic Bridges GmbH", "position": "Bridge Engineer", "location": "Rostock",
         "startDate": "2019-04",
         "highlights": ["Designed four footbridges of steel", "Checked drawings of 3 colleagues"]},
        {"name": "Warnow Timber", "position": "Junior Engineer", "location": "Wismar", "startDate": "2016",
         "endDate": "2019", "highlights": ["Measured 20 old bridges"]},
    ],
    "projects": [{"name": "Footbridge for a school", "highlights": ["Calculated loads"]}],
    "education": [{"institution": "Universität Rostock", "studyType": "Master of Science", "area": "Civil Engineering",
                   "endDate": "2016"}],
    "skills": [{"name": "AutoCAD"}, {"name": "Surveying"}],
    "languages": [{"language": "German", "fluency": "native"}],
    "certificates": [{"name": "Welding inspection course"}], "awards": [], "publications": [],
}  # fmt: skip
_SAMPLE_AT = datetime(2024, 5, 2, 12, tzinfo=UTC)


class TemplateWrong(DomainError):
    """The file cannot be a template; the message says what is wrong, and where."""

    code = "template_wrong"


def sample() -> Material:
    """The invented person, applying to an invented job."""
    own = skeleton.of(SAMPLE)
    brief = {"title": "Senior Bridge Engineer", "company": "Example Ltd"}
    return Material(source=Source(own, " ".join(own.spans.values())), brief=brief, language="en", with_letter=False)


def checked(content: bytes) -> tuple[FilledForm, ReadResume]:
    """The template filled with the sample and read back. Raises TemplateWrong."""
    if len(content) > MOST_BYTES:
        raise TemplateWrong("A template has at most 2 MB. Make its pictures smaller.")
    material = sample()
    own = material.source.skeleton
    lines = [Wording("work", entry.id, one.text) for entry in own.entries for one in entry.bullets]
    lines += [Wording("summary", "", one.text) for one in own.summary]
    values = values_of(material, lines, skill_order=(), made_by="hrassist", now=_SAMPLE_AT)
    try:
        filled = _filled(content, values, now=_SAMPLE_AT)
        back = read_back(filled.content)
    except Unreadable as error:
        raise TemplateWrong(error.message, code=error.code) from error
    if "label" not in filled.used:
        raise TemplateWrong(
            "Every tailored resume says that it is AI-made. Put {{ label }} where the template shall say so, in its "
            "footer for example."
        )
    for line in filled.own_lines:
        for finding in _stated(line):
            raise TemplateWrong(
                f"The template itself says “{line[:80]}”. What a person is or knows stands in their resume and never "
                f"in the template: {finding}."
            )
    for line in filled.body_lines:
        _require_of_nobody(line)
    missing = check_heads(back.document.text, source=material.source)
    if missing:
        raise TemplateWrong(
            f"The template leaves out what every resume has to keep: {_what(missing[0].value, own)}. Put it in a line "
            "of its own between {% for … %} and {% endfor %}."
        )
    return filled, back


def _require_of_nobody(line: str) -> None:
    """Raises TemplateWrong where a line would be a fact of everybody whom the template is filled for."""
    for said in check_paper(line, source=Source(skeleton.of({}), "")):
        if said.level is Level.BLOCK:
            raise TemplateWrong(
                f"The template itself says “{line[:80]}”, which states something of whoever it is filled for "
                f"(“{said.value}”). Leave it out; what is of your own company belongs in the header or footer."
            )


def _stated(line: str) -> Iterable[str]:
    said = facts_of(line)
    yield from (f"{one} is a degree" for one in said.degrees)
    yield from (f"{one} is a credential" for one in said.credentials)
    # A heading is a word or two; a sentence with a skill in it says something of somebody.
    yield from (f"{one.written} is a skill" for one in said.skills if len(line.split()) > 4)


def _what(value: str, own: Skeleton) -> str:
    names = {one.name: "{{ job.employer }}" for one in own.work} | {
        one.position: "{{ job.position }}" for one in own.work
    }
    names |= {one.name: "the projects ({% for project in projects %})" for one in own.projects}
    names |= {one.school: "{{ study.school }}" for one in own.studies}
    return names.get(value, "{{ study.degree }}")


def paper(
    content: bytes, material: Material, lines: Iterable[Wording], *, skill_order: Iterable[str], made_by: str,
    now: datetime,
) -> tuple[bytes, ReadResume]:  # fmt: skip
    """The finished file and what our parser reads in it. Raises Unreadable, and TemplateWrong for a fact too many."""
    values = values_of(material, lines, skill_order=skill_order, made_by=made_by, now=now)
    filled = _filled(content, values, now=now)
    back = read_back(filled.content)
    ours = [*filled.own_lines, values["label"], values["date"], values["job_title"], values["company"]]
    found: list[Finding] = check_paper(
        back.document.text, source=material.source, ours=ours, also=material.quotable
    ) + check_heads(back.document.text, source=material.source)  # fmt: skip
    if any(one.level is Level.BLOCK for one in found):
        raise TemplateWrong(
            f"The finished file was read again and {found[0].message} No file was kept. Choose another template, or "
            "none."
        )
    return filled.content, back


def _filled(content: bytes, values: Mapping[str, Any], *, now: datetime) -> FilledForm:
    return fill_form(content, shape=SHAPE, values=values, properties=_properties(values, now=now))


def values_of(
    material: Material, lines: Iterable[Wording], *, skill_order: Iterable[str], made_by: str, now: datetime
) -> dict[str, Any]:  # fmt: skip
    """What each placeholder stands for."""
    own, language = material.source.skeleton, material.language
    chosen = list(lines)
    by_entry = entry_lines(chosen)
    known = {one.id: clean(one.text) for one in own.skills}
    first = [known[key] for key in dict.fromkeys(skill_order) if key in known]

    def entries(of: Iterable[Any]) -> list[dict[str, Any]]:
        return [
            {
                "position": clean(one.position), "employer": clean(one.name), "place": clean(one.place),
                "dates": span(one.start, one.end, language, current=one.is_current), "lines": by_entry.get(one.id, []),
            }
            for one in of
        ]  # fmt: skip

    return {
        "name": clean(own.name), "headline": clean(own.label), "email": clean(own.email), "phone": clean(own.phone),
        "place": clean(own.place),
        "contact": " | ".join(clean(one) for one in (own.email, own.phone, own.place, *own.links) if one),
        "summary": clean(" ".join(one.text for one in chosen if one.part == "summary")),
        "skills": ", ".join([*first, *(text for text in known.values() if text not in first)]),
        "certificates": _listed(own.certificates), "languages": _listed(own.languages), "awards": _listed(own.awards),
        "publications": _listed(own.publications),
        "job_title": clean(str(material.brief.get("title", ""))),
        "company": clean(str(material.brief.get("company", ""))),
        "date": today(now, language), "label": label(language, made_by, now),
        "work": entries(own.work), "projects": entries(own.projects),
        "education": [
            {"degree": study_degree(one, material.source.text), "school": clean(one.school),
             "dates": span(one.start, one.end, language, current=False)}
            for one in own.studies
        ],
    }  # fmt: skip


def _listed(spans: Iterable[Any]) -> str:
    return ", ".join(clean(one.text) for one in spans)


def _properties(values: Mapping[str, Any], *, now: datetime) -> str:
    """Core properties that say what the file is; whatever the template said of its writer goes."""
    at = f"{typesetting.whole_second(now):%Y-%m-%dT%H:%M:%SZ}"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties '
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(values['name'])}</dc:title><dc:creator>{escape(values['name'])}</dc:creator>"
        f"<cp:keywords>{AI_MADE}</cp:keywords><dc:description>{escape(values['label'][:255])}</dc:description>"
        "<cp:category>AI-made</cp:category><cp:lastModifiedBy>hrassist</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified></cp:coreProperties>'
    )
