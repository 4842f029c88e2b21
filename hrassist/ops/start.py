"""What a process makes sure of before it serves anybody: a wrong configuration ends it, and says what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection

from hrassist import databases, env
from hrassist.checks import START
from hrassist.lib.errors import DomainError
from hrassist.ops import raw_http

# Between NTP, which keeps milliseconds, and the 15 minutes at which object stores refuse.
MOST_APART_SECONDS = 300


def or_stop(*, listening: bool = False) -> None:
    """Return where everything is well, or cannot be found out now; otherwise end this process with what to do.

    `listening`: it keeps a connection for longer than a transaction, for notifications (LISTEN).
    """
    wrong = [*(_pooled() if listening else ()), *problems()]
    if not wrong:
        return
    sys.stderr.write("\n".join(["hrassist does not start:", *(f"  {one}" for one in wrong), ""]))
    sys.exit(env.WRONG_CONFIGURATION)


def problems() -> Iterator[str]:
    """Each thing that is wrong, as one sentence of what it is and one of what to do."""
    for one in checks.run_checks(tags=[checks.Tags.security, START]):
        if one.level >= checks.ERROR:
            yield f"{one.id}: {one.msg} {one.hint or ''}".strip()
    if settings.DEVELOPMENT:
        return
    yield from _database()
    if settings.STORAGE_BACKEND == "s3":
        for bucket in dict.fromkeys((settings.AWS_S3_BUCKET_NAME, settings.S3_INCOMING_BUCKET_NAME)):
            yield from _bucket(bucket)


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
    except DatabaseError:
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


def _bucket(name: str) -> Iterator[str]:
    """Ask as a stranger would: the refusal says in which region the bucket is and what time it is there."""
    address = _address(name)
    if not address:
        return
    answer = raw_http.send("GET", f"{address}?list-type=2&max-keys=1")
    if answer.is_ok:
        yield (
            f"hrassist.E071: Anybody can list the bucket {name}, and resumes are in it. Remove its public "
            "policy and ACL; manage.py storage_doctor says when it is closed."
        )
    region = answer.headers.get("x-amz-bucket-region", "")
    if region and region != settings.AWS_S3_REGION:
        yield (
            f"hrassist.E072: The bucket {name} is in {region}, and AWS_S3_REGION is {settings.AWS_S3_REGION}: every "
            f"signature would be refused. Set AWS_S3_REGION={region}."
        )
    if date := answer.headers.get("date"):
        try:
            yield from _clock(parsedate_to_datetime(date), "the object store")
        except ValueError:
            return


def _address(bucket: str) -> str:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415  it takes 0.3 s; a disk needs none

    from hrassist.lib.storage import s3  # noqa: PLC0415  as above

    try:
        signed: str = s3.client_from_settings().generate_presigned_url("list_objects_v2", Params={"Bucket": bucket})
    except (DomainError, BotoCoreError):
        return ""
    return signed.partition("?")[0]


def _clock(theirs: datetime, whose: str) -> Iterator[str]:
    apart = abs((datetime.now(tz=UTC) - theirs).total_seconds())
    if apart > MOST_APART_SECONDS:
        yield (
            f"hrassist.E073: The clock of this machine is {apart / 60:.0f} minutes from that of {whose}: sessions, "
            "tickets and the audit trail would carry wrong times. Let it be set by NTP: timedatectl set-ntp true."
        )
