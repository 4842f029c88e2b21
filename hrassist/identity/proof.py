"""Showing once more that one knows the password, slowed down for those who guess."""

from __future__ import annotations

from audit import actions as audit
from hrassist.identity.factors import TooManyTries
from hrassist.lib import limits, throttle
from hrassist.lib.errors import DomainError
from hrassist.models import User


class WrongPassword(DomainError):
    code = "wrong_password"
    default_message = "This is not your password."


def check_password(*, user: User, password: str) -> None:
    """Raises WrongPassword or TooManyTries."""
    verdict = limits.take("proof", str(user.pk))
    if not verdict.allowed:
        raise TooManyTries(seconds=verdict.reset)
    if not user.check_password(password):
        audit.denied("user.proof_failed", target=user, by=user, reason_code="bad_password")
        raise WrongPassword
    throttle.forgive("proof", str(user.pk))
