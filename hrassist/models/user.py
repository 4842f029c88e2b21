"""People who sign in."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """Somebody who signs in; what they may do comes from their roles (groups, see hrassist/roles.py)."""

    class MailChoice(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    time_zone = models.CharField(max_length=64, default="UTC", help_text="For example Europe/Berlin.")
    notify_by_mail = models.CharField(
        "notifications by mail",
        max_length=8,
        choices=MailChoice.choices,
        default=MailChoice.AT_ONCE,
        help_text="In the admin they are always shown.",
    )
    mail_by_kind = models.JSONField(
        default=dict, blank=True, help_text="Another choice for some kinds of notification: {kind: choice}."
    )
    active_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Nobody is signed in to the account from then on."
    )

    # Set while a token that is narrowed to some jobs asks: nothing beyond them is shown, whatever the roles say.
    only_jobs: frozenset[UUID] | None = None

    class PersonalData:
        erase: ClassVar = {"username", "first_name", "last_name", "email"}
        keep: ClassVar = {
            "id", "password", "last_login", "is_superuser", "is_staff", "is_active", "date_joined", "time_zone",
            "notify_by_mail", "mail_by_kind", "active_until",
        }  # fmt: skip

    def mail_choice(self, kind: str) -> str:
        """When notifications of this kind are mailed to them."""
        choice: str = self.mail_by_kind.get(kind, self.notify_by_mail)
        return choice

    def may_sign_in(self, *, now: datetime) -> bool:
        return self.is_active and (self.active_until is None or self.active_until > now)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is tied to: a new password ends it, and so does a change of standing."""
        standing = f"{self.is_staff}{self.is_superuser}"
        return salted_hmac(
            "hrassist.models.User.session", self.password + standing, secret=secret, algorithm="sha256"
        ).hexdigest()

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
