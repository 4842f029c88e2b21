"""What the security page tells of signing in: factors, forgotten accounts and tokens, the emergency account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from hrassist import tokens
from hrassist.admin import security
from hrassist.admin.security import Finding, Level, Section
from hrassist.forms import BREAK_GLASS
from hrassist.identity import factors
from hrassist.models import BreakGlass, User

UNUSED = timedelta(days=90)
MOST_NAMES = 5


def coverage() -> list[Finding]:
    """How many people have a second factor, and who has none."""
    users = reverse("admin:hrassist_user_changelist")
    people = User.objects.filter(is_active=True).exclude(username=BREAK_GLASS).filter(last_login__isnull=False)
    count, without = people.count(), factors.without_any(people.order_by("username"))
    found = []
    if not settings.REQUIRE_MFA:
        found.append(
            Finding(
                Level.NOTICE if settings.DEVELOPMENT else Level.SERIOUS,
                "A password alone opens this installation.",
                "Remove HRASSIST_REQUIRE_MFA=off; people set up a second factor at their next sign-in.",
            )
        )
    if without:
        level = Level.NOTICE if settings.REQUIRE_MFA or settings.DEVELOPMENT else Level.SERIOUS
        advice = "They are asked for one at their next sign-in." if settings.REQUIRE_MFA else "Ask them to add one."
        what = f"{len(without)} of {count} people who have signed in have no second factor: {_names(without)}."
        found.append(Finding(level, what, advice, users))
    else:
        found.append(Finding(Level.GOOD, f"All {count} people who have signed in have a second factor.", "", users))
    superusers = User.objects.filter(is_active=True, is_superuser=True).exclude(username=BREAK_GLASS)
    if alone := factors.without_any(superusers):
        found.append(
            Finding(Level.SERIOUS, f"Superusers without a second factor: {_names(alone)}.", "Ask them today.", users)
        )
    return found


def accounts() -> list[Finding]:
    """Accounts and tokens that nobody uses any more, and the emergency account."""
    now = timezone.now()
    long_ago = Q(last_login__lt=now - UNUSED) | Q(last_login__isnull=True, date_joined__lt=now - UNUSED)
    unused = list(User.objects.filter(long_ago, is_active=True).exclude(username=BREAK_GLASS).order_by("username"))
    forgotten = list(tokens.stale(now=now).select_related("user"))
    found = [
        _about(
            unused,
            f"{len(unused)} accounts have not signed in for {UNUSED.days} days: {_names(unused)}.",
            "Switch off those that left.",
            "Every account has signed in lately.",
            "admin:hrassist_user_changelist",
        ),
        _about(
            forgotten,
            f"{len(forgotten)} API tokens are not used any more.",
            "Revoke those that no program needs.",
            "Every API token is in use.",
            "admin:hrassist_apitoken_changelist",
        ),
    ]
    return [*found, _break_glass()]


def _break_glass() -> Finding:
    now = timezone.now()
    if opening := BreakGlass.objects.filter(closed_at__isnull=True, expires_at__gt=now).first():
        what = f"The emergency account is open until {opening.expires_at:%H:%M} UTC, by {opening.opened_by}."
        return Finding(Level.SERIOUS, what, f"Reason: {opening.reason}. Shut it: manage.py break_glass close.")
    user = User.objects.filter(username=BREAK_GLASS, is_superuser=True).first()
    if user is None:
        return Finding(
            Level.NOTICE, "There is no sealed emergency account.", "Make it while you can: manage.py break_glass seal."
        )
    if factors.codes_left(user) < factors.FEW_CODES:
        return Finding(
            Level.NOTICE,
            "The envelope of the emergency account is nearly empty.",
            "Make new codes: manage.py break_glass seal.",
        )
    return Finding(Level.GOOD, "The emergency account is sealed.")


def _about(rows: Sequence[object], what: str, advice: str, else_what: str, page: str) -> Finding:
    url = reverse(page)
    return Finding(Level.NOTICE, what, advice, url) if rows else Finding(Level.GOOD, else_what, "", url)


def _names(users: Iterable[User]) -> str:
    rows = list(users)
    shown = ", ".join(user.username for user in rows[:MOST_NAMES])
    return f"{shown} and {len(rows) - MOST_NAMES} more" if len(rows) > MOST_NAMES else shown


security.add(Section("second_factors", "Second factors", coverage, order=40))
security.add(Section("accounts", "Accounts and tokens", accounts, order=42))
