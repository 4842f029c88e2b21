"""Passwords that others guess: common ones, words, names, keyboard walks, and what this company is called."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

# What an attacker with the hashes of one account tries in years, at Argon2's pace.
LEAST_GUESSES = 10**10
# Beyond that the estimate costs more than it tells; whatever follows only adds to it.
READ = 64
OF_THE_SITE = ("hrassist", "recruiting", "recruitment", "candidate", "interview", "resume", "password")


class GuessableValidator:
    """Refuses what is guessed soon, whatever characters it is made of; there is no rule about kinds of characters."""

    def validate(self, password: str, user: Any = None) -> None:
        known = [*OF_THE_SITE, *settings.COMPANY_NAME.split(), settings.COMPANY_NAME]
        for name in ("username", "first_name", "last_name", "email"):
            text = str(getattr(user, name, "") or "")
            known += [text, *text.replace("@", " ").replace(".", " ").split()]
        found = zxcvbn(password[:READ], user_inputs=[one for one in known if len(one) > 2])
        if found["guesses"] < LEAST_GUESSES:
            raise ValidationError(
                "This password is among the first that somebody would guess. Take a few words that have nothing to do "
                "with each other, with you or with this company.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return "A few words that have nothing to do with each other are good; what others would guess is refused."
