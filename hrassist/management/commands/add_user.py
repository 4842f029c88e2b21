"""`manage.py add_user ada --role recruiter`: an account with a generated password, printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.accounts import add_account
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Give somebody an account. The generated password is printed once, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, help="recruiter, coordinator, hiring-manager, interviewer, …")
        parser.add_argument("--email", default="")
        parser.add_argument("--name", default="", help="As shown to others: 'Ada Lovelace'.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            user, password = add_account(
                username=options["username"],
                role=options["role"],
                email=options["email"],
                full_name=options["name"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"{user.username} may sign in now. The password is not stored anywhere else:")
        self.stdout.write(password)
