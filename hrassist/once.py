"""A write happens once, also where a proxy sends it again because the host that had it died (docs/adr/0032)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hrassist.lib import failpoint
from hrassist.lib.errors import Conflict
from hrassist.models import IdempotencyRecord, User

# Said by deploy/nginx/for-hosts of what another host had in its hands when it died; a client's own is taken away there.
SENT_AGAIN = "X-Sent-Again"
# Until the database gives up a host without power (its keepalives, and the pooler's), less what nginx took to see it.
PATIENCE = 28.0
PAUSE = 0.25

T = TypeVar("T")


class StillRunning(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency_key_in_use"
    retry_after = 2
    default_message = "The first request with this Idempotency-Key is still running. Try again in a few seconds."


class OtherBody(Conflict):
    """The key was used for something else."""

    code = "idempotency_key_reused"
    default_message = "This Idempotency-Key was used with another body. Use a fresh key for a new request."


def answered(
    request: HttpRequest,
    ask: Callable[[], T],
    *,
    user: User,
    key: str,
    body: str,
    keep: Callable[[T], tuple[int, dict[str, Any]] | None],
    again: Callable[[IdempotencyRecord], T],
) -> T:
    """Do what is asked and keep its answer, in one transaction; or give the answer that was kept.

    What is refused, and what `keep` is silent about, is not kept: the same request may succeed later. A crash leaves
    neither change nor answer, so the repeated request starts afresh. Raises StillRunning and OtherBody.
    """
    route = request.path[:200]
    with transaction.atomic():
        if not _hold(f"{user.pk} {route} {key}", patience=PATIENCE if is_sent_again(request) else 0):
            raise StillRunning
        records = IdempotencyRecord.objects.filter(user=user, key=key, route=route)
        # The task that forgets runs once an hour; a key is free again to the minute.
        records.expired(now=timezone.now()).delete()
        kept = records.first()
        if kept is not None:
            if kept.body_sha256 != body:
                raise OtherBody
            return again(kept)
        answer = ask()
        if (said := keep(answer)) is not None:
            IdempotencyRecord.objects.create(
                user=user, key=key, route=route, body_sha256=body, status=said[0], answer=said[1]
            )
        failpoint.reach("answer_once.kept")
    failpoint.reach("answer_once.committed")
    return answer


def is_sent_again(request: HttpRequest) -> bool:
    return bool(request.headers.get(SENT_AGAIN))


def _hold(name: str, *, patience: float = 0) -> bool:
    """Until the end of the transaction; who does not get it is told at once instead of queueing in a web thread.

    But for what a proxy sends again: nobody but the host that died holds that, until the database gives it up.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    until = time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            row = cursor.fetchone()
        if row and row[0]:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(PAUSE)


def _answers_once(view: Any) -> bool:
    # Views of Django's own go through the site's `admin_view` when they are called: they are known by whose they are.
    return any(hasattr(view, name) for name in ("answers_once", "model_admin", "admin_site"))


class SentAgainMiddleware:
    """Refuses what a proxy sends again where nobody could say whether the first host carried it out.

    Views that can say so have `answers_once`, as those of the API and of the admin site have.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        if not is_sent_again(request) or (settings.WRITES_REPEATED and _answers_once(view)):
            return None
        said = "This request was not answered. Please wait a moment and try again.\n"
        return HttpResponse(said, status=502, content_type="text/plain", headers={"Retry-After": "10"})
