"""What an S3 bucket does when it is really asked, by us and by a stranger."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from hrassist.lib.errors import DomainError
from hrassist.lib.storage.capabilities import Capabilities
from hrassist.lib.storage.contract import ObjectChanged, SignedUpload
from hrassist.lib.storage.marks import Place
from hrassist.lib.storage.s3 import MOST_SKEW, Bucket, S3Clean, S3Incoming
from hrassist.ops import raw_http, strangers
from hrassist.ops.raw_http import Answer

TYPE = "application/pdf"
FOREIGN = "https://foreign.example"
Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: what happened, and what to do where it is not well."""

    probe: str
    level: Level
    found: str
    advice: str = ""


class Bench:
    """The two parts of a store, throw-away keys in them, and the flags that the probes find."""

    def __init__(self, incoming: Bucket, clean: Bucket, *, origin: str):
        self.incoming = incoming
        self.clean = clean
        self.origin = origin
        self.flags = Capabilities()
        self.data = os.urandom(1000)
        self._used: list[tuple[Bucket, str]] = []

    def key(self, bucket: Bucket) -> str:
        key = f"{'clean' if bucket is self.clean and bucket is not self.incoming else 'incoming'}/doctor/{uuid4()}"
        self._used.append((bucket, key))
        return key

    def learn(self, **flags: Any) -> None:
        self.flags = replace(self.flags, **flags)

    def ticket(self, key: str, *, method: str, flags: Capabilities | None = None, seconds: float = 60) -> SignedUpload:
        store = S3Incoming(self.incoming, flags=flags or Capabilities(), method=method, clean=S3Clean(self.clean))
        return store.ticket(
            key, size=len(self.data), content_type=TYPE, md5_b64=md5(self.data), expires_in=timedelta(seconds=seconds)
        )

    def put(self, **changes: Any) -> Answer:
        """Use a fresh PUT ticket with other bytes, headers or flags than it was signed for."""
        ticket = changes.get("ticket") or self.ticket(self.key(self.incoming), method="put", flags=changes.get("flags"))
        headers = {**ticket.headers, **changes.get("headers", {})}
        return raw_http.send("PUT", ticket.url, body=changes.get("body", self.data), headers=headers)

    def post(self, **changes: Any) -> Answer:
        """Use a fresh POST ticket with other bytes, fields or flags than it was signed for."""
        ticket = self.ticket(self.key(self.incoming), method="post", flags=changes.get("flags"))
        fields = {**ticket.fields, **changes.get("fields", {})}
        return raw_http.send_form(ticket.url, fields=fields, content=changes.get("body", self.data))

    def clean_up(self) -> None:
        for bucket, key in self._used:
            bucket.delete(key)


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def reach(bench: Bench) -> Iterator[Finding]:
    for label, bucket in (("uploads", bench.incoming), ("files", bench.clean)):
        bucket.probe()
        yield Finding(f"bucket of {label}", "ok", f"{bucket.name} answers")


def clock(bench: Bench) -> Iterator[Finding]:
    skew = bench.incoming.clock.skew
    if skew is None:
        yield Finding("clock", "warn", "the store sends no Date", "Make sure that NTP runs on this machine.")
        return
    seconds = abs(skew.total_seconds())
    level: Level = "fail" if seconds > MOST_SKEW.total_seconds() else "warn" if seconds > 30 else "ok"
    yield Finding("clock", level, f"{seconds:.0f} s apart", "" if level == "ok" else "Set this machine's clock (NTP).")


def round_trip(bench: Bench) -> Iterator[Finding]:
    store, key = S3Clean(bench.clean), bench.key(bench.clean)
    written = store.put(key, bench.data, content_type=TYPE)
    same = b"".join(store.open(key)) == bench.data
    yield Finding("read after write", "ok" if same else "fail", "same bytes" if same else "OTHER bytes came back")
    found = store.head(key)
    kept = (found.encryption if found else "") or written.encryption
    yield Finding(
        "encryption at rest",
        "ok" if kept else "warn",
        f"the store states {kept}" if kept else "the store states none",
        "" if kept else "Turn on the bucket's encryption, or make sure that its disks are encrypted.",
    )
    url = bench.clean.client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bench.clean.name,
            "Key": bench.clean.full(key),
            "ResponseContentDisposition": "attachment; filename=probe.pdf",
        },
    )
    shown = raw_http.send("GET", url).headers.get("content-disposition", "")
    honoured = shown.startswith("attachment")
    yield Finding("response overrides", "ok" if honoured else "warn", "honoured" if honoured else "ignored")


def anonymous(bench: Bench) -> Iterator[Finding]:
    advice = "Make the bucket private: remove its public policy and ACL."
    for label, bucket in (("uploads", bench.incoming), ("files", bench.clean)):
        key = bench.key(bucket)
        bucket.client.put_object(Bucket=bucket.name, Key=bucket.full(key), Body=bench.data)
        yield _closed(f"{label}: strangers read", strangers.read(bucket, key), advice)
        yield _closed(f"{label}: strangers list", strangers.listed(bucket), advice)
        writing = raw_http.send("PUT", f"{strangers.address(bucket, key)}-stranger", body=b"x")
        if writing.is_ok:
            bucket.delete(f"{key}-stranger")
        yield _closed(f"{label}: strangers write", writing, advice)


def declared(bench: Bench) -> Iterator[Finding]:
    for bucket in {one.name: one for one in (bench.incoming, bench.clean)}.values():
        found = strangers.declared(bucket.client, bucket.name)
        probe = f"{bucket.name}: what it says of strangers"
        if found.open:
            advice = "Make the bucket private, and let its provider block public access."
            yield Finding(probe, "fail", ", ".join(found.open), advice)
        elif found.unknown:
            yield Finding(
                probe,
                "warn",
                f"not said: {', '.join(found.unknown)}",
                "Look there, or let the key ask: GetBucketPolicyStatus, GetBucketAcl, GetBucketPublicAccessBlock.",
            )
        else:
            yield Finding(probe, "ok", "no policy and no list of access lets them in")


def whose(bench: Bench) -> Iterator[Finding]:
    for label, place in (
        ("uploads", Place(bench.incoming, S3Incoming.PREFIX)), ("files", Place(bench.clean, S3Clean.PREFIX))
    ):  # fmt: skip
        owner, probe = place.owner(), f"{label}: whose they are"
        if owner and owner != settings.ENVIRONMENT:
            yield Finding(
                probe, "fail", f"{owner}'s, and this is {settings.ENVIRONMENT}", "Name a bucket or folder of its own."
            )
        else:
            yield Finding(probe, "ok", f"{owner}'s" if owner else "nobody's yet: the next start marks them")


def _closed(probe: str, answer: Answer, advice: str) -> Finding:
    if answer.is_refusal:
        return Finding(probe, "ok", f"refused ({answer.status})")
    return Finding(probe, "fail", f"NOT refused ({answer.status})", advice)


def post_policy(bench: Bench) -> Iterator[Finding]:
    exact = bench.post()
    if not exact.is_ok:
        yield Finding("POST tickets", "ok", f"not offered ({exact.status or 'no answer'}): PUT tickets are used")
        return
    other = bench.key(bench.incoming)
    tries = {
        "one byte more": bench.post(body=bench.data + b"x"),
        "one byte less": bench.post(body=bench.data[:-1]),
        "another type": bench.post(fields={"Content-Type": "text/html"}),
        "another key": bench.post(fields={"key": bench.incoming.full(other)}),
        "an extra field": bench.post(fields={"acl": "public-read"}),
    }
    let_in = [name for name, answer in tries.items() if answer.is_ok]
    bench.learn(post_policy=not let_in)
    yield Finding(
        "POST tickets",
        "warn" if let_in else "ok",
        f"LET IN {', '.join(let_in)}: PUT tickets are used" if let_in else f"hold against {len(tries)} changes",
    )
    flags = Capabilities(post_content_md5=True)
    takes, swaps = bench.post(flags=flags).is_ok, bench.post(flags=flags, body=os.urandom(len(bench.data))).is_ok
    bench.learn(post_content_md5=takes and not swaps)
    yield Finding("POST with MD5", "ok", "enforced" if takes and not swaps else "not enforced: the worker compares it")


def put_ticket(bench: Bench) -> Iterator[Finding]:
    exact = bench.put()
    if not exact.is_ok:
        yield Finding(
            "PUT tickets", "fail", f"refused ({exact.status or 'no answer'})", "Give the key PutObject on incoming/*."
        )
        return
    longer, shorter = bench.put(body=bench.data + b"x"), bench.put(body=bench.data[:-1])
    typed = bench.put(headers={"Content-Type": "text/html"})
    swapped = bench.put(body=os.urandom(len(bench.data)))
    let_in = [
        name
        for name, answer in (("more bytes", longer), ("fewer bytes", shorter), ("another type", typed))
        if answer.is_ok
    ]
    bench.learn(put_signed_length=not let_in, content_md5_enforced=not swapped.is_ok)
    yield Finding(
        "PUT tickets",
        "fail" if let_in else "ok",
        f"LET IN {', '.join(let_in)}" if let_in else "hold against length and type",
        "This store ignores signed headers; use another one." if let_in else "",
    )
    yield Finding(
        "PUT with MD5",
        "warn" if swapped.is_ok else "ok",
        "NOT enforced: the worker compares it" if swapped.is_ok else f"enforced ({swapped.status})",
    )


def write_once(bench: Bench) -> Iterator[Finding]:
    ticket = bench.ticket(bench.key(bench.incoming), method="put", flags=Capabilities(if_none_match=True))
    first, second = bench.put(ticket=ticket), bench.put(ticket=ticket)
    works = first.is_ok and second.status == 412
    bench.learn(if_none_match=works)
    yield Finding(
        "write once", "ok", "If-None-Match holds" if works else "no If-None-Match: read once under the ETag instead"
    )


def expiry(bench: Bench) -> Iterator[Finding]:
    ticket = bench.ticket(bench.key(bench.incoming), method="put", seconds=1)
    time.sleep(2.5)
    late = bench.put(ticket=ticket)
    yield Finding(
        "expiry", "fail" if late.is_ok else "ok", "NOT enforced" if late.is_ok else f"enforced ({late.status})"
    )


def aborted(bench: Bench) -> Iterator[Finding]:
    key = bench.key(bench.incoming)
    ticket = bench.ticket(key, method="put")
    raw_http.break_off("PUT", ticket.url, body=bench.data, headers=ticket.headers)
    time.sleep(0.5)
    left = bench.incoming.head(key) is not None
    yield Finding("broken upload", "warn" if left else "ok", "leaves half a file" if left else "leaves nothing")


def read_conditions(bench: Bench) -> Iterator[Finding]:
    key = bench.key(bench.incoming)
    bench.incoming.client.put_object(Bucket=bench.incoming.name, Key=bench.incoming.full(key), Body=bench.data)
    try:
        list(bench.incoming.get(key, conditions={"IfMatch": '"00000000000000000000000000000000"'}))
    except ObjectChanged:
        yield Finding("read under ETag", "ok", "enforced")
    else:
        yield Finding("read under ETag", "warn", "ignored: checksums tell a swapped file")


def versions(bench: Bench) -> Iterator[Finding]:
    key, bucket = bench.key(bench.clean), bench.clean
    for body in (b"one", b"two"):
        bucket.client.put_object(Bucket=bucket.name, Key=bucket.full(key), Body=body)
    kept = len(bucket.versions(key))
    bench.learn(versioning=kept > 1)
    yield Finding("versions", "ok", f"{kept} kept" if kept > 1 else "not kept")
    try:
        bucket.delete(key)
        gone = bucket.head(key) is None and not bucket.versions(key)
    except DomainError:
        gone = False
    yield Finding(
        "erasing every version",
        "ok" if gone else "fail",
        "nothing is left" if gone else "versions REMAIN",
        "" if gone else "Give the key DeleteObjectVersion; no lock or retention on the bucket of files.",
    )


def object_lock(bench: Bench) -> Iterator[Finding]:
    locked = False
    try:
        answer = bench.clean.client.get_object_lock_configuration(Bucket=bench.clean.name)
        locked = answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
    except ClientError:
        locked = False
    bench.learn(object_lock=locked)
    yield Finding("object lock", "ok", "on" if locked else "off (right for resumes: erasure must be possible)")


def cors(bench: Bench) -> Iterator[Finding]:
    url = strangers.address(bench.incoming, bench.key(bench.incoming))
    foreign = _preflight(url, FOREIGN)
    if foreign in {"*", FOREIGN}:
        yield Finding("CORS: other origins", "fail", f"allowed ({foreign})", "List your own origin only, never *.")
    else:
        yield Finding("CORS: other origins", "ok", "refused")
    if not bench.origin:
        yield Finding("CORS: our origin", "warn", "not tried", "Name it: --origin https://hr.example.com")
        return
    allowed = _preflight(url, bench.origin) == bench.origin
    bench.learn(cors=allowed)
    advice = (
        f"Allow PUT and POST from {bench.origin}, headers Content-Type, Content-MD5 and If-None-Match; expose ETag."
    )
    yield Finding(
        "CORS: our origin", "ok" if allowed else "warn", "allowed" if allowed else "refused", "" if allowed else advice
    )


def _preflight(url: str, origin: str) -> str:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,content-md5",
    }
    answer = raw_http.send("OPTIONS", url, headers=headers)
    return answer.headers.get("access-control-allow-origin", "") if answer.is_ok else ""


def lifecycle(bench: Bench) -> Iterator[Finding]:
    try:
        rules = bench.incoming.client.get_bucket_lifecycle_configuration(Bucket=bench.incoming.name).get("Rules", [])
    except ClientError:
        rules = []
    ends = any(rule.get("Status") == "Enabled" and rule.get("Expiration", {}).get("Days") for rule in rules)
    yield Finding(
        "uploads expire by themselves",
        "ok" if ends else "warn",
        "a lifecycle rule is set" if ends else "no lifecycle rule",
        "" if ends else "Expire incoming/ after 2 days; manage.py sweep_uploads clears it meanwhile.",
    )


PROBES: tuple[Callable[[Bench], Iterator[Finding]], ...] = (
    reach, clock, whose, round_trip, anonymous, declared, post_policy, put_ticket, write_once, expiry, aborted,
    read_conditions, versions, object_lock, cors, lifecycle,
)  # fmt: skip


def run(bench: Bench) -> Iterator[Finding]:
    """Every probe in order; one that cannot finish is a failure, and the rest still run. Clears up after itself."""
    try:
        for probe in PROBES:
            try:
                yield from probe(bench)
            except (DomainError, ClientError, BotoCoreError, OSError) as error:
                yield Finding(probe.__name__.replace("_", " "), "fail", f"stopped: {error}", "Check address and keys.")
                if probe is reach:
                    return
    finally:
        bench.clean_up()
