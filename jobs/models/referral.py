"""Who brought whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.models.application import Application, seen

if TYPE_CHECKING:
    from hrassist.models import User


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(seen(user, path="application__"))


class Referral(models.Model):
    """A colleague's word for somebody who applied."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="referral")
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="referrals")
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReferralQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {"id", "application", "referred_by", "at"}

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.application} by {self.referred_by}"
