"""Sending the trail to a system that takes lines of JSON over HTTPS, from where it was left, until it took them."""

from __future__ import annotations

import json
import logging
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from audit.actions import exporting
from audit.actions.exporting import Cursor
from audit.models import Feed
from hrassist.lib import egress
from hrassist.lib.egress import EgressFailed, EgressRefused

logger = logging.getLogger(__name__)

NAME = "push"
LINES = 500


def push_all(*, most_seconds: float = 20) -> int:
    """Send what is sealed and not taken yet; the number of events taken. Tried again a minute later where it fails."""
    if not settings.AUDIT_PUSH_URL:
        return 0
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < most_seconds:
        taken = _push_piece()
        sent += taken
        if taken < LINES:
            break
    return sent


@transaction.atomic
def _push_piece() -> int:
    Feed.objects.get_or_create(name=NAME)
    feed = Feed.objects.select_for_update(skip_locked=True).filter(name=NAME).first()
    if feed is None:
        # Another process sends at this moment.
        return 0
    piece = exporting.piece(Cursor.decode(feed.cursor), most=LINES)
    if not piece.events:
        return 0
    try:
        _send(b"".join(json.dumps(event, sort_keys=True).encode() + b"\n" for event in piece.events))
    except (EgressFailed, EgressRefused) as error:
        feed.failures += 1
        feed.last_error = error.message[:200]
        feed.save()
        logger.warning("audit: %s events were not taken: %s", len(piece.events), error.message)
        return 0
    feed.cursor, feed.failures, feed.last_error = piece.cursor.encode(), 0, ""
    feed.save()
    return len(piece.events)


def _send(body: bytes) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    if settings.AUDIT_PUSH_TOKEN:
        headers["Authorization"] = f"Bearer {settings.AUDIT_PUSH_TOKEN}"
    host = urlsplit(settings.AUDIT_PUSH_URL).hostname or ""
    answer = egress.call(
        "POST", settings.AUDIT_PUSH_URL, purpose="audit", hosts=[host], headers=headers, body=body, seconds=10
    )  # fmt: skip
    if not 200 <= answer.status < 300:
        raise EgressFailed(f"it answered {answer.status}.")
