"""The buckets of the files as a process finds them before it serves: closed to strangers, ours, and where we think."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import BotoCoreError
from django.conf import settings

from hrassist.lib.errors import DomainError
from hrassist.lib.storage import marks
from hrassist.lib.storage.contract import StorageUnavailable
from hrassist.lib.storage.marks import Place
from hrassist.lib.storage.s3 import Bucket, S3Incoming
from hrassist.ops import raw_http, strangers

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Found:
    """What is wrong, each with what to do; what could not be found out; and the time by the store's clock."""

    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)


def look(*, marking: bool = True) -> Found:
    """Ask both buckets as a stranger would and with our key; one that does not answer at all is asked no further.

    `marking`: those that nobody has marked yet are marked as this environment's. Development asks only whose they are.
    """
    found = Found()
    try:
        places = marks.places()
    except (DomainError, BotoCoreError, ValueError) as error:
        found.unknown.append(f"The object store could not be asked: {error}")
        return found
    try:
        buckets = {place.bucket.name: place.bucket for place in places}
        there = {name for name, bucket in buckets.items() if _as_a_bucket(bucket, found)}
        for place in places:
            if place.bucket.name in there:
                _as_a_place(place, found, marking=marking)
    finally:
        # The web process forks after this: a connection must never be shared by two processes.
        places[0].bucket.client.close()
    return found


def _as_a_bucket(bucket: Bucket, found: Found) -> bool:
    """Whether it answers; what it says to a stranger goes into `found`."""
    try:
        answer = strangers.listed(bucket)
    except (DomainError, BotoCoreError, ValueError) as error:
        found.unknown.append(f"The bucket {bucket.name} could not be asked: {error}")
        return False
    if not answer.status:
        found.unknown.append(
            f"The bucket {bucket.name} does not answer: whether it is closed, and whose, is not known."
        )
        return False
    if settings.DEVELOPMENT:
        return True
    if answer.is_ok:
        found.wrong.append(
            f"hrassist.E071: Anybody can list the bucket {bucket.name}, and resumes are in it. Remove its public "
            "policy and ACL; manage.py storage_doctor says when it is closed."
        )
    found.wrong += _elsewhere(bucket, answer)
    with suppress(ValueError):
        if date := answer.headers.get("date"):
            found.times.append(parsedate_to_datetime(date))
    declared = strangers.declared(bucket.client, bucket.name)
    if declared.open and not answer.is_ok:
        found.wrong.append(
            f"hrassist.E071: The bucket {bucket.name} is public: {', '.join(declared.open)}. Make it private and let "
            "its provider block public access to it; manage.py storage_doctor says when it is closed."
        )
    if declared.unknown:
        found.unknown.append(
            f"The bucket {bucket.name} did not say its {', its '.join(declared.unknown)}: look there whether strangers "
            "may read, or let the key ask (s3:GetBucketPolicyStatus, s3:GetBucketAcl, s3:GetBucketPublicAccessBlock)."
        )
    return True


def _elsewhere(bucket: Bucket, answer: raw_http.Answer) -> Iterator[str]:
    region = answer.headers.get("x-amz-bucket-region", "")
    if region and region != settings.AWS_S3_REGION:
        yield (
            f"hrassist.E072: The bucket {bucket.name} is in {region}, and AWS_S3_REGION is {settings.AWS_S3_REGION}: "
            f"every signature would be refused. Set AWS_S3_REGION={region}."
        )


def _as_a_place(place: Place, found: Found, *, marking: bool) -> None:
    """Whose it is, and whether a stranger reads what says so: no resume is needed to find out that all can be read."""
    try:
        owner = place.claimed(environment=settings.ENVIRONMENT) if marking else place.owner()
    except StorageUnavailable as error:
        found.unknown.append(f"Whose {place.name} is, and whether strangers read there, is not known: {error.message}")
        return
    if not owner:
        return
    if owner != settings.ENVIRONMENT:
        found.wrong.append(foreign(place, owner))
    if not settings.DEVELOPMENT and strangers.read(place.bucket, place.key).is_ok:
        found.wrong.append(
            f"hrassist.E071: Anybody can read the files in {place.name} whose names they know, and each link to a "
            "resume holds one. Remove the bucket's public policy and ACL; manage.py storage_doctor says when it is "
            "closed."
        )


def foreign(place: Place, owner: str) -> str:
    """What is said of a place that belongs to another environment."""
    return (
        f"hrassist.E075: The files in {place.name} belong to {owner}, and this is "
        f"{settings.ENVIRONMENT}. Give {settings.ENVIRONMENT} a bucket or a folder of its own (AWS_S3_BUCKET_NAME, "
        "HRASSIST_S3_INCOMING_BUCKET_NAME, HRASSIST_S3_PREFIX); where this one is a copy that it may have, run "
        "manage.py claim_bucket."
    )


def keep_marks() -> None:
    """Mark the buckets again before their own rules expire what says whose they are; one that is another's is told."""
    for place in marks.places():
        owner = place.claimed(environment=settings.ENVIRONMENT)
        if owner and owner != settings.ENVIRONMENT:
            logger.error("%s", foreign(place, owner))
        elif place.folder == S3Incoming.PREFIX:
            # What arrives is cleared after a day or two by a rule of the bucket, whatever it is.
            place.mark(environment=settings.ENVIRONMENT)
