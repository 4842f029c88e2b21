"""What a file is, by its bytes; never by its name or the type a browser claims."""

from __future__ import annotations

import re

from candidates.resumes.document import Kind, Unreadable

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa", b"\xca\xfe\xba\xbe", b"#!", b"\x00asm", b"dex\n")
_IMAGES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
    b"\x00\x00\x00\x18ftyp",
    b"\x00\x00\x00\x1cftyp",
)
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|div|table|p|h1|style)\b",
    re.IGNORECASE | re.DOTALL,
)
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg\b", re.IGNORECASE | re.DOTALL
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL_BYTES = bytes(set(range(32)) - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B})

READABLE = "Please send the resume as PDF, DOCX, ODT, RTF, TXT or HTML."


# Each refusal says what the file is, because "wrong type" leaves the person guessing.
_REFUSALS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    (_PROGRAMS, "program", "This file is a program, not a resume."),
    (
        _IMAGES,
        "image_file",
        "This file is a picture. Please save it as a PDF first; text in it will then be recognised.",
    ),
    (_ARCHIVES, "archive_file", "This file is a compressed archive. Please send the resume itself."),
    ((b"%!PS",), "postscript", "This file is PostScript. Please save it as a PDF."),
)


def detect_kind(data: bytes) -> Kind:
    """The format of these bytes.

    Raises Unreadable: empty_file, legacy_word, zip_encrypted, program, image_file, archive_file, postscript,
    not_a_document, pdf_header, unknown_type.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise Unreadable("This file is empty.", code="empty_file")
    if data.startswith(b"%PDF-"):
        return Kind.PDF
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    if data.startswith(_OLE):
        raise _refuse_ole(data)
    for magics, code, message in _REFUSALS:
        magic = next((one for one in magics if data.startswith(one)), b"")
        # Two letters may also begin a name ("BM Consulting"); a binary follows up with bytes that text has not.
        if len(magic) > 2 or magic == b"#!" or (magic and not _is_text(data)):
            raise Unreadable(f"{message} {READABLE}", code=code)
    if b"%PDF-" in data[:1024]:
        raise Unreadable(
            "This PDF does not begin with its header; it may be two kinds of file at once. Please save it again.",
            code="pdf_header",
        )
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{\\rtf"):
        return Kind.RTF
    if _SVG.match(head[:4096]):
        raise Unreadable(f"This file is a drawing (SVG). {READABLE}", code="image_file")
    if _HTML.match(head[:4096]):
        return Kind.HTML
    if not _is_text(data):
        raise Unreadable(f"The type of this file is not known. {READABLE}", code="unknown_type")
    return Kind.TXT


def _is_text(data: bytes) -> bool:
    if data.startswith(_BOMS[1:]):
        # UTF-16 of any script we read has few odd code units; a binary that begins with FF FE has many.
        decoded = data[: 64 * 1024 & ~1].decode("utf-16", "replace")
        return decoded.count("\ufffd") <= len(decoded) // 50
    sample = data[: 256 * 1024]
    controls = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    # A NUL or two sits in text exported by old programs; a binary is full of them.
    return controls <= max(2, len(sample) // 200)


def _kind_of_zip(data: bytes) -> Kind:
    head = data[:200]
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in head:
        if b"text-template" in head or b"text-master" in head:
            raise Unreadable(f"This is a document template. {READABLE}", code="not_a_document")
        return Kind.ODT
    # Names stand in the directory at the end too, which an archive cannot do without.
    names = data[-256 * 1024 :] if len(data) > 256 * 1024 else data
    if b"word/" in names or b"word\\" in names:
        return Kind.DOCX
    for marker, what in (
        (b"xl/", "a spreadsheet"),
        (b"ppt/", "a presentation"),
        (b".iwa", "an Apple Pages document"),
        (b"META-INF/container.xml", "an e-book"),
    ):
        if marker in names:
            raise Unreadable(f"This file is {what}. {READABLE}", code="not_a_document")
    if b"content.xml" in names and b"META-INF/manifest.xml" in names:
        return Kind.ODT
    if b"[Content_Types].xml" in names:
        return Kind.DOCX
    raise Unreadable(
        f"This file is a compressed archive. Please send the resume itself. {READABLE}", code="archive_file"
    )


def _refuse_ole(data: bytes) -> Unreadable:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Unreadable(
            "This Word file is protected by a password. Please save it without one.", code="zip_encrypted"
        )
    return Unreadable(
        "This is the old Word format (.doc), which can carry macros. Please save it as DOCX or PDF.", code="legacy_word"
    )
