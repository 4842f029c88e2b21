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

    class PersonalData:
        erase: ClassVar = {"username", "first_name", "last_name", "email"}
        keep: ClassVar = {
            "id", "password", "last_login", "is_superuser", "is_staff", "is_active", "date_joined", "time_zone",
            "notify_by_mail",
        }  # fmt: skip

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
