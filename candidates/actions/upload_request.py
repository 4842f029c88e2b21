"""What somebody declares about a file before uploading it, checked and cleaned."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar, Self

from django.conf import settings

from hrassist.lib.errors import DomainError

LONGEST_NAME = 150
GENERIC = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
# Old Word and templates are named, so that the person learns what to do instead of "not allowed".
INSTEAD = {
    "doc": "Old Word files (.doc) can carry macros. Save it as DOCX or PDF.",
    "docm": "Word files with macros are not accepted. Save it as DOCX or PDF.",
    "dot": "Word templates are not accepted. Save it as DOCX or PDF.",
    "dotx": "Word templates are not accepted. Save it as DOCX or PDF.",
    "pages": "Pages files cannot be read. Export it as PDF.",
    "zip": "Archives are not accepted. Upload the resume itself.",
}


class BadUpload(DomainError):
    """What was declared cannot be uploaded; `fields` names what is wrong."""

    code = "upload_invalid"


@dataclass(frozen=True, slots=True)
class Declared:
    """A file as declared: clean name, size in bytes, canonical type, Base64 MD5, hexadecimal SHA-256 or empty."""

    # Extension: the type that is signed and stored, then what browsers and systems also call it.
    TYPES: ClassVar[dict[str, tuple[str, ...]]] = {
        "pdf": ("application/pdf", "application/x-pdf"),
        "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/msword"),
        "odt": ("application/vnd.oasis.opendocument.text", "application/x-vnd.oasis.opendocument.text"),
        "rtf": ("application/rtf", "text/rtf", "application/x-rtf", "application/msword", "text/richtext"),
        "txt": ("text/plain", "text/markdown"),
        "html": ("text/html", "application/xhtml+xml"),
    }
    ALIASES: ClassVar[dict[str, str]] = {"htm": "html", "text": "txt", "md": "txt"}

    filename: str
    size: int
    content_type: str
    md5: str
    sha256: str

    @classmethod
    def cleaned(cls, *, filename: str, size: int, content_type: str, md5: str, sha256: str) -> Self:
        """Everything checked; raises BadUpload with a sentence per wrong field."""
        name = clean_filename(filename)
        wrong: dict[str, list[str]] = {}
        canonical = ""
        try:
            canonical = cls._type_of(name, content_type)
        except BadUpload as error:
            wrong |= error.fields
        if not 0 < size <= settings.UPLOAD_MAX_BYTES:
            most = settings.UPLOAD_MAX_BYTES // 2**20
            wrong["size"] = ["The file is empty." if size <= 0 else f"The file is larger than {most} MB."]
        if not _is_md5(md5):
            wrong["md5"] = ["Send the MD5 of the file in Base64, 24 characters, as in a Content-MD5 header."]
        if sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
            wrong["sha256"] = ["Send the SHA-256 of the file as 64 hexadecimal digits, or leave it out."]
        if wrong:
            raise BadUpload(" ".join(sentence for sentences in wrong.values() for sentence in sentences), fields=wrong)
        return cls(filename=name, size=size, content_type=canonical, md5=md5, sha256=sha256.lower())

    @classmethod
    def _type_of(cls, name: str, content_type: str) -> str:
        extension = PurePosixPath(name).suffix.lstrip(".").lower()
        extension = cls.ALIASES.get(extension, extension)
        if extension not in cls.TYPES:
            accepted = ", ".join(one.upper() for one in cls.TYPES)
            sentence = INSTEAD.get(extension, f"Resumes are accepted as {accepted}. Save it as one of these.")
            raise BadUpload(sentence, fields={"filename": [sentence]})
        declared = content_type.partition(";")[0].strip().lower()
        if declared not in GENERIC and declared not in cls.TYPES[extension]:
            sentence = (
                f"The name ends in .{extension}, but the type is {declared[:80]}. Send the file under its own name."
            )
            raise BadUpload(sentence, fields={"content_type": [sentence]})
        return cls.TYPES[extension][0]


def clean_filename(given: str) -> str:
    """A name that is safe to show: composed (NFC), one line, no path, no control, bidi or invisible characters.

    Not NFKC: it would turn look-alikes of dots and slashes into real ones.
    """
    name = unicodedata.normalize("NFC", given)
    # Cc controls, Cf bidi marks and zero-width characters, Cs lone surrogates, Co private use, Zl/Zp line breaks.
    name = "".join(one for one in name if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r"\s+", " ", name).strip(" .")
    if not name:
        return "resume"
    if len(name) > LONGEST_NAME:
        suffix = PurePosixPath(name).suffix[:12]
        name = name[: LONGEST_NAME - len(suffix)].rstrip() + suffix
    return name


def _is_md5(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
