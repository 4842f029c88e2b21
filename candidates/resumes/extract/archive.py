"""A zip archive that is measured while it is read, because its headers may lie."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import Limits

_END_OF_DIRECTORY = b"PK\x05\x06"
_CHUNK = 256 * 1024
# Below this size a high ratio is ordinary: empty tables and styles compress well and cost nothing.
_RATIO_FROM = 1024 * 1024
_ARCHIVE_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ")
_DAMAGED = "This file is damaged or incomplete. Please save it again."


class Archive:
    """The parts of a DOCX or ODT file, each inflated at most once and never past the limits."""

    def __init__(self, data: bytes, *, limits: Limits) -> None:
        self._data, self._limits = data, limits
        self._read_bytes = 0
        _check_entry_count(data, limits=limits)
        try:
            self._infos = zipfile.ZipFile(io.BytesIO(data)).infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError, OverflowError) as error:
            raise Unreadable(_DAMAGED, code="damaged_file") from error
        self._check_directory()
        self.parts = {info.filename: info for info in self._infos if not info.is_dir()}

    @property
    def names(self) -> list[str]:
        return list(self.parts)

    def read(self, name: str) -> bytes:
        """One part, inflated; counts against the allowance for all parts that are read."""
        info = self.parts[name]
        content = b"".join(self._inflate(info))
        self._read_bytes += len(content)
        if self._read_bytes > self._limits.zip_part_bytes:
            raise _bomb()
        return content

    def head(self, name: str, *, size: int = 16) -> bytes:
        """The first bytes of a part."""
        for chunk in self._inflate(self.parts[name], most=size):
            return chunk[:size]
        return b""

    def xml(self, name: str) -> Element:
        """One part as an element tree, without document types, entities or unreasonable depth."""
        return parse_xml(self.read(name), limits=self._limits)

    def measure(self) -> None:
        """Inflate every part once without keeping it, and refuse the archive if a header understated its size."""
        total = 0
        for info in self._infos:
            size = sum(len(chunk) for chunk in self._inflate(info))
            total += size
            if size != info.file_size or total > self._limits.zip_total_bytes:
                raise _bomb()

    def _check_directory(self) -> None:
        limits = self._limits
        if len(self._infos) > limits.zip_entries:
            raise _too_many_entries()
        names: set[str] = set()
        total = 0
        for info in self._infos:
            name = info.filename
            if info.flag_bits & 0x1:
                raise Unreadable("This file is encrypted. Please save it without a password.", code="zip_encrypted")
            mode = info.external_attr >> 16
            if (
                name.startswith(("/", "\\"))
                or ".." in name.replace("\\", "/").split("/")
                or ":" in name[:3]
                or "\x00" in name
            ):
                raise Unreadable("This file contains a part with a forbidden path.", code="zip_path")
            if stat.S_ISLNK(mode):
                raise Unreadable("This file contains a symbolic link.", code="zip_path")
            folded = name.lower()
            if folded in names:
                raise Unreadable("This file contains the same part twice.", code="zip_duplicate")
            names.add(folded)
            total += info.file_size
            if info.file_size > _RATIO_FROM and info.file_size > limits.zip_ratio * max(info.compress_size, 1):
                raise _bomb()
        if total > limits.zip_total_bytes:
            raise _bomb()
        self._check_overlap()

    def _check_overlap(self) -> None:
        end = 0
        for info in sorted(self._infos, key=lambda one: one.header_offset):
            if info.header_offset < end:
                raise Unreadable("Parts of this file overlap, as in a zip bomb.", code="zip_bomb")
            end = self._content_start(info) + info.compress_size
        if end > len(self._data):
            raise Unreadable(_DAMAGED, code="damaged_file")

    def _content_start(self, info: zipfile.ZipInfo) -> int:
        header = self._data[info.header_offset : info.header_offset + 30]
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise Unreadable(_DAMAGED, code="damaged_file")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        return int(info.header_offset + 30 + name_length + extra_length)

    def _inflate(self, info: zipfile.ZipInfo, *, most: int | None = None) -> list[bytes]:
        start = self._content_start(info)
        packed = memoryview(self._data)[start : start + info.compress_size]
        limit = self._limits.zip_total_bytes if most is None else most
        if info.compress_type == zipfile.ZIP_STORED:
            return [bytes(packed[: limit + 1])]
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise Unreadable("This file is packed in a way that documents do not use.", code="zip_method")
        inflater, chunks, size = zlib.decompressobj(-15), [], 0
        pending = bytes(packed)
        try:
            while pending and not inflater.eof:
                chunk = inflater.decompress(pending, min(_CHUNK, limit + 1 - size) if most is None else most)
                pending = inflater.unconsumed_tail
                chunks.append(chunk)
                size += len(chunk)
                if most is not None and size >= most:
                    break
                # One byte past the declared size is proof enough that the header lies.
                if size > limit or (most is None and size > info.file_size):
                    raise _bomb()
                if size > _RATIO_FROM and size > self._limits.zip_ratio * max(info.compress_size, 1):
                    raise _bomb()
                if not chunk and not pending:
                    break
        except zlib.error as error:
            raise Unreadable(_DAMAGED, code="damaged_file") from error
        return chunks


def is_archive(head: bytes) -> bool:
    """Whether these first bytes of a part are those of another archive."""
    return head.startswith(_ARCHIVE_MAGICS)


def _check_entry_count(data: bytes, *, limits: Limits) -> None:
    # Before any list is built: a directory of 65,535 entries would cost memory for each.
    at = data.rfind(_END_OF_DIRECTORY, max(0, len(data) - 66_000))
    if at < 0 or len(data) < at + 22:
        raise Unreadable(_DAMAGED, code="damaged_file")
    end = at + 22 + int.from_bytes(data[at + 20 : at + 22], "little")
    if data[end:].strip(b"\0"):
        raise Unreadable("Something else follows the end of this file. Please save it again.", code="polyglot")
    if int.from_bytes(data[at + 10 : at + 12], "little") > limits.zip_entries:
        raise _too_many_entries()
    if data.count(b"PK\x01\x02") > 2 * limits.zip_entries:
        raise _too_many_entries()


def _too_many_entries() -> Unreadable:
    return Unreadable("This file has far more parts than a document.", code="zip_entries")


def _bomb() -> Unreadable:
    return Unreadable("This file unpacks to far more than a resume can hold.", code="zip_bomb")


class _BoundedBuilder(TreeBuilder):
    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits, self._depth, self._count = limits, 0, 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > self._limits.xml_depth:
            raise Unreadable("This file is nested deeper than any document.", code="xml_depth")
        if self._count > self._limits.xml_elements:
            raise Unreadable("This file has far more paragraphs than a resume.", code="xml_too_large")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(content: bytes, *, limits: Limits) -> Element:
    """A bounded element tree. Raises Unreadable: xml_entities, xml_depth, xml_too_large, damaged_file."""
    parser = DefusedXMLParser(
        target=_BoundedBuilder(limits), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise Unreadable(
            "This file defines XML entities, which documents do not need and attacks use.", code="xml_entities"
        ) from error
    except (ParseError, ValueError, LookupError, UnicodeError) as error:
        raise Unreadable(_DAMAGED, code="damaged_file") from error
    return root
