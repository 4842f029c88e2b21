"""Small honest files, built by hand, that the hostile ones are made from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

TEXT = "Ada Example\nada@example.org\nEngineer at Analytical Works, 2019 to 2024\nPython, SQL and steam engines"

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def relationships(*rows: tuple[str, str, str]) -> str:
    """A .rels part of (type, target, mode) rows, ids r1, r2, …"""
    inner = "".join(
        f'<Relationship Id="r{i}" Type="{RELATIONSHIP}/{kind}" Target="{target}" TargetMode="{mode}"/>'
        for i, (kind, target, mode) in enumerate(rows, start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}">{inner}</Relationships>'


def paragraphs(text: str) -> str:
    """WordprocessingML paragraphs, one a line."""
    return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())


def word_document(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>'


def word_part(tag: str, inner: str) -> str:
    """A part with the same namespaces: hdr, ftr, styles."""
    return f"<w:{tag} {_NAMESPACES}>{inner}</w:{tag}>"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=method)
    return out.getvalue()


def docx(body: str = "", extra: Mapping[str, str | bytes] | None = None) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relationships(("officeDocument", "word/document.xml", "Internal")),
        "word/document.xml": word_document(body or paragraphs(TEXT)),
    }
    return zipped(parts | dict(extra or {}))


def odt(body: str = "", extra: Mapping[str, str | bytes] | None = None, styles: str = "") -> bytes:
    body = body or "".join(f"<text:p>{line}</text:p>" for line in TEXT.splitlines())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODF}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    parts: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "META-INF/manifest.xml": '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }
    return zipped(parts | dict(extra or {}))


def text_stream(text: str = TEXT, *, before: str = "", size: float = 11) -> bytes:
    """A page's content stream: one line of Helvetica a row, from the top."""
    lines = "".join(f"({line}) Tj T* " for line in text.splitlines())
    return f"{before} BT /F1 {size} Tf 14 TL 72 760 Td {lines}ET".encode("latin-1")


def pdf(
    *streams: bytes,
    catalog: str = "",
    objects: tuple[bytes, ...] = (),
    box: str = "0 0 612 792",
    page: str = "",
    resources: str = "/Resources << /Font << /F1 3 0 R >> >>",
) -> bytes:
    """A PDF of one page a content stream; `objects` follow as 4, 5, … and `catalog` is added to the root."""
    streams = streams or (text_stream(),)
    first = 4 + len(objects)
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(streams)))
    rows = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        *objects,
    ]
    for i, stream in enumerate(streams):
        rows.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] {resources} "
            f"/Contents {first + 2 * i + 1} 0 R {page} >>".encode()
        )
        rows.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return assemble_pdf(rows)


def assemble_pdf(rows: list[bytes], *, trailer: str = "") -> bytes:
    """A file of these objects, numbered from 1, with its cross-reference table; the first is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, row in enumerate(rows, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, row)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(rows) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size {len(rows) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def rtf(body: str = "") -> bytes:
    body = body or r"\par ".join(TEXT.splitlines())
    return (r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}}\f0\fs22 " + body + "}").encode("latin-1")
