"""Prints what can be read from resumes, without a database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from candidates.actions.reading import ReadResume, read_file, read_text
from candidates.resumes.parse.fields import fields_of
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Parse resumes: files to a summary or JSON, or a stream of texts to a stream of fields. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per file and line, with spans and confidence"
        )
        parser.add_argument(
            "--text-jsonl", metavar="FILE", help='read {"id","text"} lines from a file, or from - (standard input)'
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if bool(options["files"]) == bool(options["text_jsonl"]):
            raise CommandError("Name the files to parse, or give --text-jsonl FILE (- for standard input).")
        if options["text_jsonl"]:
            failed = self.parse_lines(options["text_jsonl"])
        else:
            failed = sum(not self.parse_file(path, as_json=options["json"]) for path in options["files"])
        if failed:
            sys.exit(1)

    def parse_file(self, path: Path, *, as_json: bool) -> bool:
        try:
            read = read_file(path.read_bytes())
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror or error}.")
            return False
        except DomainError as error:
            self.stderr.write(f"{path}: {error.message} ({error.code})")
            return False
        self.stdout.write(
            json.dumps(as_object(path.name, read), ensure_ascii=False) if as_json else as_summary(path.name, read)
        )
        return True

    def parse_lines(self, source: str) -> int:
        failed = 0
        with opened(source) as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                try:
                    row = text_row(line)
                except ValueError as error:
                    self.stderr.write(f"Line {number}: {error}")
                    failed += 1
                    continue
                fields = fields_of(read_text(row["text"]).parsed)
                self.stdout.write(json.dumps({"id": row["id"], "fields": fields}, ensure_ascii=False))
                self.stdout.flush()
        return failed


@contextmanager
def opened(source: str) -> Iterator[IO[bytes]]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(source).open("rb")  # noqa: SIM115  # closed below; only the opening is guarded
    except OSError as error:
        raise CommandError(f"{source}: {error.strerror or error}.") from error
    with stream:
        yield stream


def text_row(line: bytes) -> dict[str, Any]:
    """One line of input; raises ValueError saying what is wrong with it."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not valid JSON in UTF-8 ({error}).") from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise ValueError('expected an object {"id": …, "text": "…"}.')
    return row


def as_object(name: str, read: ReadResume) -> dict[str, Any]:
    return {
        "file": name,
        "pages": len(read.document.pages),
        "language": read.language,
        "resume": read.parsed.json_resume,
        "fields": [asdict(one) for one in read.parsed.fields],
        "sections": [asdict(one) for one in read.parsed.sections],
        "warnings": [*read.document.warnings, *read.parsed.warnings],
        "parser_version": read.parsed.parser_version,
    }


def as_summary(name: str, read: ReadResume) -> str:
    resume = read.parsed.json_resume
    basics = resume["basics"]
    lines = [f"{name}: {basics.get('name', 'no name found')}"]
    lines += [f"  {key}: {basics[key]}" for key in ("label", "email", "phone") if key in basics]
    for one in resume["work"]:
        dates = f"{one.get('startDate', '?')} to {one.get('endDate', 'now')}" if "startDate" in one else "undated"
        lines.append(f"  work: {one.get('position', '?')}, {one.get('name', '?')}, {dates}")
    for one in resume["education"]:
        said = " ".join(one[key] for key in ("studyType", "area") if key in one) or "?"
        lines.append(f"  education: {said}, {one.get('institution', '?')}, {one.get('endDate', 'undated')}")
    if resume["skills"]:
        lines.append("  skills: " + ", ".join(one["name"] for one in resume["skills"]))
    lines += [f"  note: {warning}" for warning in (*read.document.warnings, *read.parsed.warnings)]
    return "\n".join(lines)
