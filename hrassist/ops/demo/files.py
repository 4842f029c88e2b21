"""The demo's resume files: which person comes in which format and layout, and what is true of each file."""

from __future__ import annotations

import io
import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from hrassist.ops.demo import docx, odt, pdf, sheet, txt
from hrassist.ops.demo.people import Person, ascii_slug, invent

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "txt": "text/plain",
}
# Of twenty files: twelve PDF, five DOCX, two ODT, one or two TXT, as such inboxes look.
_FORMATS = (
    "pdf", "docx", "pdf", "pdf", "odt", "pdf", "docx", "pdf", "pdf", "txt",
    "pdf", "docx", "pdf", "pdf", "docx", "pdf", "odt", "pdf", "txt", "docx",
)  # fmt: skip
SCANNED = 4


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file of the demo; `truth` is what a perfect reader finds, `expected` is ready or rejected."""

    number: int
    filename: str
    kind: str
    layout: str
    data: bytes
    truth: dict[str, Any]
    expected: str = "ready"

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.kind]


def plan(count: int, *, seed: int = 1) -> list[Person]:
    """The people of the demo: one for each readable file, then three whose files are refused."""
    return invent(count + 3, seed=seed)


def make(people: list[Person], *, only: Container[int] | None = None) -> Iterator[DemoFile]:
    """The files of `plan`'s people, or of those numbered in `only`; written when asked for, always the same bytes."""
    *readable, encrypted, scripted, truncated = people
    # The scans take longest to read: first, so that they do not end the queue on one core.
    for person in [*readable[-SCANNED:], *readable[:-SCANNED]]:
        if only is None or person.number in only:
            yield _readable(person, count=len(readable))
    for person, layout, write in (
        (encrypted, "encrypted", _encrypted),
        (scripted, "scripted", _scripted),
        (truncated, "truncated", _truncated),
    ):
        if only is None or person.number in only:
            name = _filename(person, kind="pdf")
            yield DemoFile(
                person.number, name, "pdf", layout, write(sheet.of(person)), person.truth(), expected="rejected"
            )


def _readable(person: Person, *, count: int) -> DemoFile:
    """The file of one readable person among `count`; the last few are scans and one carries hidden instructions."""
    values = sheet.of(person)
    turn = person.number
    kind, left = _FORMATS[turn % len(_FORMATS)], count - turn
    if left <= SCANNED:
        kind, layout = "pdf", "scanned"
        data = pdf.write_scanned(values, layout=("single", "photo")[turn % 2], seed=turn)
    elif left == SCANNED + 1:
        kind, layout = "pdf", "hidden"
        data = pdf.write_with_hidden_text(values)
    else:
        writer, layouts = {
            "pdf": (pdf.write, pdf.PDF_LAYOUTS),
            "docx": (docx.write, docx.DOCX_LAYOUTS),
            "odt": (odt.write, odt.ODT_LAYOUTS),
            "txt": (txt.write, txt.TXT_LAYOUTS),
        }[kind]
        # A stride without a common factor with the formats' period of 20, so that every layout gets its share.
        layout = layouts[(turn * 7919 // 13) % len(layouts)]
        data = writer(values, layout=layout)
    return DemoFile(turn, _filename(person, kind=kind), kind, layout, data, person.truth())


def write_all(folder: Path, *, count: int, seed: int = 1) -> int:
    """Write every file and truth.jsonl, one line per file, into `folder`; returns how many files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for file in make(plan(count, seed=seed)):
            (folder / file.filename).write_bytes(file.data)
            about = {"file": file.filename, "layout": file.layout, "expected": file.expected, **file.truth}
            truth.write(json.dumps(about, ensure_ascii=False) + "\n")
            written += 1
    return written


def _filename(person: Person, *, kind: str) -> str:
    words = ascii_slug(person.name).split(".")
    joined = (
        "_".join(word.capitalize() for word in words) + "_CV",
        "Resume " + " ".join(word.capitalize() for word in words),
        "-".join(words) + "-resume",
        "CV_" + "".join(word.capitalize() for word in words),
    )[person.number % 4]
    return f"{joined}_{person.number:03d}.{kind}"


def _encrypted(values: dict[str, Any]) -> bytes:
    """A PDF that opens with a password only."""
    # AES needs random bytes; the old cipher derives everything from the file, so that the bytes repeat.
    return _saved(values, encryption=pikepdf.Encryption(owner="demo", user="demo", R=3, aes=False, metadata=False))


def _scripted(values: dict[str, Any]) -> bytes:
    """A PDF that runs a script when it is opened."""
    return _saved(values, script="app.alert('Hello from the resume');")


def _truncated(values: dict[str, Any]) -> bytes:
    """A PDF of which only the first part arrived."""
    return pdf.write(values, layout="single")[:4000]


def _saved(values: dict[str, Any], *, script: str = "", encryption: pikepdf.Encryption | None = None) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf.write(values, layout="single"))) as document:
        if script:
            document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=script)
        if encryption:
            document.save(out, encryption=encryption, static_id=True)
        else:
            document.save(out, static_id=True)
    return out.getvalue()
