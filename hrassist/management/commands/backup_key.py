"""Make or replace the key that backups are encrypted with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import keys


class Command(BaseCommand):
    help = (
        "Make the key of backups (--new FILE), put a new one before it (--rotate), say what others may know of it "
        "(--public, --publish FILE), or name those that are held."
    )
    # A setting that names a file which is not there yet must not stand in the way of making it (E093).
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--new", type=Path, metavar="FILE", help="Make a key in a new file; - prints it.")
        what.add_argument("--rotate", action="store_true", help="Encrypt with a new key; old ones still decrypt.")
        what.add_argument("--rotated", action="store_true", help="Print what the file would hold after --rotate.")
        what.add_argument("--public", action="store_true", help="Print the public halves, which open nothing.")
        what.add_argument("--publish", type=Path, metavar="FILE", help="Write the public halves for all to read.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        try:
            if options["new"]:
                self._new(options["new"])
                return
            ring = keys.configured()
            if options["public"]:
                self.stdout.write(keys.public_halves(ring), ending="")
                return
            if options["publish"]:
                keys.publish(ring, options["publish"])
                return
            if options["rotated"]:
                self.stdout.write(keys.as_text(keys.rotated(ring)), ending="")
                return
            if options["rotate"]:
                key = keys.rotate(Path(settings.BACKUP_KEY_FILE))
                self.stdout.write(f"Key {key.id} encrypts from now on. Keep a copy; keep the old keys for 60 days.")
                return
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}.") from error
        for number, key in enumerate(ring.keys):
            self.stdout.write(f"{key.id}  {'decrypts' if number else 'encrypts'}")

    def _new(self, path: Path) -> None:
        if str(path) == "-":
            self.stdout.write(keys.as_text(keys.fresh()), ending="")
            return
        try:
            key = keys.generate(path)
        except FileExistsError as error:
            raise CommandError(f"{path} is there already. Use --rotate to put a new key before it.") from error
        self.stdout.write(f"Key {key.id} is in {path}. Keep a copy away from this machine.")
