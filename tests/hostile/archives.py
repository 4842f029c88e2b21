"""Archives made to harm whoever unpacks them: bombs, paths that climb out, names that lie."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.hostile.good import (
    TEXT,
    docx,
    paragraphs,
    word_document,
    zipped,
)
from tests.hostile.registry import MEGABYTE, READABLE, hostile, packed_zeros


def _deflated_zeros(size: int) -> bytes:
    return packed_zeros(size, window=-15)


def _zip_entry(
    name: str, packed: bytes, *, size: int, crc: int = 0, flags: int = 0
) -> tuple[bytes, Callable[[int], bytes]]:
    """A local entry and a function that makes its directory row for an offset; all numbers as told, true or not."""
    raw = name.encode()
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, flags, 8, 0, 33, crc, len(packed), size, len(raw), 0)

    def row(offset: int) -> bytes:
        fields = (20, 20, flags, 8, 0, 33, crc, len(packed), size, len(raw), 0, 0, 0, 0, 0, offset)
        return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", *fields) + raw

    return local + raw + packed, row


def _raw_zip(entries: list[tuple[bytes, Callable[[int], bytes]]]) -> bytes:
    body, rows = bytearray(), []
    for content, row in entries:
        rows.append(row(len(body)))
        body += content
    directory = b"".join(rows)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(rows), len(rows), len(directory), len(body), 0)
    return bytes(body) + directory + end


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


# Bombs in archives


@hostile("zip_bomb")
def zip_bomb_of_one_gigabyte() -> bytes:
    return _raw_zip([_zip_entry("word/document.xml", _deflated_zeros(1024 * MEGABYTE), size=1024 * MEGABYTE)])


@hostile("zip_bomb")
def zip_bomb_whose_headers_lie() -> bytes:
    return _raw_zip([_zip_entry("word/document.xml", _deflated_zeros(500 * MEGABYTE), size=1_000)])


@hostile("zip_bomb")
def picture_that_unpacks_to_more_than_it_says() -> bytes:
    body = word_document(paragraphs(TEXT)).encode()
    honest = _zip_entry("word/document.xml", _deflate(body), size=len(body), crc=zlib.crc32(body))
    return _raw_zip([honest, _zip_entry("word/media/image1.png", _deflated_zeros(60 * MEGABYTE), size=50_000)])


@hostile("zip_bomb")
def overlapping_entries() -> bytes:
    packed = _deflated_zeros(20 * MEGABYTE)
    content, row = _zip_entry("word/document.xml", packed, size=MEGABYTE)
    rows = b"".join(_zip_entry(f"word/{i}.xml", packed, size=MEGABYTE)[1](0) for i in range(40)) + row(0)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 41, 41, len(rows), len(content), 0)
    return content + rows + end


@hostile("zip_entries")
def sixty_five_thousand_entries() -> bytes:
    return _raw_zip([_zip_entry(f"word/{i}", b"", size=0) for i in range(65_000)])


@hostile("zip_entries")
def more_entries_than_it_counts() -> bytes:
    data = bytearray(_raw_zip([_zip_entry(f"word/{i}", b"", size=0) for i in range(30_000)]))
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = struct.pack("<HH", 3, 3)
    return bytes(data)


@hostile("zip_bomb")
def docx_of_three_million_paragraphs() -> bytes:
    return docx(body="<w:p/>" * 3_000_000)


@hostile("xml_too_large")
def docx_of_half_a_million_different_paragraphs() -> bytes:
    return docx(body="".join(f'<w:p w:rsidR="{i * 7919 % 1000003:x}"/>' for i in range(500_000)))


@hostile("xml_depth")
def docx_nested_ten_thousand_deep() -> bytes:
    return docx(body="<w:sdt>" * 10_000 + "</w:sdt>" * 10_000)


@hostile("zip_bomb")
def twenty_five_megabytes_of_styles() -> bytes:
    letters = base64.b64encode(bytes((i * 31 + i // 7) % 256 for i in range(300_000))).decode()
    return docx(extra={f"word/styles{i}.xml": f"<s>{letters}</s>" for i in range(60)})


# Paths and names in archives


@hostile("zip_path")
def part_that_climbs_out() -> bytes:
    return docx(extra={"../../etc/cron.d/evil": "x"})


@hostile("zip_path")
def part_with_an_absolute_path() -> bytes:
    return docx(extra={"/etc/passwd": "x"})


@hostile("zip_path")
def symbolic_link() -> bytes:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


@hostile("zip_duplicate")
def the_same_part_twice() -> bytes:
    body = word_document(paragraphs(TEXT)).encode()
    one = _zip_entry("word/document.xml", _deflate(body), size=len(body), crc=zlib.crc32(body))
    return _raw_zip([one, _zip_entry("word/Document.xml", _deflate(body), size=len(body), crc=zlib.crc32(body))])


@hostile("zip_nested")
def archive_in_a_docx() -> bytes:
    return docx(extra={"word/media/image1.png": zipped({"a.txt": "a"})})


@hostile("zip_encrypted")
def encrypted_entry() -> bytes:
    return _raw_zip([_zip_entry("word/document.xml", b"123456789012", size=20, flags=1)])


@hostile(READABLE)
def unicode_names_in_a_docx() -> bytes:
    return docx(extra={"word/media/\u202egnp.exe\u2024\u2024\uff0f日本.png": b"\x89PNG\r\n\x1a\n"})
