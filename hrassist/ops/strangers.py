"""What strangers may do with a bucket: tried as one of them, and as its policy and its lists of access say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from hrassist.lib.storage.s3 import Bucket
from hrassist.ops import raw_http

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Everybody, and everybody who has an account with the provider.
_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "everybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "everybody with an account",
}
# The store was asked, and there is none.
_NONE = {"NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"}


@dataclass(slots=True)
class Declared:
    """What lets strangers in by the store's own word, and what it did not say, each with its reason."""

    open: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def declared(store: S3Client, bucket: str) -> Declared:
    """Ask for policy, list of access and public access block; a key that may not ask leaves them unknown."""
    found = Declared()
    block = _asked(found, "public access block", lambda: store.get_public_access_block(Bucket=bucket))
    held: Mapping[str, Any] = (block or {}).get("PublicAccessBlockConfiguration", {})
    policy = _asked(found, "policy", lambda: store.get_bucket_policy_status(Bucket=bucket))
    is_public = (policy or {}).get("PolicyStatus", {}).get("IsPublic", False)
    if is_public and not held.get("RestrictPublicBuckets"):
        found.open.append("the store counts it as public")
    access = _asked(found, "list of access", lambda: store.get_bucket_acl(Bucket=bucket))
    if not held.get("IgnorePublicAcls"):
        for grant in (access or {}).get("Grants", []):
            if who := _GROUPS.get(grant.get("Grantee", {}).get("URI", "")):
                found.open.append(f"its list of access gives {who} {grant.get('Permission', 'something')}")
    return found


def _asked(found: Declared, what: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    try:
        return ask()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code not in _NONE:
            found.unknown.append(f"{what} ({code or 'refused'})")
    except BotoCoreError as error:
        found.unknown.append(f"{what} ({type(error).__name__})")
    return None


def listed(bucket: Bucket) -> raw_http.Answer:
    """The answer to somebody without a key who wants to know what is in the bucket."""
    return raw_http.send("GET", f"{address(bucket)}?list-type=2&max-keys=1")


def read(bucket: Bucket, key: str) -> raw_http.Answer:
    """The answer to somebody without a key who knows what an object is called."""
    return raw_http.send("GET", address(bucket, key))


def address(bucket: Bucket, key: str = "") -> str:
    """Where the bucket, or an object in it, is asked for without a signature."""
    arguments = {"Bucket": bucket.name} | ({"Key": bucket.full(key)} if key else {})
    signed: str = bucket.client.generate_presigned_url("get_object" if key else "list_objects_v2", Params=arguments)
    return signed.partition("?")[0]
