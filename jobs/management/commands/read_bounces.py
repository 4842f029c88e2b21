"""Read what mail systems reported: files, folders (also Maildir), mbox files, or one mail from standard input."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from mailbox import mbox
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs.actions import messages
from jobs.emails import reports


class Command(BaseCommand):
    help = (
        "Read delivery status notifications (RFC 3464) and mark the mails to candidates that did not arrive. "
        "Reading the same one again changes nothing. A mail server can pipe each one into `read_bounces -`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="a mail, an mbox, a folder of mails, or - for stdin"
        )
        parser.add_argument("--delete", action="store_true", help="remove each file after it was read (not an mbox)")

    def handle(self, *args: Any, **options: Any) -> None:
        mails = found = written = 0
        for path in options["paths"]:
            for raw, file in self._mails(path):
                mails += 1
                for report in reports.read(raw):
                    found += 1
                    written += messages.record_bounce(report=report, now=timezone.now()) is not None
                if options["delete"] and file is not None:
                    file.unlink(missing_ok=True)
        self.stdout.write(f"{mails} mails read, {found} reports in them, {written} about mails of ours")

    def _mails(self, named: str) -> Iterator[tuple[bytes, Path | None]]:
        if named == "-":
            yield sys.stdin.buffer.read(reports.MOST_BYTES), None
            return
        path = Path(named)
        if not path.exists():
            raise CommandError(f"There is no {path}.")
        for file in [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file()):
            with file.open("rb") as opened:
                first = opened.read(5)
                if first == b"From ":
                    box = mbox(file, create=False)
                    yield from ((box.get_bytes(key)[: reports.MOST_BYTES], None) for key in box.iterkeys())
                    continue
                yield first + opened.read(reports.MOST_BYTES), file
