"""manage.py replay_erasures [--dry-run]: after a restore, before the service starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from candidates.actions import replaying
from candidates.erasure.ledger import LedgerBroken
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Erase again whoever the ledger names and a restored backup brought back; exits 1 unless all are gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only name them, by identifier.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        del args, options
        try:
            done = replaying.replay(now=timezone.now(), dry_run=dry_run)
        except LedgerBroken as error:
            raise CommandError(f"The ledger was changed: {error}. Do not start; docs/privacy.md says more.") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        for person in done.people:
            self.stdout.write(f"{person} {'would be erased again' if dry_run else 'erased again'}")
        self.stderr.write(f"{done.entries} entries in the ledger, {len(done.people)} people were back.")
