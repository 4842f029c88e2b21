"""What a seal says and what is signed of it, read from its row, from a copy, or made anew."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from audit.models import Seal
from audit.sealing.canonical import compact

FIELDS = (
    "seq", "kind", "sealed_at", "count", "first_id", "last_id", "ids", "root", "prev", "tx_position", "id_position",
    "id_floor", "next_tx", "cluster", "details", "key_id", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signed:
    """A seal without the hashes of its rows: small enough to keep a million of them in mind one after another."""

    seq: int
    kind: str
    sealed_at: datetime
    count: int
    first_id: int | None
    last_id: int | None
    ids: str
    root: str
    prev: str
    tx_position: int
    id_position: int
    id_floor: int
    next_tx: int
    cluster: str
    details: dict[str, Any]
    key_id: str
    version: int
    hash: str
    signature: str

    @classmethod
    def of(cls, row: Seal) -> Self:
        return cls(**{name: getattr(row, name) for name in (*FIELDS, "hash", "signature")})

    @classmethod
    def from_copy(cls, said: dict[str, Any]) -> Self:
        """From what `as_copy` wrote. Raises ValueError, TypeError, KeyError for anything else."""
        fields = {**said["body"], "sealed_at": datetime.fromisoformat(said["body"]["sealed_at"])}
        return cls(**fields, hash=said["hash"], signature=said["signature"])

    def message(self) -> bytes:
        """The bytes that are signed."""
        body = {name: value for name, value in asdict(self).items() if name in FIELDS}
        return compact({**body, "sealed_at": self.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")})

    def true_hash(self) -> str:
        """What the seal after this one must name."""
        return hashlib.sha256(self.message() + self.signature.encode()).hexdigest()

    def as_copy(self) -> dict[str, Any]:
        body = {name: value for name, value in asdict(self).items() if name in FIELDS}
        body["sealed_at"] = self.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
        return {"body": body, "hash": self.hash, "signature": self.signature}
