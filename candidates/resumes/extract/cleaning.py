"""One way to clean text, whatever format it came from: what a reader sees stays, what nobody sees is set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from candidates.resumes.document import HiddenText

BULLET = "•"
# Symbol, Wingdings and icon fonts put their glyphs in the private use area; these stand in front of list items.
_PRIVATE_BULLETS = frozenset(
    "\uf0b7\uf0a7\uf0d8\uf076\uf071\uf0fc\uf06e\uf06f\uf0a8\uf02d\uf0e0\uf0f0\uf075\uf077\uf0b0\uf111\uf0da\uf105\uf054\uf0c8\uf04b\uf192\uf10c"
)
_OTHER_BULLETS = frozenset("●○▪▫◦■□▸▹►▻⁃∙◆◇❖➢➤➔✓✔❑❒⦁⬤")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFB00, 0xFB07), 0x0132, 0x0133)}
_SPACES = re.compile(r"[\t\v\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0c]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ufff9-\ufffb\ud800-\udfff]")
_TAGS = re.compile(r"[\U000e0000-\U000e0fff]+")
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
# Joiners shape Persian, Indic and emoji text; between ASCII they only hide.
_ASCII_JOINERS = re.compile(r"(?<=[\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f])")
# A bullet drawn apart from its item, as by a web page or a layout program.
_LONE_BULLET = re.compile(r"^•\n+(?=[^\n•])", re.MULTILINE)
_HYPHENATED = re.compile(r"(?P<head>[^\W\d_]{2,})[-\u2010]\n(?P<tail>[a-z\u00df-\u00ff]{2,})")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_KEEPS_HYPHEN = frozenset(
    [
        "all",
        "back",
        "bottom",
        "co",
        "cross",
        "cutting",
        "decision",
        "e",
        "end",
        "face",
        "five",
        "four",
        "front",
        "full",
        "hands",
        "high",
        "in",
        "large",
        "long",
        "low",
        "mid",
        "multi",
        "non",
        "off",
        "on",
        "one",
        "open",
        "part",
        "post",
        "pre",
        "real",
        "results",
        "right",
        "self",
        "semi",
        "seven",
        "short",
        "six",
        "small",
        "team",
        "ten",
        "third",
        "three",
        "top",
        "two",
        "user",
        "well",
        "year",
    ]
)
# A message hidden in zero-width characters needs many of them; a stray one comes from a web page.
_ZERO_WIDTH_ALARM = 8


def clean(text: str, *, page: int = 1) -> tuple[str, tuple[HiddenText, ...]]:
    """Text as a reader sees it, in NFC with single line ends, and what was hidden in zero-width or tag characters."""
    hidden: list[HiddenText] = []
    if not text.isascii():
        for run in _TAGS.findall(text):
            said = "".join(chr(ord(char) - 0xE0000) for char in run if 0xE0020 <= ord(char) <= 0xE007E)
            # Flags of regions (England, Scotland) are a few tag characters behind a black flag.
            if len(said) > 7:
                hidden.append(HiddenText(page=page, text=said, reason="tag"))
        text = _TAGS.sub("", text)
        zero_width = sum(len(run) for run in _INVISIBLE.findall(text) if run.strip("\u00ad\ufeff"))
        zero_width += sum(len(run) for run in _ASCII_JOINERS.findall(text))
        if zero_width >= _ZERO_WIDTH_ALARM:
            hidden.append(HiddenText(page=page, text=f"{zero_width} zero-width characters", reason="zero_width"))
        text = _ASCII_JOINERS.sub("", _INVISIBLE.sub("", text))
        text = "".join(map(_shown, text)).translate(_LIGATURES)
        text = unicodedata.normalize("NFC", text)
    text = _CONTROLS.sub("", _SPACES.sub(" ", _BREAKS.sub("\n", text)))
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r" *\n *", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    text = _LONE_BULLET.sub(f"{BULLET} ", text)
    return join_hyphenated(text).strip(), tuple(hidden)


def _shown(char: str) -> str:
    if char in _OTHER_BULLETS or char in _PRIVATE_BULLETS:
        return BULLET
    if "\ue000" <= char <= "\uf8ff" or char >= "\U000f0000":
        return " "
    return char


def join_hyphenated(text: str) -> str:
    """Undo end-of-line hyphenation, keeping hyphens that belong to the word ("full-\\ntime")."""
    if "-\n" not in text and "\u2010\n" not in text:
        return text
    words = frozenset(_WORDS.findall(text.lower()))

    def joined(match: re.Match[str]) -> str:
        head, tail = match["head"], match["tail"]
        whole, hyphened = (head + tail).lower(), f"{head}-{tail}".lower()
        if hyphened in words or (head.lower() in _KEEPS_HYPHEN and whole not in words):
            return f"{head}-{tail}"
        return head + tail

    return _HYPHENATED.sub(joined, text)


def cap_hidden(hidden: Iterable[HiddenText], *, limit: int) -> tuple[HiddenText, ...]:
    """At most `limit` characters of hidden text, neighbours of one page and reason joined, in order."""
    kept: list[HiddenText] = []
    left = limit
    for one in hidden:
        text = one.text.strip()[:left]
        if not text:
            continue
        left -= len(text)
        if kept and (kept[-1].page, kept[-1].reason) == (one.page, one.reason):
            text = f"{kept.pop().text} {text}"
        kept.append(HiddenText(page=one.page, text=text, reason=one.reason))
    return tuple(kept)
