"""What comes in through a public form, sent and settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jobs.actions import settling
from jobs.models import IntakeSubmission
from tests.conftest import NOON

Send = Callable[..., tuple[IntakeSubmission, str]]


def settled(one: IntakeSubmission, *, now: datetime = NOON) -> IntakeSubmission:
    settling.settle(submission_id=one.pk, now=now)
    one.refresh_from_db()
    return one
