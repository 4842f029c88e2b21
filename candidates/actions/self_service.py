"""The key to one's own page: asked for by an address, mailed to it, good for a while, taken back at any time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from procrastinate.contrib.django import app

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail, PoolMembership, SelfServiceLink
from hrassist.lib import limits, mail
from hrassist.lib.errors import DomainError, Gone

if TYPE_CHECKING:
    from hrassist.models import User

# Defined by name: it stands above the actions that it calls.
SEND = "hrassist.tasks.send_self_service_link"
# A link in a mail may be opened the next day; a page that was opened by it closes after an hour.
LINK_LASTS = timedelta(days=2)
RENEWAL_LASTS = timedelta(days=45)
PAGE_LASTS = timedelta(hours=1)
RECORDS_OF_AN_ADDRESS = 5
_SALT = "hrassist.self_service"


class LinkGone(Gone):
    """The link does not open anything (any more)."""

    code = "link_gone"
    default_message = "This link is used up, too old, or was taken back. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that is open: by which link, to whose data."""

    link: SelfServiceLink
    candidate: Candidate


def ask(*, email: str, network: str, now: datetime) -> int:
    """Mail their link to whoever has this address, if anybody; the number of links, which is nobody's business.

    Whether the address is known makes no difference to the answer, and hardly one to its time: a task is deferred in
    either case. Raises TooFast for the network, never for the address, which would tell that it was asked for.
    """
    limits.require("own:ask_address", network)
    address = email.strip().lower()[:254]
    own = limits.take("own:ask", address).allowed
    with transaction.atomic():
        rows = (
            CandidateEmail.objects.filter(address=address, status=CandidateEmail.Status.CURRENT)
            .filter(candidate__merged_into__isnull=True)
            .order_by("candidate_id", "pk")
            .distinct("candidate_id")
        )
        found = list(rows.select_related("candidate")[:RECORDS_OF_AN_ADDRESS]) if own else []
        for one in found:
            _issue(candidate=one.candidate, email=one, purpose=SelfServiceLink.Purpose.PAGE, lasts=LINK_LASTS, now=now)
        if not found:
            _defer(uuid4())
    return len(found)


@transaction.atomic
def send_to(*, candidate: Candidate, by: User, now: datetime) -> SelfServiceLink:
    """Let a colleague have the link mailed to the person; it never passes through the colleague's hands."""
    email = _first_address(candidate)
    if email is None:
        raise DomainError("This person has no current e-mail address. Add one first.", code="no_address")
    return _issue(
        candidate=candidate, email=email, purpose=SelfServiceLink.Purpose.PAGE, lasts=LINK_LASTS, now=now, by=by
    )


@transaction.atomic
def ask_to_stay(*, membership: PoolMembership, now: datetime) -> SelfServiceLink | None:
    """Mail somebody the question whether they want to stay in a pool; None where there is no address."""
    row = PoolMembership.objects.select_for_update(of=("self",)).select_related("candidate").get(pk=membership.pk)
    email = _first_address(row.candidate)
    PoolMembership.objects.filter(pk=row.pk).update(asked_at=now, asked_times=F("asked_times") + 1)
    if email is None:
        audit.record("talentpool.not_asked", target=row.pool, subject=row.candidate_id, reason_code="no_address")
        return None
    audit.record("talentpool.asked", target=row.pool, subject=row.candidate_id, until=row.expires_at.date().isoformat())
    purpose = SelfServiceLink.Purpose.POOL
    return _issue(candidate=row.candidate, email=email, purpose=purpose, lasts=RENEWAL_LASTS, now=now, membership=row)


def send(*, link_id: UUID, now: datetime) -> bool:
    """Make the key of a link and mail it; only its digest stays. Sent again, the earlier key opens nothing any more.

    Raises MailUnavailable, after which the task tries again.
    """
    rows = SelfServiceLink.objects.select_related("email", "candidate", "membership__pool")
    link = rows.filter(pk=link_id, revoked_at__isnull=True, expires_at__gt=now, sent_at__isnull=True).first()
    if link is None or link.email is None:
        return False
    secret = secrets.token_urlsafe(32)
    SelfServiceLink.objects.filter(pk=link.pk).update(digest=_digest(secret))
    token = signing.dumps([link.pk.hex, secret], salt=_SALT)
    context = {
        "link": link,
        "company": settings.COMPANY_NAME,
        "url": settings.PUBLIC_URL + reverse("my:enter", args=[token]),
        "ask_url": settings.PUBLIC_URL + reverse("my:ask"),
        "hours": round(LINK_LASTS.total_seconds() / 3600),
    }
    template = "pool_mail" if link.purpose == SelfServiceLink.Purpose.POOL else "link_mail"
    subject = (
        f"{settings.COMPANY_NAME}: may we keep your details?"
        if link.purpose == SelfServiceLink.Purpose.POOL
        else f"{settings.COMPANY_NAME}: the link to your own page"
    )
    mail.send(
        mail.Outgoing(
            to=link.email.address,
            subject=subject,
            text=render_to_string(f"candidates/mail/{template}.txt", context),
            from_name=settings.COMPANY_NAME,
            headers={"Auto-Submitted": "auto-generated"},
        )
    )
    with transaction.atomic():
        SelfServiceLink.objects.filter(pk=link.pk).update(sent_at=now)
        audit.record("self_service.link_sent", target=link, subject=link.candidate_id, kind=link.purpose)
    return True


def enter(*, token: str, now: datetime) -> tuple[SelfServiceLink, str]:
    """Exchange what a mail holds for what a browser keeps, so that the key does not stay in the address.

    Raises LinkGone.
    """
    try:
        key, secret = signing.loads(token, salt=_SALT)
        pk = UUID(hex=key)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise LinkGone from error
    usable = SelfServiceLink.objects.usable(now=now).filter(pk=pk, digest=_digest(str(secret)))
    link = usable.select_related("candidate", "membership").first()
    if link is None or _standing(link.candidate) is None:
        raise LinkGone
    with transaction.atomic():
        SelfServiceLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=now)
        audit.record("self_service.entered", target=link, subject=link.candidate_id, kind=link.purpose)
    return link, signing.dumps([link.pk.hex, link.digest[:16], now.timestamp()], salt=f"{_SALT}.page")


def visit(*, cookie: str, now: datetime) -> Visit:
    """Whose page this browser has open. Raises LinkGone once the hour is over or the link was taken back."""
    try:
        key, part, since = signing.loads(cookie, salt=f"{_SALT}.page", max_age=PAGE_LASTS)
        pk = UUID(hex=key)
        if now.timestamp() - float(since) > PAGE_LASTS.total_seconds():
            raise ValueError
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise LinkGone("Your page was closed after an hour. Ask for a new link.") from error
    usable = SelfServiceLink.objects.usable(now=now).filter(pk=pk, digest__startswith=str(part))
    link = usable.select_related("candidate", "membership__pool").first()
    person = _standing(link.candidate) if link is not None else None
    if link is None or person is None:
        raise LinkGone
    return Visit(link=link, candidate=person)


@transaction.atomic
def revoke(*, candidate: Candidate, now: datetime, by: User | None = None) -> int:
    """Close every page that is open and every link that was sent."""
    rows = SelfServiceLink.objects.filter(candidate=candidate, revoked_at__isnull=True, expires_at__gt=now)
    done = rows.update(revoked_at=now)
    if done:
        audit.record("self_service.links_revoked", target=candidate, by=by, subject=candidate, count=done)
    return done


def _issue(
    *, candidate: Candidate, email: CandidateEmail, purpose: str, lasts: timedelta, now: datetime,
    by: User | None = None, membership: PoolMembership | None = None,
) -> SelfServiceLink:  # fmt: skip
    link = SelfServiceLink.objects.create(
        candidate=candidate, email=email, purpose=purpose, membership=membership, created_by=by, created_at=now,
        expires_at=now + lasts,
    )  # fmt: skip
    audit.record("self_service.link_asked", target=link, by=by, subject=candidate, kind=purpose)
    _defer(link.pk)
    return link


def _defer(link_id: UUID) -> None:
    app.configure_task(SEND, queue="mail", allow_unknown=True).defer(link_id=str(link_id))


def _first_address(candidate: Candidate) -> CandidateEmail | None:
    return candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk").first()


def _standing(candidate: Candidate) -> Candidate | None:
    """The record that stands for the person now; None for one that was erased."""
    while candidate.merged_into is not None:
        candidate = candidate.merged_into
    return None if getattr(candidate, "erased_at", None) else candidate


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
