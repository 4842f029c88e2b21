"""Sessions as people read them: which browser, from where, how long ago; and ending one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit import actions as audit
from hrassist.identity import notices
from hrassist.models import Session, User

# The first that stands in what the browser says of itself; the order matters, because they claim to be one another.
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
METHODS = {"totp": "app", "webauthn": "security key", "recovery_codes": "recovery code"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A session on a page. `key` is what the table holds, worth nothing in a cookie."""

    key: str
    device: str
    ip: str
    started_at: datetime
    last_used_at: datetime
    factor: str
    present: bool


def shown(row: Session, *, present: str) -> Shown:
    return Shown(
        key=row.pk,
        device=device_named(row.user_agent),
        ip=row.ip or "unknown address",
        started_at=row.started_at,
        last_used_at=row.last_used_at,
        factor=METHODS.get(row.method, row.method),
        present=row.pk == present,
    )


def device_named(user_agent: str) -> str:
    """`Firefox on Windows`, as far as a browser can be believed."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " on ".join(one for one in (browser, system) if one) or "Unknown browser"


@transaction.atomic
def end(*, key: str, owner: User, by: User) -> int:
    """End one session of this account; ending it again changes nothing."""
    count, _ = Session.objects.of(owner).filter(pk=key).delete()
    if count:
        audit.record("user.session_ended", target=owner, by=by, ended=key)
    return count


@transaction.atomic
def end_all(*, owner: User, by: User, now: datetime) -> int:
    """End every session of somebody; they are asked for both factors again."""
    count, _ = Session.objects.of(owner).delete()
    audit.record("user.sessions_ended", target=owner, by=by, count=count)
    if by.pk != owner.pk:
        notices.tell(user=owner, what="sessions_ended", now=now, by=by)
    return count
