"""Telling people what happened to their own account: in the bell, and by mail whatever they chose for other news."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from procrastinate.contrib.django import app

from hrassist import notifications
from hrassist.lib import mail
from hrassist.models import Notification, User

TASK = "hrassist.tasks.mail_security_notice"
SENTENCES = {
    "factor_added": "A second factor was added to your account.",
    "factor_removed": "A second factor was removed from your account.",
    "codes_made": "New recovery codes were made for your account; those before no longer work.",
    "code_used": "One of your recovery codes was used to sign in.",
    "factors_reset": "An operator reset the second factors of your account. You set up new ones at your next sign-in.",
    "password_changed": "Your password was changed. Every other session has ended.",  # pragma: allowlist secret
    "token_expires": "An API token of yours expires within a week.",
    "sessions_ended": "An operator ended your sessions.",
    "break_glass": "The sealed emergency account was opened.",
}


def tell(*, user: User, what: str, now: datetime, by: User | None = None) -> None:
    """Put it into the bell and queue the mail, in the transaction of what happened."""
    notifications.tell(
        users=[user], kind=Notification.Kind.ACCOUNT, text=SENTENCES[what], url=reverse("admin:account"), now=now
    )
    # The bell's own mail waits and may be switched off; this one is the warning.
    Notification.objects.filter(user=user, kind=Notification.Kind.ACCOUNT, created_at=now).update(mailed_at=now)
    if user.email:
        by_whom = str(by.pk) if by is not None else ""
        app.configure_task(TASK, queue="mail", allow_unknown=True).defer(user_id=str(user.pk), what=what, by=by_whom)


def send(*, user_id: str, what: str, by: str = "") -> None:
    """The mail itself. Raises MailUnavailable, which lets the task try again."""
    user = User.objects.filter(pk=user_id).exclude(email="").first()
    if user is None or what not in SENTENCES:
        return
    actor = User.objects.filter(pk=by).first() if by else None
    lines = [
        f"Hello {user.first_name or user.display_name},",
        "",
        SENTENCES[what] + (f" It was done by {actor.display_name}." if actor else ""),
        "",
        "If that was not you, or you did not ask for it, tell an operator at once and change your password.",
        "",
        f"Your account: {settings.PUBLIC_URL}{reverse('admin:account')}",
        "",
    ]
    mail.send(mail.Outgoing(to=user.email, subject=f"hrassist: {SENTENCES[what]}", text="\n".join(lines)))
