"""Measures how well real files of many layouts are read: text quality by engine, and what the parser finds in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from candidates.actions.reading import ReadResume, read_file
from candidates.resumes.document import Label
from hrassist.lib.errors import DomainError


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file as read; `error` says why it could not be and leaves the rest at zero."""

    name: str
    seconds: float
    pages: int = 0
    words: int = 0
    engines: str = ""
    fused: float = 0.0
    hidden: int = 0
    has_name: bool = False
    has_email: bool = False
    has_phone: bool = False
    work: int = 0
    education: int = 0
    sections: int = 0
    error: str = ""


def fused_share(text: str) -> float:
    """The share of words that look like several without their spaces: over 20 letters, or two capitals within."""
    words = [word for word in text.split() if len(word) > 1 and word.strip(".,;:()•|").isalpha()]
    fused = [
        w
        for w in words
        if len(w) > 20 or (len(w) > 9 and sum(a.islower() and b.isupper() for a, b in pairwise(w)) >= 2)
    ]
    return len(fused) / len(words) if words else 0.0


def evaluate(folder: Path) -> list[FileReport]:
    """Read every PDF of a folder through the cage, in order of name."""
    return [_report(path) for path in sorted(folder.glob("*.pdf"))]


def _report(path: Path) -> FileReport:
    began = perf_counter()
    try:
        read = read_file(path.read_bytes())
    except DomainError as error:
        return FileReport(path.name, perf_counter() - began, error=f"{error.message} ({error.code})")
    return _measured(path.name, read, perf_counter() - began)


def _measured(name: str, read: ReadResume, seconds: float) -> FileReport:
    text = read.document.text
    resume = read.parsed.json_resume
    return FileReport(
        name=name,
        seconds=seconds,
        pages=len(read.document.pages),
        words=len(text.split()),
        engines="+".join(sorted({page.engine for page in read.document.pages})),
        fused=fused_share(text),
        hidden=len(read.document.hidden),
        has_name=bool(read.parsed.of(Label.NAME)),
        has_email=bool(read.parsed.of(Label.EMAIL)),
        has_phone=bool(read.parsed.of(Label.PHONE)),
        work=len(resume["work"]),
        education=len(resume["education"]),
        sections=len({one.kind for one in read.parsed.sections} - {"top", "other"}),
    )


def render(reports: Sequence[FileReport]) -> str:
    """A line per file and a summary of all."""
    heads = ("file", "pages", "words", "fused", "hidden", "n e p", "work", "edu", "sect", "sec", "engine")
    lines = ["{:<52}{:>6}{:>7}{:>7}{:>7} {:<6}{:>5}{:>5}{:>5}{:>7}  {}".format(*heads)]
    for one in reports:
        if one.error:
            lines.append(f"{one.name:<52} {one.error}")
            continue
        marks = " ".join("y" if has else "-" for has in (one.has_name, one.has_email, one.has_phone))
        lines.append(
            f"{one.name:<52}{one.pages:>6}{one.words:>7}{100 * one.fused:>6.1f}%{one.hidden:>7} {marks:<6}"
            f"{one.work:>5}{one.education:>5}{one.sections:>5}{one.seconds:>7.2f}  {one.engines}"
        )
    good = [one for one in reports if not one.error]
    if good:
        count = len(good)
        has_work, has_education = sum(o.work > 0 for o in good), sum(o.education > 0 for o in good)
        lines.append(
            f"{count} of {len(reports)} files read; name in {sum(o.has_name for o in good)}, "
            f"e-mail in {sum(o.has_email for o in good)}, phone in {sum(o.has_phone for o in good)}, "
            f"work in {has_work}, education in {has_education}; fused words "
            f"{100 * sum(o.fused for o in good) / count:.1f} % on average; "
            f"{sum(o.seconds for o in good) / count:.2f} s each."
        )
    return "\n".join(lines)
