"""A forgotten password: a link by mail, good once and for an hour; the second factor stays what it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from procrastinate.contrib.django import app

from audit import actions as audit
from hrassist.identity import notices
from hrassist.lib import limits, mail
from hrassist.lib.errors import DomainError, NotFound
from hrassist.models import Session, User

TASK = "hrassist.tasks.mail_password_reset"
# The same mail to one person again is no help to them.
MOST_ACCOUNTS = 3


class WeakPassword(DomainError):
    """The new password is one that others guess."""

    code = "weak_password"


def ask(*, who: str, address: str) -> None:
    """Queue the mail, if there is such an account; nobody learns from outside whether there is, nor from the time."""
    for name, key in {"address": address, "account": who.casefold()}.items():
        if not limits.take(f"reset:{name}", key).allowed:
            audit.denied("user.password_reset_throttled", reason_code=name)
            return
    # Looking, and above all mailing, is the worker's: an answer here takes the same time whoever asks for whom.
    found = User.objects.filter(Q(username__iexact=who) | Q(email__iexact=who), is_active=True)
    ids: list[Any] = [str(user.pk) for user in found.order_by("pk")[:MOST_ACCOUNTS]]
    app.configure_task(TASK, queue="mail", allow_unknown=True).defer(user_ids=ids)


def send(*, user_ids: list[str]) -> None:
    """Mail the link to each account that has a password and an address. Raises MailUnavailable."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True).exclude(email=""):
        if not user.has_usable_password() or settings.REQUIRE_SSO or user.active_until is not None:
            continue
        mail.send(mail.Outgoing(to=user.email, subject="hrassist: a new password", text=_text(user)))
        audit.record("user.password_reset_mailed", target=user, by=None)


def _text(user: User) -> str:
    code = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password_reset_confirm", args=[code, default_token_generator.make_token(user)])
    return "\n".join(
        [
            f"Hello {user.first_name or user.display_name},",
            "",
            f"somebody, hopefully you, asked for a new password of the account {user.username}.",
            "This link is good for one hour and works once:",
            "",
            f"  {settings.PUBLIC_URL}{path}",
            "",
            "If it was not you, do nothing: your password stays what it is.",
            "",
        ]
    )


def owner_of(code: str, token: str) -> User:
    """Whose password this link may set. Raises NotFound where it is none, was used or is too old."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(code).decode()), is_active=True).first()
    except (ValueError, OverflowError):
        user = None
    if user is None or not user.has_usable_password() or not default_token_generator.check_token(user, token):
        raise NotFound("This link was used already, or is older than an hour. Ask for a new one.")
    return user


@transaction.atomic
def set_password(*, user: User, password: str, now: datetime) -> User:
    """The new password; every session of the account ends and its factors stay. Raises WeakPassword."""
    user = User.objects.select_for_update().get(pk=user.pk)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    ended, _ = Session.objects.of(user).delete()
    audit.record("user.password_reset", target=user, by=user, sessions=ended)
    notices.tell(user=user, what="password_changed", now=now)
    return user
