"""A readable view of raw resume text, the same length character for character, and the lines it falls into.

Every later stage works on the view, so its offsets are offsets of the original text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

FILLER = "\u2060"
"""Stands for a character that carries no text (the rest of a decoded escape); dropped from every value."""

ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
BULLETS = "•●▪■◦○▶►➢➤✓✔★☆♦◆❖·∙‣⁃"
BULLET = re.compile(rf"[{BULLETS}]|[\uf000-\uf8ff]|(?<=\n)\s*[*»>o](?=\s)|(?<=\s)»(?=\s)")
SPACE_RUN = re.compile(r"[ \t\xa0]{2,}")
NEWLINES = re.compile(r"\r\n?|[\u2028\u2029\x0b\x85]")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200f\ufeff\u2060]")
# UTF-8 read as Latin-1, the commonest damage of exported text.
_MOJIBAKE = {
    "â€™": "'",
    "â€˜": "'",
    "â€œ": '"',
    "â€": '"',
    "â€“": "-",
    "â€”": "-",
    "â€¢": "•",
    "ï¼\x8c": ",",
    "ï¼\u200b": ",",
    "ï¼": ",",
    "Â\xa0": " ",
    "Â ": " ",
}
_RULE = re.compile(r"[-=_*~#+–—─━═.\u2060 ]{3,}")
"""A line drawn with characters, as under a heading."""
_DAMAGED = re.compile("|".join(sorted(map(re.escape, _MOJIBAKE), key=len, reverse=True)))
LIGATURES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "\xa0": " ", "\u2009": " "})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the view, stripped: offsets into the text, and whether an empty line stands before it."""

    start: int
    end: int
    text: str
    after_gap: bool


def _decode(match: re.Match[str]) -> str:
    raw = match.group()
    data = bytes.fromhex(raw.replace("\\x", ""))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = " "
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return (text + FILLER * len(raw))[: len(raw)]


def readable(text: str) -> str:
    """The text with escapes decoded, quotes and bullets unified and flattened line breaks restored; same length."""
    view = ESCAPES.sub(_decode, text) if "\\x" in text else text
    if "â€" in view or "ï¼" in view or "Â" in view:
        view = _DAMAGED.sub(lambda m: (_MOJIBAKE[m.group()] + FILLER * 3)[: len(m.group())], view)
    view = NEWLINES.sub(lambda m: "\n" + " " * (len(m.group()) - 1), view)
    view = CONTROL.sub(FILLER, view).translate(LIGATURES)
    view = BULLET.sub(lambda m: "•".rjust(len(m.group())), view)
    if _is_flattened(view):
        # Two spaces stand where a line ended, four or more where a block ended.
        view = SPACE_RUN.sub(_line_break, view)
    elif _is_shredded(view):
        # Some PDF writers place every word by itself: a single line end is a blank there.
        view = re.sub(r"(?<=\S)\n(?=[^\n•])", " ", view)
    return view


def _is_flattened(view: str) -> bool:
    length = len(view.replace(FILLER, ""))
    return length > 200 and view.count("\n") * 400 < length and len(SPACE_RUN.findall(view)) * 700 > length


def _is_shredded(view: str) -> bool:
    lines = [line for line in view.split("\n") if line.strip()]
    return len(lines) > 60 and sum(" " not in line.strip() for line in lines) > 0.8 * len(lines)


def _line_break(match: re.Match[str]) -> str:
    size = len(match.group())
    return "\n" + " " * (size - 1) if size < 4 else "\n" + " " * (size - 2) + "\n"


def clean(value: str) -> str:
    """A value as a person would write it: no fillers, single spaces, no stray punctuation at its ends."""
    text = " ".join(value.replace(FILLER, "").replace("•", " ").split())
    text = text.strip(" ,;:|–—-_/*\"'·~")
    for opening, closing in ("()", "[]"):
        if text.endswith(closing) and opening not in text:
            text = text[:-1].rstrip(" ,;")
        if text.startswith(opening) and closing not in text:
            text = text[1:].lstrip()
    return text


def trimmed(view: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks, fillers and loose punctuation at its ends."""
    loose = " \n\t\f,;:|–—-_/*\"'·~•" + FILLER
    while start < end and view[start] in loose:
        start += 1
    while end > start and view[end - 1] in loose:
        end -= 1
    return start, end


def lines_of(view: str, breaks: tuple[int, ...] = ()) -> list[Line]:
    """The non-empty lines in order; `breaks` are offsets where a line begins although the text has no line end."""
    cuts = {0, len(view), *breaks}
    cuts.update(m.end() for m in re.finditer(r"[\n\f]", view))
    cuts.update(m.start() for m in re.finditer("•", view))
    ordered = sorted(cuts)
    lines: list[Line] = []
    gap = True
    for begin, finish in pairwise(ordered):
        start, end = begin, finish
        while start < end and (view[start].isspace() or view[start] == FILLER):
            start += 1
        while end > start and (view[end - 1].isspace() or view[end - 1] == FILLER):
            end -= 1
        if start == end or _RULE.fullmatch(view, start, end):
            gap = True
            continue
        lines.append(Line(start, end, view[start:end], gap))
        gap = False
    return lines
