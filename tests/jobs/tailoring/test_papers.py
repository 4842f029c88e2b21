"""The papers of a run as programs read them: the PDF as the DOCX, line by line and in its order."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from candidates.actions.reading import read_file
from hrassist.lib import typesetting
from jobs.tailoring import paper
from jobs.tailoring.draft import Material
from jobs.tailoring.facts import Source, check_heads, check_paper, skeleton
from jobs.tailoring.paper.compose import Wording, own_words
from jobs.tailoring.paper.languages import LANGUAGES, WORDS
from jobs.tailoring.paper.pdf import TEMPLATES
from tests.jobs.tailoring.resumes import RESUMES, parsed

FIRST_HEAD, FIRST_LINE = "Staff Nurse, Fjord Hospital, Oslo", "Cared for 12 patients a shift on a surgical ward"
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def material_of(own: Source, language: str = "en") -> Material:
    brief = {"title": "Platform Engineer", "company": "Example Ltd"}
    return Material(source=own, brief=brief, language=language, with_letter=True)


def as_it_stands(own: Source) -> list[Wording]:
    """Every line of the resume as it is, and those of the first job as a letter."""
    entries = own.skeleton.entries
    lines = [Wording("summary", "", one.text) for one in own.skeleton.summary]
    lines += [Wording("work", entry.id, one.text) for entry in entries for one in entry.bullets]
    return lines + [Wording("letter", "", one.text) for one in entries[0].bullets]


def sheets(own: Source, language: str = "en") -> dict[str, Any]:
    material, lines = material_of(own, language), as_it_stands(own)
    return {
        "resume": paper.resume(material, lines, skill_order=(), made_by="hrassist", now=AT),
        "letter": paper.letter(material, lines, made_by="hrassist", now=AT),
    }


def files(kind: str, sheet: dict[str, Any]) -> tuple[str, str]:
    """What is read in the DOCX and in the PDF of a paper."""
    docx = {"resume": paper.resume_docx, "letter": paper.letter_docx}[kind](sheet, made_at=AT)
    pdf = {"resume": paper.resume_pdf, "letter": paper.letter_pdf}[kind](sheet, made_at=AT)
    return read_file(docx).document.text, read_file(pdf).document.text


def told(text: str) -> list[str]:
    """The words of a text in order, without bullets, bars and the numbers of pages."""
    return [word for word in re.sub(r"\b1 of 1\b|[•|]", " ", text).split() if word]


@pytest.mark.parametrize("kind", ["resume", "letter"])
@pytest.mark.parametrize("name", RESUMES)
def test_a_pdf_reads_word_for_word_as_its_docx(name, kind):
    own = Source(skeleton.of(parsed(RESUMES[name])), RESUMES[name])
    docx, pdf = files(kind, sheets(own)[kind])
    assert told(pdf) == told(docx)
    assert len(told(pdf)) > 40


PARTS = ("basics", "work", "education", "certificates", "languages", "awards", "publications")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RESUMES)
def test_our_own_parser_reads_in_either_file_what_it_read_in_the_original(name, language):
    text = RESUMES[name]
    sheet = sheets(Source(skeleton.of(parsed(text)), text), language)["resume"]
    files = paper.resume_docx(sheet, made_at=AT), paper.resume_pdf(sheet, made_at=AT)
    for read in (read_file(content).parsed.json_resume for content in files):
        for part in PARTS:
            assert of_the_person(read[part], sheet["label"]) == parsed(text)[part], part
        # Of a skill that no list knows only the surroundings tell that it is one, and on paper they are others.
        assert known(parsed(text)) <= known(read)


def of_the_person(part: Any, label: str) -> Any:
    """Without the label, which stands at the foot of the last section."""
    return [one for one in part if label not in one.get("name", "")] if isinstance(part, list) else part


def known(read: dict[str, Any]) -> set[str]:
    return {one["name"] for one in read["skills"] if one.get("keywords")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RESUMES)
def test_no_language_of_a_paper_states_or_drops_a_fact(name, language):
    own = Source(skeleton.of(parsed(RESUMES[name])), RESUMES[name])
    for kind, sheet in sheets(own, language).items():
        docx, pdf = files(kind, sheet)
        said = WORDS[language]
        assert said["work" if kind == "resume" else "greeting"] in docx
        assert sheet["label"] in docx
        also = material_of(own).quotable if kind == "letter" else ""
        assert check_paper(docx, source=own, ours=own_words(sheet), also=also) == []
        assert paper.first_lost(sheet, pdf) == ""
        if kind == "resume":
            assert check_heads(docx, source=own) == []


def of_letters(name: str, line: str, times: int = 2) -> Source:
    work = [{"name": "Northwind", "position": "Clerk", "startDate": "2019", "highlights": [line] * times}]
    return Source(skeleton.of({"basics": {"name": name, "email": "a@example.org"}, "work": work}), "")


@pytest.mark.parametrize("kind", ["resume", "letter"])
@pytest.mark.parametrize(
    ("name", "line", "times"),
    [
        ("דנה כהן", "פיתחה את השירות ב Python עבור 40 לקוחות", 2),
        ("محمد الأمين", "بنى الخدمة في Python لأربعين 40 عميلا", 2),
        ("Анна Иванова", "Разработала сервис", 2),
        ("Nguyễn Thị Hồng Ánh", "Efficient ﬁne office, CO₂ and x² of a naïve façade", 2),
        ("Anna Long", "Wrote" + " a very long line of fluffy and official words" * 8, 40),
    ],
)
def test_a_pdf_of_any_letters_and_length_is_known_to_be_its_paper(name, line, times, kind):
    sheet = sheets(of_letters(name, line, times))[kind]
    assert paper.first_lost(sheet, files(kind, sheet)[1]) == ""


@pytest.mark.parametrize(
    ("kind", "drawn", "drawn_wrongly", "lost"),
    [
        ("resume", "list(..item.lines.map(line => [#line]))", "[]", FIRST_LINE),
        ("resume", "item.lines.map(", "item.lines.rev().map(", FIRST_LINE),
        ("resume", 'weight: "bold", item.head', 'weight: "bold", "Chief " + item.head', FIRST_HEAD),
        ("letter", "#paper.closing", "", "Kind regards"),
        ("letter", "in paper.paragraphs", "in paper.paragraphs.rev()", FIRST_LINE),
        ("letter", "#v(1em)\n#paper.name", "#paper.name 7 years", "7years"),
    ],
)
def test_a_pdf_that_drops_moves_or_adds_a_line_is_told(kind, drawn, drawn_wrongly, lost, tmp_path):
    form = (TEMPLATES / f"{kind}.typ").read_text(encoding="utf-8")
    assert drawn in form
    template = tmp_path / f"{kind}.typ"
    template.write_text(form.replace(drawn, drawn_wrongly), encoding="utf-8")
    own = Source(skeleton.of(parsed(RESUMES["ingrid"])), RESUMES["ingrid"])
    sheet = sheets(own)[kind]
    read = read_file(typesetting.pdf(template, sheet, made_at=AT)).document.text
    assert paper.first_lost(sheet, read) == lost
