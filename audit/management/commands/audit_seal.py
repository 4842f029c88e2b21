"""Seal the audit trail now, as the worker does every minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actions import anchoring, seals
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Seal all events that are settled and copy what the anchors lack; the worker does it every minute."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            made = seals.seal_all(most_seconds=3600)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{len(made)} seals over {sum(one.count for one in made)} events.")
        for place, count in anchoring.copy_all(most_seconds=3600).items():
            self.stdout.write(f"{count} copied to {place}.")
