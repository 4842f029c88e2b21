"""What exactly is hashed: one line of JSON for each event, and a tree of hashes over many (as in RFC 6962)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

# The columns of the first version of seals. A column that is added later begins a second version; these stay.
COLUMNS = (
    "id", "uid", "ts", "code", "action", "outcome", "reason_code", "actor_type", "actor_id", "actor_display",
    "impersonator_id", "auth_method", "token_id", "session_hash", "target_type", "target_id", "target_version",
    "subject_ref", "job_id", "purpose", "ip", "ip_chain_trusted", "user_agent", "request_id", "trace_id", "method",
    "route", "http_status", "changes", "node", "app_version", "schema_version", "tx",
)  # fmt: skip
# As PostgreSQL is asked for them: an address as its text alone, the rest as it is.
SELECTED = ", ".join("host(ip)" if name == "ip" else name for name in COLUMNS)
# Every column of the table is covered, and this is where each stands in a row.
AT = {name: place for place, name in enumerate(COLUMNS)}
HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def line(row: Sequence[Any]) -> bytes:
    """An event as one line, the same bytes whoever writes it; `row` is what SELECTED gives."""
    fields = dict(zip(COLUMNS, row, strict=True))
    fields["uid"] = str(fields["uid"])
    ts: datetime = fields["ts"]
    fields["ts"] = ts.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(fields["changes"], str):
        fields["changes"] = json.loads(fields["changes"])
    return compact(fields)


def compact(value: Any) -> bytes:
    """JSON without spaces and with sorted keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf(of: bytes) -> bytes:
    return hashlib.sha256(b"\0" + of).digest()


def root(leaves: Iterable[bytes]) -> str:
    """The root of the tree over these hashes; one that is left over moves up as it is."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)
        ]  # fmt: skip
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0].hex()


def split(leaves: bytes) -> list[bytes]:
    return [leaves[at : at + HASH] for at in range(0, len(leaves), HASH)]


def as_ranges(ids: Iterable[int]) -> str:
    """Rising numbers as 5-9,11-11."""
    parts: list[str] = []
    first = last = None
    for one in ids:
        if last is not None and one == last + 1:
            last = one
            continue
        if first is not None:
            parts.append(f"{first}-{last}")
        first = last = one
    if first is not None:
        parts.append(f"{first}-{last}")
    return ",".join(parts)


def ranges(text: str) -> list[tuple[int, int]]:
    """The pairs of first and last that `as_ranges` wrote."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.append((int(first), int(last)))
    return found


def expand(text: str) -> Iterator[int]:
    for first, last in ranges(text):
        yield from range(first, last + 1)
