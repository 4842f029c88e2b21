"""Write the audit trail to a file or to standard output."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit import actions as audit
from audit.actions import exporting
from audit.sealing.canonical import COLUMNS
from hrassist.lib.tables import safe


class Command(BaseCommand):
    help = (
        "Write events as JSON lines or CSV, oldest first, in constant memory; that they left is on record. JSON lines "
        "are the very bytes that the seals cover; cells of CSV that a spreadsheet would calculate are defused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="from this day on (UTC)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="before this day (UTC)")
        parser.add_argument("--output", type=Path, help="a new file; without it standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        since, until, kind = _day(options["since"]), _day(options["until"]), options["format"]
        about = {"format": kind, "since": options["since"] or "", "until": options["until"] or ""}
        # On record before the first byte, as every access is.
        audit.viewed("event.exported", target=None, by=None, **about)
        path: Path | None = options["output"]
        try:
            file: IO[str] = path.open("x", encoding="utf-8", newline="") if path else sys.stdout
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        with transaction.atomic():
            lines = exporting.lines(since=since, until=until)
            count = (_as_csv if kind == "csv" else _as_json)(lines, file)
        if path:
            file.close()
        self.stderr.write(f"{count:,} events.")


def _as_json(lines: Iterator[bytes], file: IO[str]) -> int:
    count = 0
    for line in lines:
        file.write(f"{line.decode()}\n")
        count += 1
    return count


def _as_csv(lines: Iterator[bytes], file: IO[str]) -> int:
    count, writer = 0, csv.writer(file)
    writer.writerow(COLUMNS)
    for line in lines:
        fields = json.loads(line)
        fields["changes"] = json.dumps(fields["changes"], sort_keys=True, ensure_ascii=False)
        writer.writerow([safe(fields[name]) for name in COLUMNS])
        count += 1
    return count


def _day(said: str | None) -> datetime | None:
    if not said:
        return None
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError(f"“{said}” is no day. Write it as 2026-09-01.") from error
