"""Make both buckets of the store: closed to strangers, open to our pages, swept of what nobody confirmed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from hrassist.lib.errors import DomainError, Unavailable
from hrassist.lib.storage import s3
from hrassist.ops import strangers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# How stores say that there is no such thing to set, or none set yet.
NOT_HERE = frozenset(("NotImplemented", "MethodNotAllowed"))
NOTHING_YET = frozenset(("NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration"))
ANSWERS_AFTER_SECONDS = 120.0
# As deploy/terraform/modules/buckets has it.
UNCONFIRMED_DAYS = 1
HEADERS = ["content-type", "content-md5", "if-none-match"]
METHODS = ["PUT", "POST"]


class StoreAway(Unavailable):
    code = "store_away"
    default_message = "The file store at {where} did not answer within {seconds:.0f} s: {why}."


class BucketRefused(DomainError):
    code = "bucket_refused"
    default_message = (
        "The bucket {name} cannot be made ready ({what}: {why}). Look at the key's rights, and at whose bucket it is."
    )


class BucketOpen(DomainError):
    code = "bucket_open"
    default_message = (
        "Strangers can list the bucket {name}, and resumes are in it. Remove its public policy and ACL, and the "
        "anonymous identity of the store; manage.py storage_doctor says when it is closed."
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What was looked at, and what became of it: made, there already, asked, or not known to this store."""

    bucket: str
    what: str
    how: str


def make(*, origin: str, patience: float = ANSWERS_AFTER_SECONDS) -> Iterator[Done]:
    """Bring both buckets to what is needed, and leave alone what is so already.

    Raises StoreAway, BucketRefused, BucketOpen.
    """
    client, incoming, clean = s3.client_from_settings(), settings.S3_INCOMING_BUCKET_NAME, settings.AWS_S3_BUCKET_NAME
    _wait(client, clean, patience=patience)
    for name in dict.fromkeys((incoming, clean)):
        yield Done(name, "bucket", _step(name, "the bucket", partial(_exists, client, name)))
        # A new bucket is private everywhere. A block of public access besides makes Ceph refuse uploads of its owner's.
        # The store's own word is not asked: what it says of a bucket is not what it gives to strangers.
        if strangers.listed(s3.Bucket(client, name)).is_ok:
            raise BucketOpen(name=name)
        yield Done(name, "closed to strangers", "asked")
    whole = "" if incoming != clean else s3.Bucket(client, incoming, prefix=settings.S3_PREFIX).full("incoming/")
    unconfirmed = _rule("unconfirmed", prefix=whole, expire=True)
    yield Done(
        incoming,
        "uploads that nobody confirmed go",
        _step(incoming, "its lifecycle", lambda: _swept(client, incoming, unconfirmed)),
    )
    if clean != incoming:
        # When a resume goes is decided by the rules of retention. It has no versions: erasure means every one of them.
        unfinished = _rule("unfinished", prefix="", expire=False)
        yield Done(
            clean, "unfinished pieces go", _step(clean, "its lifecycle", lambda: _swept(client, clean, unfinished))
        )
    yield Done(
        incoming, f"uploads from {origin}", _step(incoming, "its CORS", lambda: _open_to(client, incoming, origin))
    )


def _wait(client: S3Client, name: str, *, patience: float) -> None:
    """A store that has just begun says so with errors of the server or none at all; every other answer is one."""
    until = time.monotonic() + patience
    while True:
        try:
            client.head_bucket(Bucket=name)
            return
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status < 500:
                return
            why = f"it answers {status}"
        except BotoCoreError as error:
            why = type(error).__name__
        if time.monotonic() > until:
            raise StoreAway(where=client.meta.endpoint_url, seconds=patience, why=why)
        time.sleep(1)


def _step(name: str, what: str, act: Callable[[], str]) -> str:
    try:
        return act()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if what != "the bucket" and (code in NOT_HERE or status in {405, 501}):
            return "not known to this store"
        raise BucketRefused(name=name, what=what, why=code or status) from error
    except BotoCoreError as error:
        raise BucketRefused(name=name, what=what, why=type(error).__name__) from error


def _exists(client: S3Client, name: str) -> str:
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
    else:
        return "there already"
    # Only Amazon wants to be told where, and not for its first region.
    elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": settings.AWS_S3_REGION}}
    is_amazon = not settings.AWS_S3_ENDPOINT_URL and settings.AWS_S3_REGION != "us-east-1"
    try:
        client.create_bucket(Bucket=name, **(elsewhere if is_amazon else {}))
    except client.exceptions.BucketAlreadyOwnedByYou:
        return "there already"
    return "made"


def _rule(title: str, *, prefix: str, expire: bool) -> dict[str, Any]:
    rule: dict[str, Any] = {"ID": title, "Status": "Enabled", "Filter": {"Prefix": prefix}}
    if expire:
        rule["Expiration"] = {"Days": UNCONFIRMED_DAYS}
    return rule | {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}


def _swept(client: S3Client, name: str, rule: dict[str, Any]) -> str:
    rules = _found(lambda: client.get_bucket_lifecycle_configuration(Bucket=name).get("Rules", []))
    if any(one.get("ID") == rule["ID"] and one.get("Status") == "Enabled" for one in rules):
        return "there already"
    # Whoever runs this installation may have rules of their own there.
    kept = [one for one in rules if one.get("ID") != rule["ID"]]
    client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [*kept, rule]})  # type: ignore[list-item]
    return "made"


def _open_to(client: S3Client, name: str, origin: str) -> str:
    rules = _found(lambda: client.get_bucket_cors(Bucket=name).get("CORSRules", []))
    wanted: dict[str, Any] = {
        "AllowedOrigins": [origin], "AllowedMethods": METHODS, "AllowedHeaders": HEADERS, "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }  # fmt: skip
    others = [
        one for one in rules if one.get("AllowedOrigins") != [origin] and "*" not in one.get("AllowedOrigins", [])
    ]
    same = [
        one
        for one in rules
        if all(sorted(one.get(key, [])) == sorted(wanted[key]) for key in ("AllowedOrigins", "AllowedMethods"))
    ]
    if same and len(others) + 1 == len(rules):
        return "there already"
    client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [*others, wanted]})  # type: ignore[list-item]
    return "made"


def _found(ask: Callable[[], list[Any]]) -> list[Any]:
    try:
        return ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOTHING_YET:
            return []
        raise
