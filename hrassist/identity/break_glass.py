"""The sealed account for the day on which nobody else comes in: opened for an hour, and everybody is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q

from audit import actions as audit
from hrassist.accounts import generated_password
from hrassist.forms import BREAK_GLASS
from hrassist.identity import factors, notices
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import ApiToken, BreakGlass, Session, User

LASTS = timedelta(hours=1)
LEAST_REASON = 10


class NotSealed(DomainError):
    """There is no sealed account, or what was typed is none of its codes."""

    code = "break_glass_refused"


@transaction.atomic
def seal(*, now: datetime) -> list[str]:
    """Make the account, or its codes anew, and shut it; the codes belong into an envelope in a safe."""
    user = User.objects.select_for_update().filter(username=BREAK_GLASS).first()
    if user is None:
        user = User(username=BREAK_GLASS, first_name="Emergency", last_name="account", is_staff=True)
    elif not user.is_superuser:
        raise Conflict("There is an everyday account with the name {name}. Rename it first.", name=BREAK_GLASS)
    user.is_superuser = True
    _shut(user, now=now)
    codes = factors.make_codes(user=user, by=None, now=now)
    audit.record("break_glass.set", target=user, by=None, codes=len(codes))
    return codes


def open_for(*, reason: str, code: str, opened_by: str, now: datetime) -> tuple[BreakGlass, str]:
    """Let the account be used for an hour, with a password that is shown now; one code of the envelope is used up.

    Every operator and superuser is told at once, in the bell and by mail. Raises NotSealed, WrongCode, TooManyTries.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise DomainError("Say in a sentence why it is opened: everybody who is told reads it, and it stays on record.")
    user = User.objects.filter(username=BREAK_GLASS, is_superuser=True).first()
    if user is None:
        raise NotSealed(
            "There is no sealed account yet. Make it with manage.py break_glass seal, before the emergency."
        )
    # Outside the transaction: a wrong code counts although nothing else happens.
    factors.check_code(user=user, code=code, now=now)
    return _open(user, reason=reason.strip(), opened_by=opened_by, now=now)


@transaction.atomic
def _open(user: User, *, reason: str, opened_by: str, now: datetime) -> tuple[BreakGlass, str]:
    user = User.objects.select_for_update().get(pk=user.pk)
    password = generated_password()
    user.set_password(password)
    user.is_active, user.active_until = True, now + LASTS
    user.save(update_fields=["password", "is_active", "active_until"])
    BreakGlass.objects.filter(user=user, closed_at__isnull=True).update(closed_at=now)
    opening = BreakGlass.objects.create(
        user=user, reason=reason[:300], opened_by=opened_by[:100], opened_at=now, expires_at=now + LASTS
    )
    audit.record("break_glass.opened", target=opening, by=None, purpose=reason, until=opening.expires_at)
    for person in told():
        notices.tell(user=person, what="break_glass", now=now)
    return opening, password


@transaction.atomic
def close(*, now: datetime) -> bool:
    """Shut the account before its hour is over, or for good after it; whether it was open."""
    user = User.objects.select_for_update().filter(username=BREAK_GLASS, is_superuser=True).first()
    if user is None:
        raise NotSealed("There is no sealed account.")
    was_open = user.may_sign_in(now=now)
    for opening in BreakGlass.objects.filter(user=user, closed_at__isnull=True):
        opening.closed_at = min(now, opening.expires_at)
        opening.save(update_fields=["closed_at"])
        audit.record("break_glass.closed", target=opening, by=None)
    _shut(user, now=now)
    return was_open


def close_expired(*, now: datetime) -> bool:
    """Tidy up after an hour that is over; that nobody is signed in any more needs no task."""
    if not BreakGlass.objects.filter(closed_at__isnull=True, expires_at__lte=now).exists():
        return False
    close(now=now)
    return True


def told() -> list[User]:
    """Who is told that it was opened: whoever may look after accounts, and superusers."""
    may = Permission.objects.filter(codename="change_user", content_type__app_label="hrassist")
    having = Q(groups__permissions__in=may) | Q(user_permissions__in=may) | Q(is_superuser=True)
    return list(User.objects.filter(having, is_active=True).exclude(username=BREAK_GLASS).distinct())


def _shut(user: User, *, now: datetime) -> None:
    user.set_unusable_password()
    user.is_active, user.active_until = False, now
    user.save()
    Session.objects.of(user).delete()
    # What was set up within the hour is gone with it: an app or a token would be a door that stays open.
    Authenticator.objects.filter(user=user, type__in=(factors.TOTP, factors.KEY)).delete()
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
