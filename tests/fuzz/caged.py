"""Inside the cage: many files in one process, each as the reader would have it alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace

from candidates.resumes import caged
from candidates.resumes.document import Unreadable
from candidates.resumes.extract import Limits

DRAWN_EVERY = 4


def pack(files: list[bytes]) -> bytes:
    return b"".join(struct.pack("!L", len(one)) + one for one in files)


def unpack(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("!L", data, at)
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def read_many(data: bytes, *, limits: Limits) -> bytes:
    """How each of the files ends: "readable", a reason code, or the name of an exception that nobody foresaw."""
    alone = replace(limits, max_bytes=Limits().max_bytes)
    ends = []
    for number, one in enumerate(unpack(data)):
        read = caged.read_and_draw if number % DRAWN_EVERY == 0 else caged.read
        try:
            read(one, limits=alone)
        except Unreadable as error:
            ends.append(error.code)
        except MemoryError:
            ends.append("too_much_memory")
        except BaseException as error:  # a panic of a Rust library is not an Exception
            ends.append(f"!{type(error).__name__}")
        else:
            ends.append("readable")
    return json.dumps(ends).encode()
