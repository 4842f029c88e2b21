"""Changes of upload tickets: issue, confirm, reject, retry, expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum

from audit import actions as audit
from candidates.actions.upload_request import Declared
from candidates.models import Candidate, UploadTicket
from candidates.resumes import settling, sweeping
from candidates.tasks import ingest_upload
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, DomainError, Gone, NotFound
from hrassist.models import User

if TYPE_CHECKING:
    from hrassist.lib.storage import SignedUpload

State = UploadTicket.State


class TooManyUploads(DomainError):
    """A quota is used up; waiting or finishing open uploads helps."""

    code = "too_many_uploads"
    status = 429


class NotUploadedYet(Conflict):
    code = "not_uploaded_yet"
    default_message = "The file has not arrived in the store yet. Upload it first, then confirm."


class TicketExpired(Gone):
    code = "upload_ticket_expired"
    default_message = "This upload has expired. Start it again."


def issue(
    *,
    by: User,
    filename: str,
    size: int,
    content_type: str,
    md5: str,
    sha256: str = "",
    candidate: Candidate | None = None,
    idempotency_key: str = "",
    now: datetime,
) -> tuple[UploadTicket, SignedUpload]:
    """Permit one upload of exactly this file; the same idempotency key gives the same ticket again.

    `md5` is Base64 as in Content-MD5, `sha256` hexadecimal. Raises PermissionDenied, NotFound for a candidate that `by`
    may not see, BadUpload with the field that is wrong, TooManyUploads, Conflict and Gone for a used idempotency key.
    """
    if not by.has_perm("candidates.add_uploadticket"):
        raise PermissionDenied("Only recruiters and coordinators may upload resumes.")
    declared = Declared.cleaned(filename=filename, size=size, content_type=content_type, md5=md5, sha256=sha256)
    if candidate is not None:
        _require_target(candidate, by=by)
    # Read before the row lock: the store's flags may have to come over the network.
    store = storage.incoming()
    ticket = _row(
        by=by, declared=declared, candidate=candidate, idempotency_key=idempotency_key, method=store.method, now=now
    )
    # Signed after commit: a ticket in somebody's hands always has its row and its audit event.
    signed = store.ticket(
        ticket.key,
        size=ticket.declared_size,
        content_type=ticket.declared_type,
        md5_b64=ticket.declared_md5,
        expires_in=max(ticket.expires_at - now, timedelta(seconds=1)),
    )
    return ticket, signed


@transaction.atomic
def _row(
    *, by: User, declared: Declared, candidate: Candidate | None, idempotency_key: str, method: str, now: datetime
) -> UploadTicket:
    # One lock per person makes quota and idempotency exact under parallel requests.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if idempotency_key:
        earlier = UploadTicket.objects.filter(created_by=by, idempotency_key=idempotency_key[:200]).first()
        if earlier:
            return _same_again(earlier, declared=declared, candidate=candidate, now=now)
    _require_quota(by=by, size=declared.size, now=now)
    ticket = UploadTicket.objects.create(
        key=f"incoming/{now:%Y%m%d}/{uuid4()}",
        method=method,
        filename=declared.filename,
        declared_type=declared.content_type,
        declared_size=declared.size,
        declared_md5=declared.md5,
        declared_sha256=declared.sha256,
        candidate=candidate,
        idempotency_key=idempotency_key[:200],
        created_by=by,
        created_at=now,
        expires_at=now + settings.UPLOAD_TICKET_LIFETIME,
    )
    audit.record(
        "upload.issued", target=ticket, by=by, subject=candidate, size=declared.size, type=declared.content_type
    )
    return ticket


def _same_again(
    earlier: UploadTicket, *, declared: Declared, candidate: Candidate | None, now: datetime
) -> UploadTicket:
    wanted = (declared.size, declared.content_type, declared.md5, candidate.pk if candidate else None)
    if wanted != (earlier.declared_size, earlier.declared_type, earlier.declared_md5, earlier.candidate_id):
        raise Conflict(
            "This idempotency key was used for another file. Use a new key for each file.", code="idempotency_mismatch"
        )
    if earlier.state == State.EXPIRED or (earlier.state == State.ISSUED and earlier.expires_at <= now):
        raise TicketExpired
    if earlier.state != State.ISSUED:
        raise Conflict("The upload with this idempotency key is already confirmed.", code="already_confirmed")
    return earlier


def _require_target(candidate: Candidate, *, by: User) -> None:
    if not Candidate.objects.visible_to(by).filter(pk=candidate.pk).exists():
        raise NotFound
    if candidate.merged_into_id:
        raise Conflict("This person was merged into another record. Upload the resume there.", code="candidate_merged")


def _require_quota(*, by: User, size: int, now: datetime) -> None:
    mine = UploadTicket.objects.filter(created_by=by)
    if mine.open(now=now).count() >= settings.UPLOAD_OPEN_TICKETS_PER_USER:
        raise TooManyUploads(
            "{most} uploads of yours are open already. Finish them, or wait 15 minutes.",
            code="too_many_open_uploads",
            most=settings.UPLOAD_OPEN_TICKETS_PER_USER,
        )
    today: int = mine.filter(created_at__gt=now - timedelta(days=1)).aggregate(total=Sum("declared_size"))["total"] or 0
    if today + size > settings.UPLOAD_BYTES_PER_USER_DAY:
        raise TooManyUploads(
            "You have uploaded {most} MB within a day, which is the limit. Try again tomorrow.",
            code="upload_quota",
            most=settings.UPLOAD_BYTES_PER_USER_DAY // 2**20,
        )


def confirm(*, ticket_id: UUID, by: User, etag: str = "", version_id: str = "", now: datetime) -> UploadTicket:
    """Hand an uploaded file over to ingestion; confirming again returns the current state.

    Raises NotFound for everybody but the one who got the ticket, NotUploadedYet while the object is not in the store,
    TicketExpired past the grace period, ObjectChanged when the store holds another object than `etag` names.
    """
    ticket = UploadTicket.objects.filter(created_by=by, pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    if ticket.state == State.EXPIRED:
        raise TicketExpired
    if ticket.state != State.ISSUED:
        return ticket
    if now > ticket.expires_at + settings.UPLOAD_CONFIRM_GRACE:
        raise TicketExpired
    # The store is asked outside the transaction: no row stays locked while a network answers.
    found = storage.incoming().head(ticket.key)
    if found is None:
        raise NotUploadedYet
    named = etag.strip().removeprefix("W/").strip('"')
    if (named and found.etag and named != found.etag) or (version_id and found.version_id not in {"", version_id}):
        raise storage.ObjectChanged
    return _hand_over(ticket_id=ticket.pk, by=by, found=found, now=now)


@transaction.atomic
def _hand_over(*, ticket_id: UUID, by: User, found: storage.Stat, now: datetime) -> UploadTicket:
    ticket = UploadTicket.objects.select_for_update().get(pk=ticket_id)
    if ticket.state == State.EXPIRED:
        raise TicketExpired
    if ticket.state != State.ISSUED:
        return ticket
    ticket.move(State.CONFIRMED, now=now)
    # From here on these bytes and no others: what the worker reads must carry this ETag.
    ticket.etag, ticket.version_id = found.etag[:80], found.version_id[:100]
    ticket.save(update_fields=["state", "confirmed_at", "etag", "version_id"])
    audit.record("upload.confirmed", target=ticket, by=by, subject=ticket.candidate_id, size=found.size)
    # Deferred in this transaction: the task exists exactly when the confirmation does.
    ingest_upload.defer(ticket_id=str(ticket.pk))
    return ticket


def reject(*, ticket_id: UUID, by: User, reason: str, message: str, now: datetime) -> UploadTicket:
    """End a confirmed upload by hand, for instance a parked one; a worker that still holds it can no longer write."""
    _require_operator(by)
    with transaction.atomic():
        ticket = _locked(ticket_id, by=by)
        settling.reject(ticket, code=reason, message=message, by=by, now=now)
    storage.incoming().delete(ticket.key)
    return ticket


def retry(*, ticket_id: UUID, by: User, now: datetime) -> UploadTicket:
    """Let a parked upload be tried again from the start. Raises Conflict for one that is not parked."""
    _require_operator(by)
    with transaction.atomic():
        ticket = _locked(ticket_id, by=by)
        if not ticket.parked_at:
            raise Conflict("Only a parked upload can be tried again.", code="upload_not_parked")
        changes: dict[str, Any] = {"parked_for": ticket.parked_for, "attempts": ticket.attempts}
        ticket.parked_at, ticket.parked_for, ticket.attempts, ticket.claimed_until = None, "", 0, None
        ticket.save(update_fields=["parked_at", "parked_for", "attempts", "claimed_until"])
        audit.record("upload.retried", target=ticket, by=by, subject=ticket.candidate_id, **changes)
        ingest_upload.defer(ticket_id=str(ticket.pk))
    return ticket


def expire(*, now: datetime) -> int:
    """End every ticket whose upload was never confirmed, an hour after its time; returns how many."""
    return settling.expire_abandoned(now=now)


def sweep(*, now: datetime, dry_run: bool = False) -> sweeping.Swept:
    """Expire, clear and report what uploads left behind; the periodic task does the same."""
    return sweeping.sweep(now=now, dry_run=dry_run)


def _locked(ticket_id: UUID, *, by: User) -> UploadTicket:
    ticket = UploadTicket.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    return ticket


def _require_operator(by: User) -> None:
    if not by.has_perm("candidates.view_all_uploads"):
        raise PermissionDenied("Only people who look after uploads may do this.")
