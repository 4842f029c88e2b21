"""What the store in use can do, as `manage.py storage_doctor` found out with real requests."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from hrassist.lib.storage.contract import Clean, Method, ObjectMissing

KEY = "capabilities.json"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Each flag is true only where a probe saw it work; unknown counts as cannot."""

    post_policy: bool = False
    post_content_md5: bool = False
    put_signed_length: bool = False
    content_md5_enforced: bool = False
    if_none_match: bool = False
    versioning: bool = False
    object_lock: bool = False
    cors: bool = False
    probed_at: str = ""

    @property
    def method(self) -> Method:
        """POST where its policy holds at both ends; a PUT signed with length, type and MD5 works everywhere."""
        return "POST" if self.post_policy else "PUT"

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        found: dict[str, Any] = json.loads(content)
        return cls(**{one.name: found[one.name] for one in fields(cls) if one.name in found})


def stored(clean: Clean) -> Capabilities:
    """What the last probe stored; nothing is assumed where there was none. Raises StorageUnavailable."""
    try:
        return Capabilities.from_bytes(b"".join(clean.open(KEY)))
    except (ObjectMissing, ValueError):
        return Capabilities()


def store(clean: Clean, found: Capabilities) -> None:
    clean.put(KEY, found.to_bytes(), content_type="application/json")
