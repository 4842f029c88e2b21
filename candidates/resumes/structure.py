"""Is this file what it says, and nothing more? Asked before any reader or scanner sees the content."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from candidates.resumes.document import Kind, Unreadable
from candidates.resumes.extract.archive import Archive, is_archive
from candidates.resumes.extract.kinds import detect_kind
from candidates.resumes.extract.limits import MEGABYTE, Limits

_MACRO_PARTS = re.compile(r"vbaproject|vbadata|macrosheets?/|activex|customui|^basic/|^scripts/", re.IGNORECASE)
_EMBEDDED_PARTS = re.compile(r"(?:^|/)embeddings/|afchunk|oleobject|^object \d+$", re.IGNORECASE)
_PROGRAM_MAGICS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!", b"X5O!P%@AP")
_COMPRESSED_DRAWINGS = (".emz", ".wmz", ".svgz")
_REMOTE = re.compile(
    r"^\s*(?:[a-z][a-z0-9+.]{1,}:)?(?://|\\\\)|^\s*(?:https?|ftp|smb|mhtml|data|ms-[\w-]+):", re.IGNORECASE
)
# file:///C:\… is the path of the writer's own template, which Word notes in every file made from one.
_LOCAL_FILE = re.compile(r"^\s*file:(?:/{3}|/?)(?=[A-Za-z]:|[\w%.~-])(?!/)", re.IGNORECASE)
_FIELD_PARTS = ("instrText", "fldSimple")
_DDE = re.compile(r"\bDDE(?:AUTO)?\b")
_REMOTE_FIELD = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b[^\n]{0,40}(?:https?:|ftp:|\\\\\\\\|file:)", re.IGNORECASE
)
_RTF_OBJECT = re.compile(rb"\\obj(?:data|emb|link|autlink|update|ocx|html)\b", re.IGNORECASE)
_RTF_TEMPLATE = re.compile(rb"\\\*\s*\\template\s*(?:https?:|ftp:|\\\\|//|file://[^/])", re.IGNORECASE)
_RTF_DDE = re.compile(rb"\\fldinst[^}]{0,80}\bDDE(?:AUTO)?\b", re.IGNORECASE)


def check(data: bytes, *, limits: Limits) -> Kind:
    """The kind of a file that is whole, alone and passive.

    Meant to run inside the cage (candidates.resumes.cage). Raises Unreadable with a reason code and what to do.
    """
    if len(data) > limits.max_bytes:
        raise Unreadable(
            "This file has {size:.1f} MB; at most {limit} MB are accepted.",
            code="too_large",
            size=len(data) / MEGABYTE,
            limit=limits.max_bytes // MEGABYTE,
        )
    kind = detect_kind(data)
    if kind is Kind.PDF:
        # Text files must not pay for loading a PDF library.
        from candidates.resumes.pdf_structure import check_pdf  # noqa: PLC0415

        check_pdf(data, limits=limits)
    elif kind in {Kind.DOCX, Kind.ODT}:
        check_archive(data, kind=kind, limits=limits)
    elif kind is Kind.RTF:
        check_rtf(data)
    return kind


def check_archive(data: bytes, *, kind: Kind, limits: Limits) -> None:
    """A DOCX or ODT without macros, embedded files, remote parts, entities or more content than it admits."""
    archive = Archive(data, limits=limits)
    for name in archive.names:
        if _MACRO_PARTS.search(name.removeprefix("word/")):
            raise _has_macros()
        if _EMBEDDED_PARTS.search(name):
            raise _has_embedded()
    archive.measure()
    # The manifest first: it says whether the other parts are encrypted, which looks like damage otherwise.
    for name in sorted(archive.names, key=lambda one: one != "META-INF/manifest.xml"):
        lowered = name.lower()
        if lowered.endswith((".xml", ".rels", ".rdf")):
            if archive.parts[name].file_size:
                _check_part(name, archive.xml(name), kind=kind)
            continue
        head = archive.head(name)
        if head.startswith(_PROGRAM_MAGICS):
            raise _has_embedded()
        if is_archive(head) and not lowered.endswith(_COMPRESSED_DRAWINGS):
            raise Unreadable("This file contains another archive. Please remove it and save again.", code="zip_nested")


def _check_part(name: str, root: Element, *, kind: Kind) -> None:
    if name.endswith(".rels"):
        _check_relations(root)
    elif name == "[Content_Types].xml":
        for one in root:
            declared = one.get("ContentType", "")
            if "macroEnabled" in declared or "vbaProject" in declared:
                raise _has_macros()
    elif kind is Kind.ODT:
        _check_odt_part(root)
    else:
        _check_fields(root)


def _check_relations(root: Element) -> None:
    for one in root:
        what = one.get("Type", "").rsplit("/", 1)[-1]
        target = one.get("Target", "")
        if what in {"vbaProject", "activeXControl", "activeXControlBinary", "wordVbaData"}:
            raise _has_macros()
        if what in {"oleObject", "package", "aFChunk", "control"}:
            raise _has_embedded()
        if one.get("TargetMode", "").lower() != "external" or what == "hyperlink":
            continue
        if (what == "attachedTemplate" and _LOCAL_FILE.match(target)) or not _REMOTE.match(target):
            continue
        if what == "attachedTemplate":
            raise _is_remote("template", code="external_template")
        if what == "image":
            raise _is_remote("picture", code="external_image")
        raise _is_remote("part", code="external_part")


def _check_fields(root: Element) -> None:
    instructions: list[str] = []
    for one in root.iter():
        if one.tag.endswith("}instrText"):
            instructions.append(one.text or "")
        elif one.tag.endswith("}fldSimple"):
            instructions.extend(value for key, value in one.attrib.items() if key.endswith("}instr"))
    joined = "".join(instructions)
    if _DDE.search(joined):
        raise _has_dde()
    if _REMOTE_FIELD.search(joined):
        raise _is_remote("part", code="external_part")


def _check_odt_part(root: Element) -> None:
    for one in root.iter():
        name = one.tag.rpartition("}")[2]
        if name == "encryption-data":
            raise Unreadable("This file is protected by a password. Please save it without one.", code="zip_encrypted")
        if name in {"event-listener", "script"} and "script" in one.tag:
            raise _has_macros()
        if name.startswith("dde-"):
            raise _has_dde()
        if name in {"object-ole", "plugin", "applet", "floating-frame"}:
            raise _has_embedded()
        if name in {"image", "object", "section-source", "fill-image", "background-image"}:
            target = next((value for key, value in one.attrib.items() if key.endswith("}href")), "")
            if _REMOTE.match(target):
                raise _is_remote("picture" if "image" in name else "part", code="external_image")


def check_rtf(data: bytes) -> None:
    """An RTF file without embedded objects, remote templates or commands."""
    if _RTF_OBJECT.search(data):
        raise _has_embedded()
    if _RTF_TEMPLATE.search(data):
        raise _is_remote("template", code="external_template")
    if _RTF_DDE.search(data):
        raise _has_dde()


def _has_macros() -> Unreadable:
    return Unreadable("This file contains macros. Please save it as PDF, or as DOCX without macros.", code="macros")


def _has_embedded() -> Unreadable:
    return Unreadable(
        "This file has another file or program inside. Please remove it, or save as PDF.", code="embedded_object"
    )


def _has_dde() -> Unreadable:
    return Unreadable("This file contains a field that runs commands. Please save it as PDF.", code="dde_field")


def _is_remote(what: str, *, code: str) -> Unreadable:
    return Unreadable(
        "This file loads a {what} from another computer when it is opened. Please save it as PDF.", code=code, what=what
    )
