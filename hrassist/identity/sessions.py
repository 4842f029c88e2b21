"""Sessions in the database, under the digest of their key, with whose they are and when they were last used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Q
from django.utils import timezone

from hrassist.lib import origin

# Whether a session is in use is asked in minutes; writing it at each request would make every read a write.
USE_NOTED_EVERY = timedelta(minutes=1)
# Between the button of a company's sign-in and the way back, a session belongs to nobody yet.
OF_NOBODY = timedelta(hours=1)
# What is kept in a session of ours, beside what Django keeps.
STARTED, PROVEN, WANTED, FRESH, FROM = "started", "factor", "factor_wanted", "fresh", "from"
OWNER = "_auth_user_id"


def digest_of(session_key: str | None) -> str:
    return hashlib.sha256((session_key or "").encode()).hexdigest()


class SessionStore(DatabaseStore):
    """Ends a session that nobody used for a while, and every session after some hours, whatever the cookie says."""

    # When it was last used, as the row says; None before it was read or where there is none.
    last_used_at: datetime | None = None
    model: Any

    @classmethod
    def get_model_class(cls) -> Any:
        from hrassist.models import Session  # noqa: PLC0415  the engine is imported before the models are

        return Session

    def load(self) -> dict[str, Any]:
        row = self.model.objects.filter(pk=digest_of(self.session_key)).first()
        return self._taken_from(row)

    async def aload(self) -> dict[str, Any]:
        row = await self.model.objects.filter(pk=digest_of(self.session_key)).afirst()
        return self._taken_from(row)

    def _taken_from(self, row: Any) -> dict[str, Any]:
        now = timezone.now()
        idle = row is not None and row.user_id and row.last_used_at <= now - settings.SESSION_IDLE
        if row is None or row.expire_date <= now or idle:
            self._session_key = None
            return {}
        self.last_used_at = row.last_used_at
        data: dict[str, Any] = self.decode(row.session_data)
        return data

    def exists(self, session_key: str | None) -> bool:
        return bool(self._alive([session_key]).exists())

    async def aexists(self, session_key: str | None) -> bool:
        return bool(await self._alive([session_key]).aexists())

    @classmethod
    def alive(cls, session_keys: Iterable[str]) -> set[str]:
        """Those of the sessions that are still alive: a stream asks this for hours after it began."""
        by_digest = {digest_of(one): one for one in session_keys}
        return {by_digest[one] for one in cls._alive(by_digest.values()).values_list("pk", flat=True)}

    @classmethod
    def _alive(cls, session_keys: Iterable[str | None]) -> Any:
        now = timezone.now()
        in_use = Q(user=None) | Q(last_used_at__gt=now - settings.SESSION_IDLE)
        model = cls.get_model_class()
        return model.objects.filter(in_use, pk__in=[digest_of(one) for one in session_keys], expire_date__gt=now)

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        untyped: Any = self
        key = untyped._get_or_create_session_key()
        return self._row(key, data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        untyped: Any = self
        key = await untyped._aget_or_create_session_key()
        return self._row(key, data)

    def _row(self, session_key: str, data: dict[str, Any]) -> Any:
        now, where = timezone.now(), data.get(FROM) or {}
        started = datetime.fromtimestamp(data.get(STARTED, now.timestamp()), tz=UTC)
        self.last_used_at = now
        return self.model(
            session_key=digest_of(session_key),
            session_data=self.encode(data),
            expire_date=started + timedelta(seconds=settings.SESSION_COOKIE_AGE) if OWNER in data else now + OF_NOBODY,
            user_id=data.get(OWNER),
            method=(data.get(PROVEN) or {}).get("method", ""),
            ip=where.get("ip"),
            user_agent=where.get("agent", ""),
            started_at=started,
            last_used_at=now,
        )

    def delete(self, session_key: str | None = None) -> None:
        if session_key or self.session_key:
            self.model.objects.filter(pk=digest_of(session_key or self.session_key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        if session_key or self.session_key:
            await self.model.objects.filter(pk=digest_of(session_key or self.session_key)).adelete()

    def note_use(self) -> None:
        """Keep that it is in use, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at > now - USE_NOTED_EVERY:
            return
        self.last_used_at = now
        mine = self.model.objects.filter(pk=digest_of(self.session_key), last_used_at__lt=now - USE_NOTED_EVERY)
        mine.update(last_used_at=now, ip=origin.current().ip)

    def remaining(self) -> dict[str, int]:
        """Seconds until it ends unused, and until it ends however much it is used."""
        now = timezone.now()
        unused = (self.last_used_at or now) + settings.SESSION_IDLE - now
        started = float(self.get(STARTED, now.timestamp()))
        whole = started + settings.SESSION_COOKIE_AGE - now.timestamp()
        return {"idle": max(0, int(unused.total_seconds())), "whole": max(0, int(whole))}
