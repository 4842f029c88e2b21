"""Times and identifiers of the many rows, cheap to write and the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400.0
# How far back the oldest rows lie.
YEARS = 5 * 365 * DAY


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Identifiers:
    """Version 7 UUIDs whose random part is a kind, the seed and a number: unique, in order of time, repeatable."""

    def __init__(self, seed: int) -> None:
        self._seed = f"8{seed & 0xFFF:03x}"

    def of(self, kind: int, number: int, at: float) -> str:
        milliseconds = int(at * 1000)
        return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{kind:03x}-{self._seed}-{number:012x}"
