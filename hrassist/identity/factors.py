"""Second factors: what people set up, prove, rename and remove, and what operators take away in an emergency."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import qrcode
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.db import transaction
from qrcode.image.svg import SvgPathImage

from audit import actions as audit
from hrassist.identity import notices, sealing
from hrassist.lib import limits, throttle
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Session, User

TOTP, KEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
NAMES = {TOTP: "Authenticator app", KEY: "Security key", CODES: "Recovery codes"}
PERIOD, STEPS_AROUND = 30, 1
CODES_AT_ONCE, FEW_CODES = 10, 3
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # pragma: allowlist secret


class WrongCode(DomainError):
    """What was typed is no code of this account, or was used before."""

    code = "wrong_code"
    default_message = (
        "This code is not right, or it was used already. Wait for the next one in your app, or use a recovery code."
    )


class TooManyTries(DomainError):
    """Somebody guesses; nobody is locked out for good."""

    code = "too_many_tries"
    status = 429
    default_message = "Too many tries. Please wait {seconds} seconds and try again; the account is not locked."


# --- What somebody has -----------------------------------------------------------------------------------------------


def of(user: User) -> list[Authenticator]:
    """Authenticator app and security keys, oldest first, and the recovery codes at the end."""
    rows = Authenticator.objects.filter(user=user).order_by("created_at", "pk")
    return sorted(rows, key=lambda row: row.type == CODES)


def has_factor(user: User) -> bool:
    """Whether there is something to ask for; the emergency account has nothing but the codes of its envelope."""
    return bool(Authenticator.objects.filter(user=user).exists())


def codes_left(user: User) -> int:
    row = Authenticator.objects.filter(user=user, type=CODES).first()
    return len(row.data["digests"]) if row else 0


# --- An authenticator app --------------------------------------------------------------------------------------------


def new_secret() -> str:
    secret: str = generate_totp_secret()
    return secret


def address_for_app(*, user: User, secret: str) -> str:
    """What the app reads from the picture."""
    about = {"secret": secret, "issuer": settings.COMPANY_NAME + " hrassist"}
    return f"otpauth://totp/{quote(user.username)}?{urlencode(about, quote_via=quote)}"


def picture_for_app(address: str) -> bytes:
    """The address as a QR code in SVG, drawn here: the secret goes to nobody else."""
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, box_size=12, border=2).save(drawn)
    return drawn.getvalue()


@transaction.atomic
def enrol_app(*, user: User, secret: str, code: str, by: User, now: datetime) -> Authenticator:
    """Keep the app's secret once the person showed that their app makes the right codes. Raises WrongCode, Conflict."""
    User.objects.select_for_update().get(pk=user.pk)
    if Authenticator.objects.filter(user=user, type=TOTP).exists():
        raise Conflict("There is an authenticator app already. Remove it first to set up another.")
    step = _matching_step(secret, code, now=now, after=-1)
    if step is None:
        raise WrongCode("This code is not right. Check that the clock of your phone is, and type the next one.")
    row = Authenticator.objects.create(
        user=user, type=TOTP, created_at=now, data={"secret": sealing.seal(secret)} | {"step": step}
    )
    _changed("user.factor_added", user=user, by=by, row=row, now=now)
    return row


def _matching_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The step of the clock whose code this is, later than the last one used: each code works once, on all machines."""
    wanted = "".join(code.split())
    present = int(now.timestamp()) // PERIOD
    found = None
    for step in range(present - STEPS_AROUND, present + STEPS_AROUND + 1):
        right = format_hotp_value(hotp_value(secret, step))
        # Every step is compared, whichever is right, and in the same time.
        if hmac.compare_digest(right.encode(), wanted.encode()) and step > after:
            found = step
    return found


# --- Recovery codes --------------------------------------------------------------------------------------------------


@transaction.atomic
def make_codes(*, user: User, by: User | None, now: datetime) -> list[str]:
    """Ten fresh codes, shown now and never again; those before are worth nothing from here on."""
    User.objects.select_for_update().get(pk=user.pk)
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)) for _ in range(CODES_AT_ONCE)
    ]
    data = {"digests": [_digest(user, code) for code in codes]}
    row, _ = Authenticator.objects.update_or_create(
        user=user, type=CODES, defaults={"data": data, "created_at": now, "last_used_at": None}
    )
    audit.record("user.recovery_codes_made", target=user, by=by, factor=str(row.pk), count=len(codes))
    notices.tell(user=user, what="codes_made", now=now)
    return codes


def _digest(user: User, code: str) -> str:
    # 79 random bits: nobody finds them from a digest, however fast it is made. No key of ours is in it, because these
    # codes lie in a drawer for years and must outlive every rotation.
    plain = "".join(one for one in code.lower() if one in _ALPHABET)
    return hashlib.sha256(f"hrassist.recovery\0{user.pk}\0{plain}".encode()).hexdigest()


# --- Proving ---------------------------------------------------------------------------------------------------------


def check_code(*, user: User, code: str, now: datetime) -> str:
    """Which factor this code proves: `totp` or `recovery_codes`. Raises WrongCode or TooManyTries."""
    _count_try(user)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        method = _check(user, code, now=now)
    if not method:
        audit.denied("user.factor_failed", target=user, by=user, reason_code="wrong_code")
        raise WrongCode
    _forgive_tries(user)
    return method


def _check(user: User, code: str, *, now: datetime) -> str:
    rows = {row.type: row for row in Authenticator.objects.filter(user=user, type__in=(TOTP, CODES))}
    if app := rows.get(TOTP):
        step = _matching_step(sealing.unseal(app.data["secret"]), code, now=now, after=app.data.get("step", -1))
        if step is not None:
            app.data |= {"step": step, "secret": sealing.resealed(app.data["secret"])}
            app.last_used_at = now
            app.save(update_fields=["data", "last_used_at"])
            return str(TOTP.value)
    if codes := rows.get(CODES):
        digest = _digest(user, code)
        left = [one for one in codes.data["digests"] if not hmac.compare_digest(one, digest)]
        if len(left) < len(codes.data["digests"]):
            codes.data["digests"], codes.last_used_at = left, now
            codes.save(update_fields=["data", "last_used_at"])
            audit.record("user.recovery_code_used", target=user, by=user, left=len(left))
            notices.tell(user=user, what="code_used", now=now)
            return str(CODES.value)
    return ""


def _count_try(user: User) -> None:
    for name in ("factor", "factor:day"):
        verdict = limits.take(name, str(user.pk))
        if not verdict.allowed:
            audit.denied("user.factor_throttled", target=user, by=user, reason_code=name, wait=verdict.reset)
            raise TooManyTries(seconds=verdict.reset)


def _forgive_tries(user: User) -> None:
    throttle.forgive("factor", str(user.pk))


# --- Changing and taking away ----------------------------------------------------------------------------------------


def named(row: Authenticator) -> str:
    return str(row.data.get("name") or NAMES[Authenticator.Type(row.type)])


@transaction.atomic
def rename(*, user: User, factor_id: int, name: str, by: User) -> Authenticator:
    """Give one of one's security keys another name. Raises NotFound."""
    row = _mine(user, factor_id)
    if row.type != KEY or not name.strip():
        raise DomainError("Give the security key a name.", fields={"name": ["This must not be empty."]})
    row.data["name"] = name.strip()[:60]
    row.save(update_fields=["data"])
    audit.record("user.factor_renamed", target=user, by=by, factor=str(row.pk))
    return row


@transaction.atomic
def remove(*, user: User, factor_id: int, by: User, now: datetime) -> None:
    """Remove one factor; with the last one the recovery codes go too. Raises NotFound, Conflict."""
    User.objects.select_for_update().get(pk=user.pk)
    row = _mine(user, factor_id)
    others = Authenticator.objects.filter(user=user, type__in=(TOTP, KEY)).exclude(pk=row.pk).exists()
    if row.type != CODES and not others and settings.REQUIRE_MFA:
        raise Conflict(
            "This is your last factor, and this installation requires one. Add another before you remove it."
        )
    row_type, row_id = row.type, row.pk
    row.delete()
    if row_type != CODES and not others:
        Authenticator.objects.filter(user=user, type=CODES).delete()
    audit.record("user.factor_removed", target=user, by=by, factor=str(row_id), kind=row_type)
    notices.tell(user=user, what="factor_removed", now=now)


@transaction.atomic
def reset(*, user: User, by: User | None, reason: str, now: datetime) -> int:
    """Take the factors of somebody who lost theirs, end their sessions, and tell them by mail. Raises DomainError."""
    if by is not None and by.pk == user.pk:
        raise DomainError("Your own factors you change on your account's page; another operator may reset them.")
    if not reason.strip():
        raise DomainError("Say why, and how you made sure who asked.", fields={"reason": ["This must not be empty."]})
    User.objects.select_for_update().get(pk=user.pk)
    count = int(Authenticator.objects.filter(user=user).delete()[0])
    ended, _ = Session.objects.of(user).delete()
    audit.record("user.factors_reset", target=user, by=by, purpose=reason.strip(), factors=count, sessions=ended)
    notices.tell(user=user, what="factors_reset", now=now, by=by)
    return count


def _mine(user: User, factor_id: int) -> Authenticator:
    row = Authenticator.objects.select_for_update().filter(user=user, pk=factor_id).first()
    if row is None:
        raise NotFound("There is no such factor any more.")
    return row


def _changed(action: str, *, user: User, by: User, row: Authenticator, now: datetime) -> None:
    audit.record(action, target=user, by=by, factor=str(row.pk), kind=row.type)
    notices.tell(user=user, what="factor_added", now=now)


def without_any(users: Any) -> Sequence[User]:
    """Those of these accounts that have no second factor."""
    return list(users.exclude(pk__in=Authenticator.objects.filter(type__in=(TOTP, KEY)).values("user")))
