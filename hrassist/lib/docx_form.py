"""Fills the placeholders of a Word file that strangers wrote: values are text, and there are no expressions.

Meant to run inside the cage. A file says {{ name }} within a line, and repeats or leaves out lines between paragraphs
of their own: {% for job in work %} … {% endfor %}, {% if summary %} … {% endif %}. That is the part of Jinja's language
that people know from other systems; nothing of it is evaluated, so there is nothing to break out of.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

# In the same cage (candidates.resumes.structure.check).
from lxml import etree  # nosemgrep: no-xml-but-defused -- every part was read by defusedxml before

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_P, _T, _BODY, _CELL = f"{{{_W}}}p", f"{{{_W}}}t", f"{{{_W}}}body", f"{{{_W}}}tc"
# What holds paragraphs and may not be without one.
_HOLDERS = frozenset(f"{{{_W}}}{name}" for name in ("tc", "hdr", "ftr", "txbxContent"))
_MARK, _MARK_END, _ID = f"{{{_W}}}bookmarkStart", f"{{{_W}}}bookmarkEnd", f"{{{_W}}}id"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_PARAGRAPH_IDS = (f"{_W14}paraId", f"{_W14}textId")
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
PART = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")
PROPERTIES = "docProps/core.xml"
_FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TAG = re.compile(r"\{%-?\s*(.*?)\s*-?%\}")
_FOR = re.compile(r"for ([a-z_]+) in ([a-z_]+(?:\.[a-z_]+)?)")
_IF = re.compile(r"if ([a-z_]+(?:\.[a-z_]+)?)")
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOST_PARAGRAPHS = 5_000
LONGEST_VALUE = 20_000

# A name stands for text, or for a list of these.
Shape = Mapping[str, Any]
Values = Mapping[str, Any]


class FormWrong(Exception):
    """The file asks for what cannot be given; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The finished file, the names that were used, and the lines that it says by itself: all, and those of its body."""

    content: bytes
    used: tuple[str, ...]
    own_lines: tuple[str, ...]
    body_lines: tuple[str, ...]


@dataclass
class _Work:
    shape: Shape
    where: str
    used: dict[str, None] = field(default_factory=dict)
    own_lines: list[str] = field(default_factory=list)
    number: int = 0
    made: int = 0


def fill(content: bytes, *, shape: Shape, values: Values, properties: bytes) -> Filled:
    """Put the values into the file, and other properties in place of its own.

    Raises FormWrong; the file has been checked to be a passive DOCX before.
    """
    used: dict[str, None] = {}
    own_lines: list[str] = []
    body_lines: list[str] = []
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == PROPERTIES:
                data, properties = properties, b""
            if PART.fullmatch(info.filename):
                work = _Work(shape=shape, where=_place(info.filename))
                data = _filled_part(data, work, values)
                used |= work.used
                own_lines += work.own_lines
                body_lines += work.own_lines if not work.where else []
            # A clock that stands still: the same file and values give the same bytes.
            new.writestr(zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    if properties:
        raise FormWrong("The file has no document properties. Save it once more with Word or LibreOffice.")
    return Filled(whole.getvalue(), tuple(used), tuple(dict.fromkeys(own_lines)), tuple(dict.fromkeys(body_lines)))


def _place(name: str) -> str:
    return "" if "document" in name else " of the header" if "header" in name else " of the footer"


def _filled_part(data: bytes, work: _Work, values: Values) -> bytes:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    _container(root.find(_BODY) if root.find(_BODY) is not None else root, work, values, {})
    _tell_apart(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _tell_apart(root: Any) -> None:
    """What was repeated or left out takes its numbers with it, and Word calls a file with two of one damaged."""
    for paragraph in root.iter(_P):
        for name in _PARAGRAPH_IDS:
            paragraph.attrib.pop(name, None)
    for number, drawing in enumerate(root.iter(_DRAWING), 1):
        drawing.set("id", str(number))
    pairs: dict[str, dict[str, Any]] = {}
    marks = list(root.iter(_MARK, _MARK_END))
    for mark in marks:
        pairs.setdefault(mark.get(_ID), {}).setdefault(mark.tag, mark)
    kept = {id(mark) for pair in pairs.values() if len(pair) == 2 for mark in pair.values()}
    for mark in marks:
        if id(mark) not in kept:
            mark.getparent().remove(mark)


def _container(parent: Any, work: _Work, values: Values, scope: dict[str, Values | str]) -> None:
    children = list(parent)
    numbered = {id(child): number for child, number in _numbered(children, work)}
    made = list(_block(children, 0, len(children), work, values, scope, numbered))
    for child in children:
        parent.remove(child)
    for child in made:
        parent.append(child)
    # A cell ends with a paragraph, whatever else is in it.
    last = parent[-1].tag if len(parent) else ""
    if parent.tag in _HOLDERS and last != _P and (parent.tag == _CELL or not made):
        etree.SubElement(parent, _P)


def _numbered(children: Sequence[Any], work: _Work) -> Iterator[tuple[Any, int]]:
    for child in children:
        if child.tag == _P:
            work.number += 1
            yield child, work.number
        else:
            first = work.number + 1
            work.number += sum(1 for _ in child.iter(_P))
            yield child, first


def _block(  # noqa: PLR0917  where it reads, and with what
    children: Sequence[Any], at: int, end: int, work: _Work, values: Values, scope: dict[str, Values | str],
    numbered: Mapping[int, int],
) -> Iterator[Any]:  # fmt: skip
    while at < end:
        child = children[at]
        where = f"paragraph {numbered[id(child)]}{work.where}"
        tag = _tag_of(child, where)
        if tag is None:
            yield _copied(child, work, values, scope, where)
            at += 1
            continue
        if tag in ("endfor", "endif"):
            raise FormWrong(f"{{% {tag} %}} in {where} ends what was not begun.")
        if not _FOR.fullmatch(tag) and not _IF.fullmatch(tag):
            raise FormWrong(
                f"“{{% {tag[:60]} %}}” in {where} is not understood: only for … in …, if …, endfor and endif are."
            )
        close = _close(children, at, end, "endfor" if tag.startswith("for ") else "endif", where)
        if loop := _FOR.fullmatch(tag):
            items = _value(loop[2], work, values, scope, where, listed=True)
            # A list that is empty is still read once, so that a mistake in it is found by whoever uploads the file.
            for item in items or [_blank(_shape(loop[2], work, scope))]:
                inner = [*_block(children, at + 1, close, work, values, scope | {loop[1]: item}, numbered)]
                yield from inner if items else ()
        elif condition := _IF.fullmatch(tag):
            holds = bool(_value(condition[1], work, values, scope, where, listed=None))
            inner = [*_block(children, at + 1, close, work, values, scope, numbered)]
            yield from inner if holds else ()
        at = close + 1


def _tag_of(child: Any, where: str) -> str | None:
    if child.tag != _P:
        return None
    text = "".join(one.text or "" for one in child.iter(_T)).strip()
    if "{%" not in text:
        return None
    whole = _TAG.fullmatch(text)
    if whole is None or "{%" in text[2:]:
        raise FormWrong(f"{{% … %}} in {where} has to stand in a paragraph of its own.")
    return whole[1]


def _close(children: Sequence[Any], at: int, end: int, wanted: str, where: str) -> int:
    depth = 0
    opening = "for " if wanted == "endfor" else "if "
    for other in range(at + 1, end):
        tag = _tag_of(children[other], where)
        if tag is None:
            continue
        depth += tag.startswith(opening)
        if tag == wanted:
            if not depth:
                return other
            depth -= 1
    raise FormWrong(f"What begins in {where} has no {{% {wanted} %}} in the same column or cell.")


def _copied(child: Any, work: _Work, values: Values, scope: dict[str, Values | str], where: str) -> Any:
    work.made += 1
    if work.made > MOST_PARAGRAPHS:
        raise FormWrong(f"The filled file would have more than {MOST_PARAGRAPHS} paragraphs.")
    copy = deepcopy(child)
    if copy.tag == _P:
        _paragraph(copy, work, values, scope, where)
        return copy
    # Tables and whatever else holds paragraphs: each cell is a column of its own.
    holders = {id(one.getparent()): one.getparent() for one in copy.iter(_P)}
    for holder in holders.values():
        inner = _Work(work.shape, work.where, work.used, work.own_lines, made=work.made)
        _container(holder, inner, values, scope)
        work.made = inner.made
    return copy


def _paragraph(paragraph: Any, work: _Work, values: Values, scope: dict[str, Values | str], where: str) -> None:
    runs = list(paragraph.iter(_T))
    text = "".join(one.text or "" for one in runs)
    matches = list(_FIELD.finditer(text))
    left = _FIELD.sub("", text)
    if "{{" in left or "}}" in left:
        raise FormWrong(f"A placeholder in {where} has no end or no beginning: “{left.strip()[:60]}”.")
    if not matches:
        if text.strip():
            work.own_lines.append(" ".join(text.split()))
        return
    for match in reversed(matches):
        value = _value(match[1], work, values, scope, where, listed=False)
        _replace(runs, match.start(), match.end(), _ILLEGAL.sub("", str(value))[:LONGEST_VALUE])


def _replace(runs: Sequence[Any], start: int, end: int, value: str) -> None:
    """Put a value where characters from start to end stand, though they be spread over several runs."""
    at = 0
    for one in runs:
        text = one.text or ""
        first, last = max(start - at, 0), min(end - at, len(text))
        if first < len(text) and last > 0 and first < last:
            one.text = text[:first] + (value if at + first == start else "") + text[last:]
            one.set(_SPACE, "preserve")
        at += len(text)


def _value(
    path: str, work: _Work, values: Values, scope: dict[str, Values | str], where: str, *, listed: bool | None
) -> Any:  # fmt: skip
    shape = _shape(path, work, scope)
    if shape is None:
        known = ", ".join(sorted(work.shape))
        raise FormWrong(f"Unknown field “{path[:60]}” in {where}. There are: {known}.")
    if listed is not None and isinstance(shape, str) is listed:
        hint = f"repeat it with {{% for … in {path} %}}" if not listed else "it is no list"
        raise FormWrong(f"“{path}” in {where} cannot stand there: {hint}.")
    head, _, rest = path.partition(".")
    work.used[path] = None
    found = scope[head] if head in scope else values.get(head, "")
    return found.get(rest, "") if rest and isinstance(found, Mapping) else found


def _shape(path: str, work: _Work, scope: dict[str, Values | str]) -> Any:
    """What a name stands for: "" for text, a list with the shape of its items, or None for what there is not."""
    head, _, rest = path.partition(".")
    if head in scope:
        item = scope[head]
        if not rest:
            return "" if isinstance(item, str) else None
        return _kind(item.get(rest)) if isinstance(item, Mapping) else None
    return None if rest else work.shape.get(head)


def _kind(value: Any) -> Any:
    return None if value is None else value if isinstance(value, list) else ""


def _blank(shape: Any) -> Any:
    return shape[0] if shape else ""
