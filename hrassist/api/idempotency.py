"""A POST with an Idempotency-Key happens once, however often a program sends it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from hrassist import once
from hrassist.lib.endpoints import ApiView
from hrassist.lib.rest import IDEMPOTENCY_HEADER, idempotency_key
from hrassist.models import IdempotencyRecord, User


def answer_once(view: ApiView, write: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
    """Run the write and keep its answer, in one transaction; or repeat the answer that was kept.

    Raises StillRunning and OtherBody (hrassist/once.py).
    """

    def keep(response: Response) -> tuple[int, dict[str, Any]] | None:
        return (response.status_code, view.to_keep(response)) if response.status_code < 400 else None

    def again(kept: IdempotencyRecord) -> Response:
        response = view.from_kept(cast("dict[str, Any]", kept.answer))
        response.status_code = cast(int, kept.status)
        response.headers["Idempotency-Replayed"] = "true"
        return response

    # What the proxy sends again is the same request; a program may use a key twice for different ones.
    own = request.headers.get(IDEMPOTENCY_HEADER) == idempotency_key(request)
    return once.answered(
        request, lambda: write(request, *args, **kwargs), user=cast(User, request.user), key=idempotency_key(request),
        body=hashlib.sha256(request.body).hexdigest() if own else "", keep=keep, again=again,
    )  # fmt: skip
