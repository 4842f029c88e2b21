"""People who sign in."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


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

    class PersonalData:
        erase: ClassVar = {"username", "first_name", "last_name", "email"}
        keep: ClassVar = {
            "id", "password", "last_login", "is_superuser", "is_staff", "is_active", "date_joined", "time_zone",
            "notify_by_mail", "mail_by_kind",
        }  # fmt: skip

    def mail_choice(self, kind: str) -> str:
        """When notifications of this kind are mailed to them."""
        choice: str = self.mail_by_kind.get(kind, self.notify_by_mail)
        return choice

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
