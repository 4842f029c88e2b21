"""Identifiers that sort by time and cannot be guessed."""

import secrets
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, 74 random bits."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    # Twelve bits of the rest, so that what one process makes within a millisecond is in order too (RFC 9562, 6.2).
    fraction = (rest << 12) // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62
    return UUID(int=value | secrets.randbits(62))


def first_uuid7(at: datetime) -> UUID:
    """What no identifier made at this moment or later is below: an index on identifiers finds what is newer by it."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
