"""`manage.py language_model ada --on`: write down the language model that the settings HRASSIST_LLM_* name."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions import model_endpoints


class Command(BaseCommand):
    help = "Write down the language model that HRASSIST_LLM_* name. Off until --on; as it is after that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The account that answers for it; it may set language models.")
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--on", action="store_const", const=True, dest="enabled", help="Let recruiters choose it.")
        switch.add_argument("--off", action="store_const", const=False, dest="enabled", help="Let nobody choose it.")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']!r}.")
        if not user.has_perms(["jobs.add_modelendpoint", "jobs.change_modelendpoint"]):
            raise CommandError(f"{user.username} may not set language models. Name an account that may.")
        try:
            row = model_endpoints.save_given(by=user, enabled=options["enabled"])
        except DomainError as error:
            said = [sentence for sentences in error.fields.values() for sentence in sentences] if error.fields else []
            raise CommandError(" ".join([error.message, *said])) from error
        self.stdout.write(
            f"{row.name} is written down and {'on' if row.enabled else 'off'}. Its page tests the connection."
        )
