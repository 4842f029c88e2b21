"""What a hostile file is, and the list of them; the builders put themselves into it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

READABLE = "readable"
MEGABYTE = 1024 * 1024
# The EICAR test string in two halves, so that this source is not itself a finding.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True)
class Hostile:
    """A file by name, how to build it, and its end: "readable" or one of the reason codes."""

    name: str
    build: Callable[[], bytes]
    ends: tuple[str, ...]


_CORPUS: list[Hostile] = []


def hostile(*ends: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Put a builder into the corpus under its own name, with the ends that are right for it."""

    def add(build: Callable[[], bytes]) -> Callable[[], bytes]:
        _CORPUS.append(Hostile(build.__name__, build, ends))
        return build

    return add


def corpus() -> Iterator[Hostile]:
    return iter(_CORPUS)


def packed_zeros(size: int, *, head: bytes = b"", window: int = 15) -> bytes:
    # Piece by piece: the tests must not grow by what they measure in others.
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    block = bytes(MEGABYTE)
    packed = [packer.compress(head), *(packer.compress(block) for _ in range(size // MEGABYTE))]
    return b"".join(packed) + packer.flush()
