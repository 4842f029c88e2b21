"""Who is signed in, where, and since when: on the server, so that it can be looked at and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from hrassist.models.user import User


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hrassist.end_sessions") else self.filter(user=user.pk)

    def of(self, user: User) -> Self:
        return self.filter(user=user.pk)

    def alive(self, *, now: datetime) -> Self:
        """Those that the next request would still be answered for."""
        return self.filter(expire_date__gt=now, last_used_at__gt=now - settings.SESSION_IDLE)


class Session(AbstractBaseSession):
    """One browser's session. `session_key` is the SHA-256 of what the cookie holds, as audit events name it too.

    Whoever reads this table, or a copy of it, cannot act as anybody.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    method = models.CharField(max_length=20, blank=True, help_text="The factor that was proven beside the password.")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=256, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)

    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "session_key", "session_data", "expire_date", "user", "method", "ip", "user_agent", "started_at",
            "last_used_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-last_used_at"]
        default_permissions = ()
        permissions: ClassVar = [("end_sessions", "Can see and end everybody's sessions")]
        indexes: ClassVar = [models.Index(fields=["user", "-last_used_at"], name="session_of_user")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        from hrassist.identity.sessions import SessionStore  # noqa: PLC0415  the store knows this model

        return SessionStore
