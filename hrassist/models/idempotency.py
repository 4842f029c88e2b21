"""What was answered to repeated writes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from hrassist.models.user import User


class IdempotencyRecordQuerySet(models.QuerySet["IdempotencyRecord"]):
    def expired(self, *, now: datetime) -> Self:
        return self.filter(created_at__lt=now - IdempotencyRecord.KEPT_FOR)


class IdempotencyRecord(models.Model):
    """What was answered to a POST with this Idempotency-Key, to answer the same again for 24 hours."""

    KEPT_FOR = timedelta(hours=24)

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    route = models.CharField(max_length=200)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotencyRecordQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"answer"}
        keep: ClassVar = {"id", "user", "key", "route", "body_sha256", "status", "created_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key", "route"], name="idempotencyrecord_once"),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
