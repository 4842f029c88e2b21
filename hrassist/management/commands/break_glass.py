"""`manage.py break_glass seal | open | close`: the sealed account for the day on which nobody else comes in."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist.forms import BREAK_GLASS
from hrassist.identity import break_glass
from hrassist.lib import origin
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = (
        "The emergency account: `seal` makes it and prints the codes for the envelope, `open` lets it in for one hour "
        "and tells every operator, `close` shuts it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("seal", "open", "close"))
        parser.add_argument(
            "--reason", default="", help="With open: why, in a sentence; everybody who is told reads it."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options["reason"])
        except DomainError as error:
            raise CommandError(error.message) from error

    def _seal(self, _reason: str) -> None:
        codes = break_glass.seal(now=timezone.now())
        self.stderr.write(f"The account {BREAK_GLASS} is shut. Print these codes, put them into a sealed envelope:")
        for code in codes:
            self.stdout.write(code)

    def _open(self, reason: str) -> None:
        # Asked for and not an argument: a command line stands in the history and in the list of processes.
        code = getpass.getpass("Code of the envelope: ") if sys.stdin.isatty() else sys.stdin.readline()
        opening, password = break_glass.open_for(
            reason=reason, code=code.strip(), opened_by=origin.of_process().actor_id or "unknown", now=timezone.now()
        )
        self.stderr.write(
            f"{BREAK_GLASS} may sign in until {opening.expires_at:%H:%M} UTC, with this password and another code of "
            "the envelope. Every operator has been told:"
        )
        self.stdout.write(password)

    def _close(self, _reason: str) -> None:
        open_until_now = break_glass.close(now=timezone.now())
        self.stderr.write("The account is shut." if open_until_now else "The account was shut already.")
