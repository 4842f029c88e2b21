"""Issue an API token from the command line."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist import tokens
from hrassist.lib.errors import DomainError
from hrassist.models import User


class Command(BaseCommand):
    help = "Issue an API token for a user and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The account whose roles the token has.")
        parser.add_argument("name", help="Which program uses it, and for what.")
        parser.add_argument(
            "--scope", action="append", default=[], metavar="NOUN:VERB", help=f"One of: {', '.join(tokens.SCOPES)}."
        )
        parser.add_argument("--days", type=int, default=90, help="Until it expires; at most 365 (default: 90).")
        parser.add_argument("--allow-ip", action="append", default=[], metavar="IP", help="Accept it only from here.")

        parser.add_argument(
            "--job", action="append", default=[], metavar="UUID", help="Only this job's people; again for more."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            user = User.objects.get(username=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no account {options['username']!r}.") from None
        try:
            token, text = tokens.issue_token(
                user=user,
                name=options["name"],
                scopes=options["scope"],
                lifetime=timedelta(days=options["days"]),
                allowed_ips=options["allow_ip"],
                jobs=[UUID(one) for one in options["job"]],
                by=None,
                now=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        except ValueError:
            raise CommandError("A job is named by its id, as its address has it.") from None
        self.stderr.write(f"Token for {user.username}, until {token.expires_at:%Y-%m-%d}; it is shown only now:")
        self.stdout.write(text)
