"""What a PDF may hold besides pages, found by walking its objects with pikepdf."""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from typing import Any

import pikepdf

from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import MEGABYTE, Limits

_DAMAGED = "This PDF is damaged or incomplete. Please save it again."
# Names are compared after qpdf has undone their #-escapes, in object streams as well.
_SUSPECTS = re.compile(
    rb"/(?:JS|JavaScript|Launch|EmbeddedFiles?|EF|XFA|RichMedia\w*|Movie|Sound|Screen|Rendition|3D|U3D|OpenAction|AA"
    rb"|SubmitForm|ImportData|GoToE)(?![A-Za-z0-9])"
)
_HARMLESS_ON_OPEN = frozenset({"/GoTo", "/Named", "/GoTo3DView", "/Hide", "/SetOCGState", "/Trans"})
_ACTIVE_MEDIA = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
_MEDIA_ACTIONS = frozenset({"/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView"})
_FORM_ACTIONS = frozenset({"/SubmitForm", "/ImportData", "/GoToE"})
_DEEPEST = 60
_MOST_FILTERS = 4
_RARE_PACKING = frozenset({"/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"})
_PIECE = 512


def check_pdf(data: bytes, *, limits: Limits) -> None:
    """A whole PDF that only shows pages: no scripts, launches, attachments, forms of XFA, media or bombs."""
    tail = data.rstrip(b"\x00 \t\r\n")
    if b"%%EOF" not in tail[-1024:]:
        raise Unreadable(_DAMAGED, code="pdf_damaged")
    if b"PK\x05\x06" in data[-66_000:] and b"PK\x01\x02" in data:
        raise Unreadable("This PDF is an archive at the same time. Please save it as PDF again.", code="polyglot")
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True, access_mode=pikepdf.AccessMode.stream) as pdf:
            _check_open_pdf(pdf, limits=limits)
    except pikepdf.PasswordError as error:
        raise Unreadable(
            "This PDF is protected by a password. Please save it without one.", code="pdf_encrypted"
        ) from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RecursionError, RuntimeError, ValueError) as error:
        raise Unreadable(_DAMAGED, code="pdf_damaged") from error


def _check_open_pdf(pdf: pikepdf.Pdf, *, limits: Limits) -> None:
    if len(pdf.objects) > limits.pdf_objects:
        raise Unreadable(
            "This PDF has far more parts than a resume. Please save it again.", code="pdf_too_many_objects"
        )
    pages = len(pdf.pages)
    if pages > limits.pdf_pages:
        raise Unreadable(
            "This PDF has {pages} pages; a resume may have {limit}.",
            code="pdf_too_many_pages",
            pages=pages,
            limit=limits.pdf_pages,
        )
    if pages == 0:
        raise Unreadable("This PDF has no pages. Please save it again.", code="pdf_damaged")
    left = limits.pdf_decoded_bytes
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream):
            _check_object(item.stream_dict)
            left -= _decoded_size(item, left=left, limits=limits)
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Array):
            _check_object(item)
    _check_object(pdf.trailer)


def _check_object(item: Any) -> None:
    raw = item.unparse(resolved=True)
    # A text string may say "/JavaScript" too; only where a name could stand is the object looked at closely.
    if _SUSPECTS.search(raw):
        _walk(item, depth=0)


def _walk(item: Any, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise Unreadable("This PDF is nested deeper than any document.", code="pdf_depth")
    if isinstance(item, pikepdf.Array):
        for value in item:
            # Indirect objects are visited in their own right.
            if not getattr(value, "is_indirect", False) and isinstance(value, pikepdf.Dictionary | pikepdf.Array):
                _walk(value, depth=depth + 1)
        return
    if not isinstance(item, pikepdf.Dictionary):
        return
    _judge(item)
    for value in item.values():
        if not getattr(value, "is_indirect", False) and isinstance(value, pikepdf.Dictionary | pikepdf.Array):
            _walk(value, depth=depth + 1)


def _judge(item: pikepdf.Dictionary) -> None:
    action, subtype = str(item.get("/S", "")), str(item.get("/Subtype", ""))
    if "/JS" in item or "/JavaScript" in item or action == "/JavaScript":
        raise Unreadable("This PDF contains a script. Please print it to a new PDF.", code="pdf_javascript")
    if action == "/Launch":
        raise Unreadable("This PDF starts a program when opened. Please print it to a new PDF.", code="pdf_launch")
    if "/XFA" in item:
        raise Unreadable("This PDF is an interactive XFA form. Please print it to a new PDF.", code="pdf_xfa")
    if subtype in _ACTIVE_MEDIA or action in _MEDIA_ACTIONS:
        raise Unreadable("This PDF contains sound, video or 3D. Please print it to a new PDF.", code="pdf_rich_media")
    if action in _FORM_ACTIONS:
        raise Unreadable(
            "This PDF sends or loads data by itself. Please print it to a new PDF.", code="pdf_form_action"
        )
    if "/EF" in item and not _is_europass(item):
        raise Unreadable(
            "This PDF has another file attached. Please remove it and save again.", code="pdf_embedded_files"
        )
    for trigger in ("/OpenAction", "/AA"):
        if trigger in item:
            _check_trigger(item[trigger])


def _check_trigger(trigger: Any) -> None:
    # LaTeX and Word open the file at a page or zoom; everything else that runs by itself is refused.
    if not isinstance(trigger, pikepdf.Dictionary):
        return
    actions = (
        [trigger] if "/S" in trigger else [one for _, one in trigger.items() if isinstance(one, pikepdf.Dictionary)]
    )
    for one in actions:
        if str(one.get("/S", "/GoTo")) not in _HARMLESS_ON_OPEN:
            _judge(one)
            raise Unreadable(
                "This PDF does something by itself when opened. Please print it to a new PDF.", code="pdf_open_action"
            )


def _is_europass(specification: pikepdf.Dictionary) -> bool:
    """Whether an attachment is the XML that every Europass CV carries; it is never read and goes nowhere."""
    files = specification["/EF"]
    if not isinstance(files, pikepdf.Dictionary):
        return False
    for stream in files.values():
        if not isinstance(stream, pikepdf.Stream):
            return False
        raw, filters = stream.read_raw_bytes(), _filters(stream)
        if filters == ["/FlateDecode"]:
            raw = _inflate(raw, limit=2 * MEGABYTE)
        elif filters:
            return False
        head = raw[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
        if not head.startswith(b"<") or b"europass" not in head.lower() or b"<!doctype" in raw.lower():
            return False
    return True


def _decoded_size(stream: pikepdf.Stream, *, left: int, limits: Limits) -> int:
    """Bytes this stream takes when read; raises pdf_bomb where that is past a limit."""
    is_image = str(stream.get("/Subtype", "")) == "/Image"
    if is_image:
        try:
            pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
        except (TypeError, ValueError):
            pixels = 0
        if pixels > limits.pdf_image_pixels:
            raise _bomb()
    filters = _filters(stream)
    if len(filters) > _MOST_FILTERS:
        raise _bomb()
    if len(filters) > 1 and _RARE_PACKING.intersection(filters):
        # Packed twice by means that nothing written in this century uses: not worth taking apart.
        raise _bomb()
    content = stream.read_raw_bytes()
    most = min(left, limits.pdf_decoded_bytes if is_image else limits.pdf_content_bytes)
    for name in filters:
        if name in {"/FlateDecode", "/Fl"}:
            content = _inflate(content, limit=most)
        elif name in {"/ASCII85Decode", "/A85"}:
            content = _undo_ascii85(content)
        elif name in {"/ASCIIHexDecode", "/AHx"}:
            content = re.sub(rb"[^0-9A-Fa-f]", b"", content)
            content = binascii.unhexlify(content[: len(content) & ~1])
        elif name in _RARE_PACKING:
            return _within(_unpacked_size(name, content, most=most), most)
        else:
            break
    return _within(len(content), most)


def _within(size: int, most: int) -> int:
    if size > most:
        raise _bomb()
    return size


def _unpacked_size(name: str, content: bytes, *, most: int) -> int:
    """How long this becomes, without making it; counted until it is past `most`."""
    return _size_of_runs(content) if name in {"/RunLengthDecode", "/RL"} else _size_of_lzw(content, most=most)


def _size_of_runs(content: bytes) -> int:
    at = size = 0
    while at < len(content) and content[at] != 128:
        length = content[at]
        size += length + 1 if length < 128 else 257 - length
        at += length + 2 if length < 128 else 2
    return size


def _size_of_lzw(content: bytes, *, most: int) -> int:
    """Only the lengths of the table's entries are kept (PDF 2.0, 7.4.4)."""
    lengths: list[int] = []
    size = held = bits = last = 0
    width = 9
    for byte in content:
        held, bits = (held << 8 | byte) & 0xFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & (1 << width) - 1
        if code == 256:
            lengths, width, last = [], 9, 0
            continue
        if code == 257 or size > most:
            break
        length = 1 if code < 256 else lengths[code - 258] if code - 258 < len(lengths) else last + 1
        if last and len(lengths) < 4096 - 258:
            lengths.append(last + 1)
            width = 9 + (len(lengths) > 252) + (len(lengths) > 764) + (len(lengths) > 1788)
        size, last = size + length, length
    return size


def _filters(stream: pikepdf.Stream) -> list[str]:
    value = stream.get("/Filter")
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, pikepdf.Array) else [str(value)]


def _inflate(content: bytes, *, limit: int) -> bytes:
    inflater, out = zlib.decompressobj(), bytearray()
    try:
        # In small pieces: readers show a damaged stream up to its fault, so what came before it counts.
        for at in range(0, len(content), _PIECE):
            piece = content[at : at + _PIECE]
            while piece and len(out) <= limit:
                out += inflater.decompress(piece, limit + 1 - len(out))
                piece = inflater.unconsumed_tail
            if inflater.eof or len(out) > limit:
                break
    except zlib.error:
        pass  # damaged streams are common
    if len(out) > limit:
        raise _bomb()
    return bytes(out)


def _undo_ascii85(content: bytes) -> bytes:
    try:
        return base64.a85decode(content.strip().removeprefix(b"<~").split(b"~>")[0], ignorechars=b" \t\n\r\v\x00")
    except ValueError:
        return b""


def _bomb() -> Unreadable:
    return Unreadable("This PDF unpacks to far more than a resume can hold.", code="pdf_bomb")
