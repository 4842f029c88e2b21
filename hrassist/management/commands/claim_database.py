"""Make a copy of another environment's database this environment's own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from hrassist import databases


class Command(BaseCommand):
    help = (
        "Mark the database as this environment's (HRASSIST_ENV), as its owner. For a copy of production that staging "
        "may have: its people are real, so no mail must leave it (docs/infrastructure/deploy.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="owner", required=True, help="Whose it is now, for example production.")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = databases.environment()
        if now == settings.ENVIRONMENT:
            self.stdout.write(f"It belongs to {now} already.")
            return
        if now != options["owner"]:
            raise CommandError(f"It belongs to {now or 'nobody'}, not to {options['owner']}. Nothing was changed.")
        try:
            databases.claim(environment=settings.ENVIRONMENT)
        except DatabaseError as error:
            raise CommandError(f"Only the owner of the tables can do that: {str(error).strip()}") from error
        self.stdout.write(f"It belongs to {settings.ENVIRONMENT} now.")
