"""Keeps what a check by the clock found, so that one that fails, or stops coming, is told to somebody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import DatabaseError, transaction

from hrassist.models import CheckOutcome


def keep(names: Collection[CheckOutcome.Name], *, broken: int, now: datetime) -> bool:
    """Whether it could be kept: what a check says to whoever ran it does not hang on the database."""
    try:
        with transaction.atomic():
            for name in names:
                CheckOutcome.objects.update_or_create(name=name, defaults={"ended_at": now, "broken": broken})
    except DatabaseError:
        return False
    return True
