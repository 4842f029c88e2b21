"""People who sign in, the tokens that programs use, and what was answered to repeated writes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from hrassist.lib.ids import uuid7


class User(AbstractUser):
    """Somebody who signs in; what they may do comes from their roles (groups, see hrassist/roles.py)."""

    time_zone = models.CharField(max_length=64, default="UTC", help_text="For example Europe/Berlin.")

    class PersonalData:
        erase: ClassVar = {"username", "first_name", "last_name", "email"}
        keep: ClassVar = {
            "id", "password", "last_login", "is_superuser", "is_staff", "is_active", "date_joined", "time_zone",
        }  # fmt: skip

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, *, now: datetime) -> Self:
        return self.filter(revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)

    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hrassist.view_all_tokens") else self.filter(user=user)


class ApiToken(models.Model):
    """A program's key: `hra_…`, shown once, kept as SHA-256, limited in scope and time.

    A scope is `noun:verb`, verb read or write, noun as in the API's paths (candidates:read, uploads:write).
    """

    PREFIX = "hra_"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="Which program uses it, and for what.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="The first characters, to tell tokens apart.")
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    allowed_ips = ArrayField(models.GenericIPAddressField(), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"name"}
        keep: ClassVar = {
            "id", "user", "digest", "hint", "scopes", "allowed_ips", "created_at", "expires_at", "last_used_at",
            "revoked_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at"]
        permissions: ClassVar = [("view_all_tokens", "Can see everybody's API tokens")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def generate(cls) -> tuple[str, str]:
        """A fresh 256-bit token and its digest; the token itself is never stored."""
        token = cls.PREFIX + secrets.token_urlsafe(32)
        return token, cls.digest_of(token)

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    def matches(self, token: str) -> bool:
        return hmac.compare_digest(self.digest, self.digest_of(token))


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


class Throttle(models.Model):
    """How far ahead of the clock somebody has used up a limit; hrassist.lib.throttle reads and writes it."""

    key = models.CharField(max_length=64, primary_key=True)
    used_until = models.DateTimeField(db_index=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"key", "used_until"}

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.used_until:%H:%M:%S}"
