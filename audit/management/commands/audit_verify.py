"""Prove that the audit trail is whole, or name what is not."""

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actions import verifying
from audit.sealing import keys
from hrassist import check_outcomes
from hrassist.lib.errors import DomainError
from hrassist.models import CheckOutcome


class Command(BaseCommand):
    help = (
        "Verify signatures, chain and rows of the audit trail, and with --anchors the copies outside the database. "
        "Exit 1 names the first row or seal that was edited, deleted, inserted, reordered, truncated or forged."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="only what was sealed from this day on (UTC)")
        parser.add_argument("--anchors", action="store_true", help="compare with every configured place")
        parser.add_argument(
            "--newest", type=_count, metavar="N",
            help="with --anchors: compare the newest copies alone; what was changed before shows in them, by the chain",
        )  # fmt: skip
        parser.add_argument("--bucket", action="store_true", help="compare with the bucket alone")
        parser.add_argument("--keys", type=Path, metavar="FILE", help="trust the public keys in this file, no others")
        parser.add_argument("--all", action="store_true", help="go on after the first finding, up to a hundred")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *_args: Any, **options: Any) -> None:
        began = time.monotonic()
        if options["newest"] and not options["anchors"]:
            raise CommandError("--newest says how many copies are compared: add --anchors.")
        try:
            ring = keys.parse(options["keys"].read_text(encoding="ascii")) if options["keys"] else None
            result = verifying.verify(
                ring=ring, since=_day(options["since"]), anchors=options["anchors"], bucket=options["bucket"],
                newest=options["newest"], most=100 if options["all"] else 1,
                told=self._tell if sys.stderr.isatty() else None,
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        report, seconds = result.report, time.monotonic() - began
        # A part of it, or by keys of somebody's own, says nothing of the whole.
        if options["anchors"] and not options["since"] and not options["keys"]:
            ran = [CheckOutcome.Name.AUDIT_VERIFY]
            if not check_outcomes.keep(ran, broken=len(report.problems), now=timezone.now()):
                self.stderr.write("What was found could not be kept for the figures: the database refused it.")
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json(), indent=1))
        else:
            for notice in report.notices[-20:]:
                self.stdout.write(f"note: {notice}")
            for problem in report.problems:
                self.stdout.write(f"WRONG  {problem}")
            rate = report.rows / seconds if seconds else 0
            self.stdout.write(
                f"{report.seals:,} seals, {report.rows:,} rows ({report.pending:,} not sealed yet, {report.expired:,} "
                f"expired), {result.copies:,} copies in {seconds:.1f} s ({rate:,.0f} rows/s)."
            )
        if report.problems:
            raise CommandError(f"The audit trail is not whole: {report.problems[0]}")
        if not options["json"]:
            self.stdout.write("The audit trail is whole.")

    def _tell(self, rows: int) -> None:
        self.stderr.write(f"{rows:,} rows …")


def _count(said: str) -> int:
    """So that no sign or slip leaves a night without a comparison."""
    if not said.isdecimal() or int(said) < 1:
        raise ArgumentTypeError("--newest is how many copies to compare, such as 12000")
    return int(said)


def _day(said: str | None) -> datetime | None:
    if not said:
        return None
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError("--since is a day such as 2026-09-01.") from error
