"""Make or replace the key that backups are encrypted with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import keys


class Command(BaseCommand):
    help = "Make the key of backups (--new FILE), put a new one before it (--rotate), or name those that are held."
    # A setting that names a file which is not there yet must not stand in the way of making it (E093).
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--new", type=Path, metavar="FILE", help="Make a key in a file that is not there yet.")
        what.add_argument("--rotate", action="store_true", help="Encrypt with a new key; old ones still decrypt.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        try:
            if options["new"]:
                key = keys.generate(options["new"])
                self.stdout.write(f"Key {key.id} is in {options['new']}. Keep a copy away from this machine.")
                return
            ring = keys.configured()
            if options["rotate"]:
                key = keys.rotate(Path(settings.BACKUP_KEY_FILE))
                self.stdout.write(f"Key {key.id} encrypts from now on. Keep a copy; keep the old keys for 60 days.")
                return
        except DomainError as error:
            raise CommandError(error.message) from error
        except FileExistsError as error:
            raise CommandError(
                f"{options['new']} is there already. Use --rotate to put a new key before it."
            ) from error
        for number, key in enumerate(ring.keys):
            self.stdout.write(f"{key.id}  {'decrypts' if number else 'encrypts'}")
