"""ODT resumes by a small writer of our own: OpenDocument 1.3 text, one style for headings, one for bullets."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.sax.saxutils import escape

ODT_LAYOUTS = ("plain", "table")
MIME = "application/vnd.oasis.opendocument.text"
MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MIME}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content office:version="1.3"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:automatic-styles>
<style:style style:name="Title" style:family="paragraph">
<style:text-properties fo:font-size="20pt" fo:font-weight="bold"/></style:style>
<style:style style:name="Bold" style:family="paragraph"><style:text-properties fo:font-weight="bold"/></style:style>
</office:automatic-styles>
<office:body><office:text>
{body}
</office:text></office:body></office:document-content>"""


def write(sheet: dict[str, Any], *, layout: str) -> bytes:
    """The ODT of a sheet in one of ODT_LAYOUTS; the same bytes each time."""
    work = _work_table(sheet) if layout == "table" else _work_plain(sheet)
    heads = sheet["headings"]
    body = [
        _paragraph(sheet["name"], style="Title"),
        _paragraph(sheet["headline"]),
        *(_paragraph(line) for line in (*sheet["emails"], sheet["phone"], sheet["location"], *sheet["links"])),
        _heading(heads["summary"]),
        _paragraph(sheet["summary"]),
        _heading(heads["experience"]),
        *work,
        _heading(heads["education"]),
        *(_paragraph(f"{study['degree']}, {study['school']} ({study['years']})") for study in sheet["studies"]),
        _heading(heads["skills"]),
        _list(sheet["skills"]) if layout == "table" else _paragraph(", ".join(sheet["skills"])),
    ]
    for kind in ("languages", "certificates"):
        if sheet[kind]:
            body += [_heading(heads[kind]), _paragraph(", ".join(sheet[kind]))]
    return _archive(CONTENT.format(body="\n".join(body)))


def _archive(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        # The format wants its type first and uncompressed, so that it stands at a fixed place in the file.
        archive.writestr(zipfile.ZipInfo("mimetype"), MIME, zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo("content.xml"), content, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), MANIFEST, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _work_plain(sheet: dict[str, Any]) -> list[str]:
    lines = []
    for position in sheet["positions"]:
        lines += [
            _paragraph(f"{position['title']}, {position['employer']}", style="Bold"),
            _paragraph(f"{position['dates']}, {position['city']}"),
            _list(position["achievements"]),
        ]
    return lines


def _work_table(sheet: dict[str, Any]) -> list[str]:
    rows = "".join(
        f"<table:table-row><table:table-cell>{_paragraph(position['dates'])}</table:table-cell>"
        f"<table:table-cell>{_paragraph(position['title'], style='Bold')}{_paragraph(position['employer'])}"
        f"{_list(position['achievements'])}</table:table-cell></table:table-row>"
        for position in sheet["positions"]
    )
    columns = '<table:table-column table:number-columns-repeated="2"/>'
    return [f'<table:table table:name="Work">{columns}{rows}</table:table>']


def _paragraph(text: str, *, style: str = "") -> str:
    chosen = f' text:style-name="{style}"' if style else ""
    return f"<text:p{chosen}>{escape(text)}</text:p>"


def _heading(text: str) -> str:
    return f'<text:h text:outline-level="2">{escape(text)}</text:h>'


def _list(items: list[str]) -> str:
    return (
        "<text:list>"
        + "".join(f"<text:list-item>{_paragraph(item)}</text:list-item>" for item in items)
        + "</text:list>"
    )
