"""Let events go whose time is over."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.actions import expiring
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = (
        "Delete events older than HRASSIST_AUDIT_KEEP_MONTHS by whole seals, on record and sealed, without those of "
        "people under a legal hold; the worker does it every night."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many would go")

    def handle(self, *_args: Any, **options: Any) -> None:
        seals = events = 0
        try:
            while True:
                done = expiring.expire(dry_run=options["dry_run"])
                seals, events = seals + done.seals, events + done.events
                if options["dry_run"] or not done.seals:
                    break
        except DomainError as error:
            raise CommandError(error.message) from error
        verb = "would go" if options["dry_run"] else "are gone"
        self.stdout.write(
            f"{events:,} events of {seals:,} seals {verb}, older than {settings.AUDIT_KEEP_MONTHS} months; "
            f"{done.held:,} seals stay because of a legal hold."
        )
