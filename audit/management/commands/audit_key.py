"""The key that signs the seals of the audit trail."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.sealing import keys
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = (
        "Make a key that signs seals (--new FILE), replace it by a new one while its seals stay valid (--rotate FILE), "
        "or print the public halves that an auditor needs (--public)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--new", type=Path, metavar="FILE", help="a file that is not there yet")
        what.add_argument("--rotate", type=Path, metavar="FILE", help="the file in use; the new one takes its place")
        what.add_argument("--public", action="store_true", help="of the key that is configured and of former ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["public"]:
                ring = keys.configured()
                self.stdout.write("".join(keys.public_pem(key).decode() for key in ring.trusted.values()), ending="")
            elif options["new"]:
                ring = keys.generate()
                keys.write(ring, options["new"])
                self.stdout.write(f"Key {ring.key_id} is in {options['new']}: name it in HRASSIST_AUDIT_KEY_FILE.")
            else:
                self._rotate(options["rotate"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except FileExistsError as error:
            raise CommandError(f"{error.filename} is there already; a key is never overwritten.") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error

    def _rotate(self, path: Path) -> None:
        former = keys.parse(path.read_text(encoding="ascii"))
        ring = keys.generate(after=former)
        draft = path.with_name(f"{path.name}.new")
        keys.write(ring, draft)
        draft.replace(path)
        self.stdout.write(
            f"Key {ring.key_id} signs from now on, {len(former.trusted)} former stay trusted. Restart the workers, and "
            "give auditors the new public half (--public)."
        )
