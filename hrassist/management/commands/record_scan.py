"""Keep what a scanner found, for the security page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hrassist import scans
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Record the result file of a scanner, so that the security page shows when it ran and what is open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tool", choices=sorted(scans.READERS))
        parser.add_argument("file", type=Path, help="The tool's JSON report (SARIF for codeql and zizmor).")
        parser.add_argument("--target", default="", help="What was scanned: an image, an address.")
        parser.add_argument("--ran-at", default="", metavar="TIME", help="When it ran; by default the file's time.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
            written = datetime.fromtimestamp(options["file"].stat().st_mtime, tz=UTC)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        try:
            ran_at = parse_datetime(options["ran_at"]) if options["ran_at"] else written
        except ValueError:
            ran_at = None
        if ran_at is None:
            raise CommandError("--ran-at takes a time like 2026-11-25T22:00:00Z.")
        try:
            scan = scans.record(
                tool=options["tool"],
                content=content,
                target=options["target"],
                ran_at=ran_at if ran_at.tzinfo else ran_at.replace(tzinfo=UTC),
                now=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        found = ", ".join(f"{getattr(scan, level)} {level}" for level in scans.LEVELS if getattr(scan, level))
        self.stdout.write(f"{scan}: {found or 'nothing found'}.")
