"""Brings every resume's vector to the sentence model in use."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from candidates.actions.vectors import embed_again
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Embed again the resumes whose vector another model made. Run after the model changed; safe to repeat."

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            done = embed_again(progress=self.show if options["verbosity"] > 1 else lambda _done, _total: None)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done} resumes embedded again." if done else "Every vector is by the model in use.")

    def show(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
