"""Reading a resume as a whole: bytes or text in, everything that can be told from them out; no row is touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from candidates.resumes.document import Document, Label, ParsedResume
from candidates.resumes.language import detect
from candidates.resumes.mask import MASK, mask
from candidates.resumes.parse import document_of, parse
from candidates.resumes.parse.dataset import digest
from candidates.resumes.parse.dates import POINT, iso
from candidates.resumes.parse.tagger import MODEL
from candidates.resumes.skills import SkillSpan, find_skills

HEAD = 1500
"""Characters of the head: about 256 word pieces of a sentence model."""


@dataclass(frozen=True, slots=True)
class ReadResume:
    """A resume as read: text by page, the parsed form, the masked text (same offsets), and what search stands on.

    `head` is the masked text that an embedding is made of (title, summary, latest positions, skills, in this order);
    `language` is an ISO 639-1 code, or empty where the text is too short to tell.
    """

    document: Document
    parsed: ParsedResume
    masked_text: str
    head: str
    language: str


def read_file(data: bytes) -> ReadResume:
    """Read a file of any supported format in a limited child process; raises Unreadable with the reason."""
    from candidates.resumes.cage import read_in_cage  # noqa: PLC0415  # engines load only where a file is read

    return read_document(read_in_cage(data))


def read_text(text: str) -> ReadResume:
    """Read a resume given as bare text."""
    return read_document(document_of(text))


def read_document(document: Document) -> ReadResume:
    """Parse, mask and summarise a document whose text is already out of its file."""
    parsed = parse(document)
    masked = mask(document.text, parsed.fields)
    language, _ = detect(document.text)
    return ReadResume(document, parsed, masked, head_of(parsed, masked), language)


def head_of(parsed: ParsedResume, masked: str) -> str:
    """The first 256 word pieces' worth of a resume that say most about the work: never an unmasked character."""
    spans: list[tuple[int, int]] = []
    for path in ("/basics/label", "/basics/summary"):
        spans += [(one.start, one.end) for one in parsed.fields if one.path == path]
    work = [s for s in parsed.sections if s.kind == "experience"]
    skills = [s for s in parsed.sections if s.kind == "skills"]
    titles = [
        (one.start, one.end) for one in parsed.fields if one.label is Label.TITLE and one.path.startswith("/work/")
    ]
    spans += titles[:2] if work else titles[:4]
    spans += [(s.start, _reach(masked, s.start, s.end, 900)) for s in work[:1]]
    spans += [(s.start, _reach(masked, s.start, s.end, 500)) for s in skills[:1]]
    spans.append((0, len(masked)))
    taken: list[tuple[int, int]] = []
    parts: list[str] = []
    size = 0
    for start, end in spans:
        for piece_start, piece_end in _uncovered(start, end, taken):
            text = " ".join(masked[piece_start:piece_end].replace(MASK, " ").split())
            if text:
                parts.append(text)
                size += len(text) + 1
        taken.append((start, end))
        if size >= HEAD:
            break
    return "\n".join(parts)[:HEAD]


def _reach(masked: str, start: int, end: int, size: int) -> int:
    """Where a piece of `size` told characters ends: masked ones do not count, so the length of a name moves nothing."""
    blank = True
    for at in range(start, end):
        hidden = masked[at] == MASK or masked[at].isspace()
        size -= not (hidden and blank)
        blank = hidden
        if size <= 0:
            return at
    return end


def _uncovered(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    pieces = [(start, end)]
    for begin, finish in taken:
        pieces = [
            piece for s, e in pieces for piece in ((s, min(e, begin)), (max(s, finish), e)) if piece[0] < piece[1]
        ]
    return pieces


@cache
def _trained_on() -> frozenset[str]:
    return frozenset(MODEL.with_name("trained_on.txt").read_text(encoding="utf-8").split())


def was_trained_on(text: str) -> bool:
    """Whether the tagger learned from exactly this text, which makes any figure on it too good."""
    return digest(text) in _trained_on()


def skills_in(text: str) -> list[SkillSpan]:
    """The skills a text names, in order, each with its offsets and concept; a job's requirement lines ask."""
    return find_skills(text)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it stands in a text: offsets, and what it says as YYYY or YYYY-MM."""

    start: int
    end: int
    iso: str


def dates_in(text: str) -> list[WrittenDate]:
    """The dates a text names, in order, whichever way they are written; what says no year is none."""
    found = [WrittenDate(match.start(), match.end(), iso(match.group())) for match in POINT.finditer(text)]
    return [one for one in found if one.iso]
