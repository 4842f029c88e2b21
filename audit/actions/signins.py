"""Who signs in, fails to, and signs out; connected to Django's own signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from audit.actions.events import denied, record

if TYPE_CHECKING:
    from hrassist.models import User


def connect() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="audit.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="audit.logged_out")
    user_login_failed.connect(_login_failed, dispatch_uid="audit.login_failed")


def _logged_in(*, user: User, **_kwargs: Any) -> None:
    record("user.logged_in", target=user, by=user)


def _logged_out(*, user: User | None, **_kwargs: Any) -> None:
    if user is not None:
        record("user.logged_out", target=user, by=user)


def _login_failed(*, credentials: dict[str, Any], **_kwargs: Any) -> None:
    """Keep the attempt, with the account it was made on; a name nobody has may be a password in the wrong field."""
    users = get_user_model()._default_manager
    user = users.filter(username=str(credentials.get("username", ""))[:150].replace("\0", "")).first()
    reason = "unknown_user" if user is None else "bad_password" if user.is_active else "inactive_user"
    denied("user.login_failed", target=user, reason_code=reason)
