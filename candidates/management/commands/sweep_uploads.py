"""Clear what abandoned and crashed uploads left behind."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from candidates.actions import uploads
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Expire abandoned uploads, delete old incoming files, report stored files that belong to no resume."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            swept = uploads.sweep(now=timezone.now(), dry_run=options["dry_run"])
        except DomainError as error:
            raise CommandError(error.message) from error
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{swept.expired} abandoned uploads {would}expired")
        self.stdout.write(f"{swept.incoming} old incoming files {would}deleted")
        self.stdout.write(f"{len(swept.orphans)} stored files belong to no resume, {swept.deleted} of them deleted")
        for key in swept.orphans:
            self.stdout.write(f"  {key}")
