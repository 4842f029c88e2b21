"""Files bent by a seed: bytes flipped, pieces moved between files, numbers at their limits, zip parts rewritten."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

EDGES = (b"0", b"-1", b"99999999999", b"2147483648", b"4294967295", b"1e999", b"NaN", b"\x00" * 8, b"\xff" * 8)
WORDS = (
    b"/JS", b"/ObjStm", b"/Length", b"endobj", b"stream\n", b"<<", b">>", b"/Kids [3 0 R 3 0 R]", b"<!DOCTYPE a>",
    b"&#x10ffff;", b"<w:p>", b"</w:p>", b"{\\rtf1", b"\\bin9", b"\\u-1", b"PK\x01\x02", b"PK\x03\x04", b"<table>",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xf0\x9f\x98\x80", b"xref", b"%%EOF", b"/FlateDecode /LZWDecode",
)  # fmt: skip
LARGEST = 400_000

Bend = Callable[[random.Random, bytearray], None]


def flip(dice: random.Random, data: bytearray) -> None:
    for _ in range(dice.randint(1, 12)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def cut(dice: random.Random, data: bytearray) -> None:
    start = dice.randrange(len(data))
    del data[start : start + dice.randint(1, max(1, len(data) // 4))]


def repeat(dice: random.Random, data: bytearray) -> None:
    start = dice.randrange(len(data))
    piece = data[start : start + dice.randint(1, 300)]
    data[start:start] = piece * dice.randint(2, 40)


def put_word(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at:at] = dice.choice(WORDS)


def put_edge(dice: random.Random, data: bytearray) -> None:
    """A number of the file becomes one that overflows something."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return
    at = dice.choice(digits)
    end = at
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    data[at:end] = dice.choice(EDGES)


def put_binary_edge(dice: random.Random, data: bytearray) -> None:
    if len(data) > 8:
        at = dice.randrange(len(data) - 4)
        data[at : at + 4] = struct.pack("<L", dice.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data)]))


BENDS: tuple[Bend, ...] = (flip, flip, cut, repeat, put_word, put_word, put_edge, put_binary_edge)


def mutated(dice: random.Random, data: bytes, other: bytes) -> bytes:
    """One to three bends; of an archive also inside its parts, of a PDF inside its streams."""
    if data.startswith(b"PK\x03\x04") and dice.random() < 0.6:
        return _inside_archive(dice, data)
    if data.startswith(b"%PDF") and dice.random() < 0.4:
        return _inside_stream(dice, data)
    return _bent(dice, data, other)


def _bent(dice: random.Random, data: bytes, other: bytes = b"") -> bytes:
    bent = bytearray(data or b"x")
    if other and dice.random() < 0.15:
        at, start = dice.randrange(len(bent)), dice.randrange(len(other))
        bent[at:at] = other[start : start + dice.randint(1, 5_000)]
    for _ in range(dice.randint(1, 3)):
        if bent:
            dice.choice(BENDS)(dice, bent)
    return bytes(bent[:LARGEST])


def _inside_archive(dice: random.Random, data: bytes) -> bytes:
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
            infos = archive.infolist()[:40]
            chosen = dice.choice(infos).filename
            for info in infos:
                content = archive.read(info)[:LARGEST]
                again.writestr(info.filename, _bent(dice, content) if info.filename == chosen else content)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        NotImplementedError,
        RuntimeError,
        OSError,
        IndexError,
        EOFError,
    ):
        return _bent(dice, data)
    return out.getvalue()


def _inside_stream(dice: random.Random, data: bytes) -> bytes:
    start = data.find(b"stream\n", dice.randrange(len(data)))
    end = data.find(b"endstream", start)
    if start < 0 or end < 0:
        return _bent(dice, data)
    body = data[start + 7 : end]
    try:
        content = zlib.compress(_bent(dice, zlib.decompressobj().decompress(body, LARGEST)))
    except zlib.error:
        content = _bent(dice, body)
    return data[: start + 7] + content + b"\n" + data[end:]
