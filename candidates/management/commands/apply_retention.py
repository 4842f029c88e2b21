"""manage.py apply_retention [--dry-run]: erase everybody whose time is over by the rules."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from candidates.actions import privacy_upkeep, retention


class Command(BaseCommand):
    help = "Erase everybody whose time is over; --dry-run names exactly whom it would erase, and does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only name them, by identifier.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        del args, options
        now = timezone.now()
        done = retention.apply(now=now, dry_run=True) if dry_run else privacy_upkeep.daily(now=now)
        for person in done.removed:
            self.stdout.write(f"{person} {'would be erased' if dry_run else 'erased'}")
        for person in done.held:
            self.stdout.write(f"{person} kept: a legal hold stands")
        for person in done.later:
            self.stdout.write(f"{person} not finished yet: it is tried again")
        self.stderr.write(f"{len(done.removed)} past their time, {len(done.held)} held.")
