"""Holes in the WAL that a restored server needs: recovery ends at one, and the server comes up without a word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hrassist.ops.backup import pgbackrest

# Where a backup begins, as it says itself.
_STARTS = re.compile(r"^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)$", re.MULTILINE)


def missing(data: Path, archive: Sequence[tuple[str, datetime]]) -> str:
    """Why what was fetched into this directory cannot come to the end of its archive; empty where it can."""
    begins = _STARTS.search((data / "backup_label").read_text()) if archive else None
    holes = pgbackrest.holes([name for name, _at in archive], since=begins[1] if begins else "")
    if not holes:
        return ""
    before = max((at for name, at in archive if name[:8] == holes[0][:8] and name[:24] < holes[0]), default=None)
    until = f", or to a moment before {before:%Y-%m-%dT%H:%M:%S+00:00} (--target-time)" if before else ""
    return (
        f"WAL is missing: {len(holes)} segments from {holes[0]} on are not in the repository, and what was written "
        f"after them would be gone without a word. Restore from the other place{until}."
    )


def not_replayed(data: Path, archive: Sequence[tuple[str, datetime]]) -> str:
    """Why this server, which has promoted, did not come to the last segment of its timeline: one is damaged."""
    history = max((data / "pg_wal").glob("*.history"), default=None)
    if history is None or not archive:
        return ""
    timeline, reached, *_why = history.read_text().strip().splitlines()[-1].split()
    high, low = (int(half, 16) for half in reached.split("/"))
    log, within = divmod((high << 32 | low) - 1, 0x1_0000_0000)
    last = f"{int(timeline):08X}{log:08X}{within // pgbackrest.SEGMENT:08X}"
    there = pgbackrest.segments_of([name for name, _at in archive])
    later = min((one for one in there if one[:8] == last[:8] and one > last), default="")
    if not later:
        return ""
    return (
        f"WAL is missing: it came to segment {last}, and {later}, which is in the repository, could not be read. "
        "Restore from the other place."
    )
