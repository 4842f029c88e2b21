"""Writing events: with the change, before the bytes, or in spite of the rollback."""

from __future__ import annotations

import json
import logging
import platform
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, Error, IntegrityError, models, transaction
from django.db.models.functions import Now

from audit.codes import code_of
from audit.models import Event
from hrassist.lib import origin
from hrassist.lib.errors import Unavailable

if TYPE_CHECKING:
    from hrassist.models import User

logger = logging.getLogger(__name__)

ALIAS = "audit"
NODE = platform.node()[:64]
Ref = models.Model | UUID | str | int | None


class AuditUnavailable(Unavailable):
    """The access could not be put on record, so it did not happen."""

    code = "audit_unavailable"
    default_message = (
        "This cannot be shown, because the access could not be put on record. Nothing was shown; please try again in a "
        "minute, and tell the operator if it stays so."
    )


def record(
    action: str,
    *,
    target: models.Model | None = None,
    by: User | None = None,
    subject: Ref = None,
    job: Ref = None,
    outcome: str = Event.Outcome.ALLOW,
    reason_code: str = "",
    purpose: str = "",
    **changes: Any,
) -> Event:
    """Put a change on record in the caller's transaction: the event exists exactly when the change does.

    `changes` are identifiers, flags and counts that JSON can hold; never names, addresses or text of a resume.
    """
    event = _event(
        action,
        by=by,
        target=target,
        subject=subject,
        job=job,
        outcome=outcome,
        reason_code=reason_code[:60],
        purpose=purpose[:200],
        changes=changes,
    )
    # A change is never "the same access again": the rule of one row per access is for reads.
    event.method = "" if event.method == "GET" else event.method
    _insert(event)
    if request := origin.of_request():
        request.recorded.append(event.pk)
    return event


def viewed(
    action: str,
    *,
    target: models.Model | None,
    by: User | None,
    subject: Ref = None,
    job: Ref = None,
    purpose: str = "",
    **changes: Any,
) -> Event:
    """Commit that somebody sees something, on a connection of its own, before anything is shown.

    Asked again for the same action and target within a request, it is still one row; HEAD shows nothing and is none.
    Raises AuditUnavailable (503).
    """
    event = _event(action, by=by, target=target, subject=subject, job=job, purpose=purpose[:200], changes=changes)
    request = origin.of_request()
    access = (event.action, event.target_type, event.target_id)
    if request and (request.shows_nothing or (event.target_id and access in request.seen)):
        return event
    try:
        _commit(event, request)
    except Error as error:
        logger.exception("audit: %s of %s %s is not on record, so it is refused", *access)
        raise AuditUnavailable from error
    if request:
        request.seen.add(access)
    return event


def denied(action: str, **about: Any) -> None:
    """Keep a refusal although its request rolls back; a refusal that cannot be kept is logged and still a refusal.

    Takes `target`, `by`, `subject` and `job` as `record` does, `reason_code`, `http_status`, and `changes` by name.
    """
    _keep(action, outcome=Event.Outcome.DENY, **about)


def failed(action: str, **about: Any) -> None:
    """Keep that something went wrong, as `denied` keeps a refusal."""
    _keep(action, outcome=Event.Outcome.ERROR, **about)


def _keep(
    action: str,
    *,
    outcome: str,
    target: models.Model | None = None,
    by: User | None = None,
    subject: Ref = None,
    job: Ref = None,
    reason_code: str = "",
    http_status: int | None = None,
    **changes: Any,
) -> None:
    request = origin.of_request()
    if request:
        request.kept = True
    try:
        event = _event(
            action,
            by=by,
            target=target,
            subject=subject,
            job=job,
            outcome=outcome,
            reason_code=reason_code[:60],
            http_status=http_status,
            changes=changes,
        )
        _commit(event, request)
    except Error:
        logger.exception("audit: %s (%s, %s) is not on record", action, outcome, reason_code)


def _commit(event: Event, request: origin.RequestOrigin | None) -> None:
    try:
        with transaction.atomic(using=ALIAS):
            _insert(event, using=ALIAS)
    except IntegrityError:
        if request is None:
            raise
        # An id chosen outside came twice; taken at its word, the second access would leave no trace.
        request.renew_request_id()
        event.request_id = request.request_id
        with transaction.atomic(using=ALIAS):
            _insert(event, using=ALIAS)


def _insert(event: Event, *, using: str = DEFAULT_DB_ALIAS) -> None:
    event.save(using=using, force_insert=True)
    del event.ts


def _event(
    action: str, *, by: User | None, target: models.Model | None, subject: Ref, job: Ref, **columns: Any
) -> Event:
    where = origin.current().as_columns()
    if by is not None and by.pk is not None and str(by.pk) != where["actor_id"]:
        where |= {"actor_type": Event.ActorType.USER, "actor_id": str(by.pk), "actor_display": by.get_username()[:200]}
    # What JSON cannot hold becomes text here: a broken event would refuse what it only describes.
    columns["changes"] = json.loads(json.dumps(columns["changes"], cls=DjangoJSONEncoder))
    return Event(
        **where,
        **columns,
        # The database's clock, one for all machines; who reads the attribute gets the stored value.
        ts=Now(),
        code=code_of(action, columns.get("outcome", Event.Outcome.ALLOW)),
        action=action,
        target_type=target._meta.label_lower[:60] if target is not None else "",
        target_id=_reference(target),
        target_version=str(getattr(target, "sha256", "") or "")[:64],
        subject_ref=_reference(subject),
        job_id=_reference(job),
        node=NODE,
        app_version=settings.VERSION,
    )


def _reference(thing: Ref) -> str:
    if isinstance(thing, models.Model):
        thing = thing.pk
    return "" if thing is None else str(thing)[:40]
