"""The keys that programs use."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from hrassist.lib.ids import uuid7
from hrassist.models.user import User


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
    jobs = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text="Only these jobs and who applied for them; empty: all."
    )
    allowed_ips = ArrayField(models.GenericIPAddressField(), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    expiry_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"name"}
        keep: ClassVar = {
            "id", "user", "digest", "hint", "scopes", "jobs", "allowed_ips", "created_at", "expires_at", "last_used_at",
            "revoked_at", "expiry_told_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at"]
        permissions: ClassVar = [
            ("view_all_tokens", "Can see everybody's API tokens"),
            ("issue_own_token", "Can issue API tokens for the own account"),
        ]

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
