"""What a process makes sure of before it serves anybody: a wrong configuration ends it, and says what to do."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection

from audit.sealing import keys
from hrassist import databases, env
from hrassist.checks import START
from hrassist.lib.errors import DomainError

logger = logging.getLogger(__name__)

# Between NTP, which keeps milliseconds, and the 15 minutes at which object stores refuse.
MOST_APART_SECONDS = 300


def or_stop(*, listening: bool = False, working: bool = False) -> None:
    """Return where everything is well, or cannot be found out now; otherwise end this process with what to do.

    `listening`: it keeps a connection for longer than a transaction, for notifications (LISTEN).
    `working`: it does the tasks of the queue, and has secrets that nobody else has.
    """
    unknown: list[str] = []
    wrong = [*(_pooled() if listening else ()), *(_of_a_worker(unknown) if working else ()), *_everywhere()]
    if settings.STORAGE_BACKEND == "s3":
        # Who is wrong elsewhere may be wrong here: nothing of the store is made this environment's.
        wrong += _buckets(unknown, marking=not wrong)
    if not wrong:
        for one in unknown:
            logger.warning("%s", one)
        return
    sys.stderr.write("\n".join(["hrassist does not start:", *(f"  {one}" for one in wrong), ""]))
    sys.exit(env.WRONG_CONFIGURATION)


def _everywhere() -> Iterator[str]:
    """Each thing that is wrong, as one sentence of what it is and one of what to do."""
    for one in checks.run_checks(tags=[checks.Tags.security, START]):
        if one.level >= checks.ERROR:
            yield f"{one.id}: {one.msg} {one.hint or ''}".strip()
    if not settings.DEVELOPMENT:
        yield from _database()


def _pooled() -> Iterator[str]:
    if settings.DB_POOLED:
        yield (
            "hrassist.E074: HRASSIST_DB_POOLED is on, and this process listens for notifications, which a pooler in "
            "transaction mode loses. Set it for the web process alone; streams and workers need a DATABASE_URL that "
            "leads to PostgreSQL itself."
        )


def _database() -> Iterator[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs: datetime = cursor.fetchone()[0]
        owner = databases.environment()
    except DatabaseError as error:
        if "unsupported startup parameter" in str(error):
            yield (
                "hrassist.E079: DATABASE_URL leads to a pooler, which refuses what is set for a connection to "
                "PostgreSQL itself. Set HRASSIST_DB_POOLED=on and HRASSIST_DB_STATEMENT_TIMEOUT=0 for the web process; "
                "streams and workers need a DATABASE_URL that leads to PostgreSQL itself."
            )
        # That it does not answer is said by /readyz, and passes.
        return
    finally:
        connection.close()
    yield from _clock(theirs, "the database")
    if owner and owner != settings.ENVIRONMENT:
        yield (
            f"hrassist.E070: This database belongs to {owner}, and this is {settings.ENVIRONMENT}. Give "
            f"{settings.ENVIRONMENT} a database of its own in DATABASE_URL; where this one is a copy that it may have, "
            "run manage.py claim_database as the owner."
        )


def _buckets(unknown: list[str], *, marking: bool) -> Iterator[str]:
    from hrassist.ops import own_buckets  # noqa: PLC0415  boto3 takes 0.3 s; a disk needs none

    found = own_buckets.look(marking=marking)
    unknown += found.unknown
    yield from found.wrong
    for theirs in found.times[:1]:
        yield from _clock(theirs, "the object store")


def _of_a_worker(unknown: list[str]) -> Iterator[str]:
    """What the worker alone needs: web, streams and figures neither seal the audit trail nor erase anybody."""
    if settings.DEVELOPMENT:
        return
    try:
        keys.configured().require_signer()
    except (DomainError, OSError, ValueError) as error:
        why = error.message if isinstance(error, DomainError) else f"The audit key cannot be read: {error}."
        yield (
            f"hrassist.E076: {why} Nothing that happens would be sealed. It is a secret of the worker alone "
            "(docs/infrastructure/deploy.md)."
        )
    if not _may_write(settings.ERASURE_LEDGER):
        unknown.append(
            f"The ledger of erasures cannot be written in {settings.ERASURE_LEDGER}: nobody is erased until it can. "
            "Mend HRASSIST_ERASURE_LEDGER, or the rights of this process there."
        )


def _may_write(place: str) -> bool:
    """Whether a folder can be written, or made; a bucket is found out when it is written."""
    if place.startswith("s3://"):
        return True
    folder = Path(place).absolute()
    while not os.path.lexists(folder):
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _clock(theirs: datetime, whose: str) -> Iterator[str]:
    apart = abs((datetime.now(tz=UTC) - theirs).total_seconds())
    if apart > MOST_APART_SECONDS:
        yield (
            f"hrassist.E073: The clock of this machine is {apart / 60:.0f} minutes from that of {whose}: sessions, "
            "tickets and the audit trail would carry wrong times. Let it be set by NTP: timedatectl set-ntp true."
        )
