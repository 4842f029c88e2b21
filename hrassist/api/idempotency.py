"""A POST with an Idempotency-Key happens once, however often a program sends it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.lib import failpoint
from hrassist.lib.endpoints import ApiView
from hrassist.lib.errors import Conflict
from hrassist.lib.rest import idempotency_key
from hrassist.models import IdempotencyRecord, User


class StillRunning(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency_key_in_use"
    retry_after = 2
    default_message = "The first request with this Idempotency-Key is still running. Try again in a few seconds."


class OtherBody(Conflict):
    """The key was used for something else."""

    code = "idempotency_key_reused"
    default_message = "This Idempotency-Key was used with another body. Use a fresh key for a new request."


def answer_once(view: ApiView, post: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
    """Run the POST and keep its answer, in one transaction; or repeat the answer that was kept.

    What is refused is rolled back and not kept: the same request may succeed later. A crash leaves neither change nor
    answer, so the repeated request starts afresh. Raises StillRunning and OtherBody.
    """
    key = idempotency_key(request)
    user = cast(User, request.user)
    route = request.path[:200]
    body = hashlib.sha256(request.body).hexdigest()
    with transaction.atomic():
        if not _hold(f"{user.pk} {route} {key}"):
            raise StillRunning
        records = IdempotencyRecord.objects.filter(user=user)
        # The task that forgets runs once an hour; a key is free again to the minute.
        records.filter(key=key, route=route).expired(now=timezone.now()).delete()
        kept = records.filter(key=key, route=route).first()
        if kept is not None:
            if kept.body_sha256 != body:
                raise OtherBody
            return _again(view, kept)
        response = post(request, *args, **kwargs)
        if response.status_code < 400:
            IdempotencyRecord.objects.create(
                user=user,
                key=key,
                route=route,
                body_sha256=body,
                status=response.status_code,
                answer=view.to_keep(response),
            )
        failpoint.reach("answer_once.kept")
    failpoint.reach("answer_once.committed")
    return response


def _hold(name: str) -> bool:
    # Until the end of the transaction; who does not get it is told at once instead of queueing in a web thread.
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])


def _again(view: ApiView, kept: IdempotencyRecord) -> Response:
    response = view.from_kept(cast("dict[str, Any]", kept.answer))
    response.status_code = cast(int, kept.status)
    response.headers["Idempotency-Replayed"] = "true"
    return response
