"""Ask the configured store what it can do and whether it is safe, with real requests."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from hrassist.lib import storage
from hrassist.lib.errors import DomainError
from hrassist.lib.storage import capabilities, s3
from hrassist.lib.storage.capabilities import Capabilities
from hrassist.ops import storage_probes
from hrassist.ops.storage_probes import Bench, Finding

LEAST_FREE = 1 * 2**30


def diagnose(*, origin: str = "", stored: bool = True) -> tuple[list[Finding], Capabilities]:
    """Probe the store of this installation and, unless told not to, store what it can do.

    `origin` is the scheme and host that browsers upload from; empty leaves the CORS of our own origin untried.
    """
    if settings.STORAGE_BACKEND == "disk":
        findings = list(_disk(settings.DISK_STORAGE_DIR))
        flags = Capabilities(put_signed_length=True, content_md5_enforced=True, if_none_match=True, cors=True)
    else:
        bucket = s3.client_from_settings()
        bench = Bench(
            s3.Bucket(bucket, settings.S3_INCOMING_BUCKET_NAME, prefix=settings.S3_PREFIX),
            s3.Bucket(bucket, settings.AWS_S3_BUCKET_NAME, prefix=settings.S3_PREFIX),
            origin=origin.rstrip("/"),
        )
        findings = list(storage_probes.run(bench))
        flags = bench.flags
    flags = replace(flags, probed_at=f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}")
    if stored:
        findings.append(_store(flags))
    return findings, flags


def is_safe(findings: Iterable[Finding]) -> bool:
    return all(one.level != "fail" for one in findings)


def _store(flags: Capabilities) -> Finding:
    try:
        capabilities.store(storage.clean(), flags)
    except DomainError as error:
        return Finding("result stored", "warn", error.message, "Tickets stay PUT with length, type and MD5.")
    storage.forget()
    return Finding("result stored", "ok", f"{flags.method} tickets; running processes read it at their next start")


def _disk(root: Path) -> Iterator[Finding]:
    try:
        storage.DiskIncoming(root).probe()
        storage.DiskClean(root).probe()
    except DomainError as error:
        yield Finding("folder", "fail", error.message, f"Make {root} writable for the user that runs hrassist.")
        return
    yield Finding("folder", "ok", str(root))
    yield _private(root)
    free = shutil.disk_usage(root).free
    enough = free > LEAST_FREE
    yield Finding(
        "free space", "ok" if enough else "warn", f"{free / 2**30:.1f} GB", "" if enough else "Make room on this disk."
    )
    yield _round_trip(root)
    yield _written_once(root)


def _private(root: Path) -> Finding:
    open_to = [path for path in (root, root / "incoming", root / "clean") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to:
        named = " ".join(map(str, open_to))
        return Finding("permissions", "warn", "other users of this machine may look in", f"chmod 700 {named}")
    return Finding("permissions", "ok", "this user only")


def _round_trip(root: Path) -> Finding:
    store, key, data = storage.DiskClean(root), f"clean/doctor-{uuid4()}", os.urandom(100_000)
    try:
        # Written beside, synced, renamed: what a crash interrupts never shows.
        store.put(key, data, content_type="application/octet-stream")
        same = b"".join(store.open(key)) == data
    except DomainError as error:
        return Finding("write, sync, rename", "fail", error.message, "Check the disk.")
    finally:
        store.delete(key)
    return Finding("write, sync, rename", "ok" if same else "fail", "same bytes" if same else "OTHER bytes came back")


def _written_once(root: Path) -> Finding:
    first, second = storage.DiskClean(root).part(), storage.DiskClean(root).part()
    try:
        first.touch(mode=0o600)
        os.link(first, second)
        try:
            os.link(first, second)
        except FileExistsError:
            return Finding("write once", "ok", "a second upload to one address is refused")
        return Finding("write once", "fail", "a second upload REPLACES the first", "Use a local file system.")
    except OSError as error:
        return Finding(
            "write once", "fail", f"hard links do not work: {error.strerror}", "Use a file system with hard links."
        )
    finally:
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)
