"""`manage.py reset_password ada`: a new generated password, printed once; open sessions end."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.accounts import give_new_password
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Replace somebody's password by a generated one, printed once, and end the account's sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            password = give_new_password(username=options["username"])
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"{options['username']} has a new password; every open session of the account has ended:")
        self.stdout.write(password)
