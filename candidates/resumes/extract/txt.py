"""Plain text in the encodings that people's programs write."""

from __future__ import annotations

import codecs
import re

from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.cleaning import cap_hidden, clean
from candidates.resumes.extract.limits import Limits

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read(data: bytes, *, limits: Limits) -> Document:
    """The text; form feeds divide pages."""
    pages: list[Page] = []
    hidden: list[HiddenText] = []
    for number, part in enumerate(re.split("\f", decode(data))[: limits.pdf_pages], start=1):
        text, its_hidden = clean(part, page=number)
        pages.append(Page(number=number, text=text, engine="txt"))
        hidden.extend(its_hidden)
    while len(pages) > 1 and not pages[-1].text:
        pages.pop()
    if not any(page.text for page in pages):
        raise Unreadable("This file holds no text.", code="no_text")
    return Document(kind=Kind.TXT, pages=tuple(pages), hidden=cap_hidden(hidden, limit=limits.hidden_chars))


def decode(data: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else UTF-16 that forgot its mark, else Windows-1252."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    sample = data[:4096]
    if sample.count(0) > len(sample) // 4:
        evens, odds = sample[::2].count(0), sample[1::2].count(0)
        return data.decode("utf-16-be" if evens > odds else "utf-16-le", "replace")
    return text or data.decode("cp1252", "replace")
