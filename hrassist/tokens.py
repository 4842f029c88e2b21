"""Giving a program its key, and taking it away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from audit import actions as audit
from hrassist.identity import notices
from hrassist.lib.errors import DomainError
from hrassist.models import ApiToken, User

NOUNS = ("applications", "candidates", "jobs", "matches", "reports", "resumes", "uploads")
SCOPES = (*(f"{noun}:{verb}" for noun in NOUNS for verb in ("read", "write")), "audit:read")
LONGEST = timedelta(days=365)


# Which jobs a token of this account may be narrowed to, each with its title; an app above knows jobs.
JobsOf = Callable[[User], Iterable[tuple[UUID, str]]]
# Longest without use after which a token is thought to be forgotten.
STALE, EXPIRES_SOON = timedelta(days=90), timedelta(days=7)

_jobs_of: list[JobsOf] = []


class BadToken(DomainError):
    """A token that cannot be issued like this."""

    code = "bad_token"


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: Sequence[str],
    lifetime: timedelta,
    by: User | None,
    now: datetime,
    allowed_ips: Sequence[str] = (),
    jobs: Sequence[UUID] = (),
) -> tuple[ApiToken, str]:
    """A new token of the user and its text, which is shown now and never again; `by` is None on the command line.

    Only a superuser issues tokens for others: a token acts with its user's roles. Raises BadToken for that, an unknown
    scope, a bad address, an account that is switched off, or more than a year.
    """
    if by is not None and by != user and not by.is_superuser:
        raise BadToken(
            "You may issue tokens for your own account only. {username}'s needs a superuser, or "
            "`manage.py issue_token` on the server.",
            username=user.username,
        )
    if strange := set(jobs) - {key for key, _ in jobs_of(user)}:
        raise BadToken("{count} of these jobs are not open, or the account does not see them.", count=len(strange))
    if not name.strip():
        raise BadToken("Say which program the token is for.", fields={"name": ["This must not be empty."]})
    if not user.is_active:
        raise BadToken("The account {username} is switched off.", username=user.username)
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise BadToken(
            "Unknown scopes: {unknown}. There are: {known}.", unknown=", ".join(unknown), known=", ".join(SCOPES)
        )
    if not scopes:
        raise BadToken("Name at least one scope of: {known}.", known=", ".join(SCOPES))
    if not timedelta(0) < lifetime <= LONGEST:
        raise BadToken("A token lives between a moment and 365 days.")
    text, digest = ApiToken.generate()
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:100],
        digest=digest,
        hint=text[:8],
        scopes=sorted(set(scopes)),
        allowed_ips=[_address(one) for one in allowed_ips],
        jobs=sorted(set(jobs)),
        created_at=now,
        expires_at=now + lifetime,
    )
    audit.record(
        "token.issued",
        target=token,
        by=by,
        user=str(user.pk),
        scopes=token.scopes,
        jobs=[str(one) for one in token.jobs],
        until=token.expires_at,
    )
    return token, text


def know_jobs(rule: JobsOf) -> None:
    _jobs_of[:] = [rule]


def jobs_of(user: User) -> list[tuple[UUID, str]]:
    return [pair for rule in _jobs_of for pair in rule(user)]


def stale(*, now: datetime) -> QuerySet[ApiToken]:
    """Usable tokens that nobody has used for a long time, or ever."""
    unused = Q(last_used_at__lt=now - STALE) | Q(last_used_at__isnull=True, created_at__lt=now - STALE / 3)
    return ApiToken.objects.usable(now=now).filter(unused)


@transaction.atomic
def tell_of_expiry(*, now: datetime) -> int:
    """Tell each owner once, a week before a token ends, by mail and in the bell; the number of tokens told of."""
    ending = ApiToken.objects.usable(now=now).filter(expiry_told_at__isnull=True, expires_at__lt=now + EXPIRES_SOON)
    tokens = list(
        ending.exclude(expires_at__lt=F("created_at") + EXPIRES_SOON)
        .select_related("user")
        .select_for_update(of=["self"])
    )
    for token in tokens:
        token.expiry_told_at = now
        token.save(update_fields=["expiry_told_at"])
    for user in {token.user_id: token.user for token in tokens}.values():
        notices.tell(user=user, what="token_expires", now=now)
    return len(tokens)


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User | None, now: datetime) -> ApiToken:
    """End a token at once; revoking again changes nothing."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        audit.record("token.revoked", target=token, by=by, user=str(token.user_id))
    return token


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise BadToken("{text} is not an IP address.", text=repr(text)) from None
