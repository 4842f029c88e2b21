"""Keeps contact data of a person from leaving: placeholders go out, and what comes back is filled in again."""

from __future__ import annotations

import re
import unicodedata

from jobs.tailoring.facts import Skeleton
from jobs.tailoring.facts.names import EMAIL, URL

_PHONE = re.compile(r"(?<![\w.])(?!(?:19|20)\d\d ?[-–/.] ?(?:19|20)\d\d\b)\+?\d[\d ()/.-]{7,}\d(?!\w)")
_LOCAL = re.compile(r"(?<![\w.-])\d{3}-\d{4}(?![\w-])")
_HANDLE = re.compile(
    r"(?<![\w.@])@\w[\w.-]{2,}"
    r"|\b(?:live|skype|linkedin|github|gitlab|telegram|twitter|xing|signal|whatsapp|instagram|mastodon)\s*:\s*(?!\[)[^\s,;|]+",
    re.IGNORECASE,
)
_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
# A street with its number, as English, German, French and Spanish write it, with the post code and town behind it.
_STREET = re.compile(
    r"(?:"
    rf"\b\d{{1,5}}[a-z]? (?:{_CAPITAL}[\w.'’-]+ ){{1,3}}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Court|Square)\b\.?"
    rf"|\b{_CAPITAL}[\w.-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer) ?\d{{1,4}}[a-z]?\b"
    r"|\b\d{1,4},? (?:bis |ter )?(?:rue|avenue|boulevard|allée|chemin|impasse|quai) [^\n,;|]{3,40}"
    r"|\b(?:[Cc]alle|[Aa]venida|[Aa]vda\.|[Pp]laza|[Pp]aseo) [^\n,;|]{3,40}?,? ?(?:n\.?[ºo°] ?)?\d{1,4}\b"
    r")"
    rf"(?:,? \d{{4,5}} {_CAPITAL}\w+)?"
)


class Redactor:
    """Replaces names, addresses and numbers of one person, the same one by the same placeholder."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._by_text: dict[str, str] = {}
        self._named = [part for part in (skeleton.name, skeleton.email, skeleton.phone, *skeleton.links) if part]
        self._words = _name_words(skeleton.name)

    def hide(self, text: str) -> str:
        # What nobody sees within a word keeps it from being found.
        text = "".join(one for one in text if unicodedata.category(one) != "Cf")
        for known in sorted(self._named, key=len, reverse=True):
            whole = re.compile(re.escape(known), re.IGNORECASE)
            text = whole.sub(lambda found: self._mark("CONTACT", found.group()), text)
        for kind, pattern in (
            ("CONTACT", EMAIL), ("LINK", URL), ("CONTACT", _HANDLE), ("ADDRESS", _STREET), ("NUMBER", _PHONE),
            ("NUMBER", _LOCAL), ("NAME", self._words),
        ):  # fmt: skip
            text = pattern.sub(lambda found, kind=kind: self._mark(kind, found.group()), text)  # type: ignore[misc]
        return text

    def show(self, text: str) -> str:
        """The text with what was hidden in its place again."""
        for original, mark in self._by_text.items():
            text = text.replace(mark, original)
        return text

    def _mark(self, kind: str, original: str) -> str:
        if re.fullmatch(r"\[[A-Z]+_\d+\]", original):
            return original
        return self._by_text.setdefault(original, f"[{kind}_{len(self._by_text) + 1}]")


def _name_words(name: str) -> re.Pattern[str]:
    """The words of a name by themselves, with a genitive, and written together as in an account ("li.wu", "LIWU")."""
    words = [re.escape(word) for word in name.split() if len(word) > 1]
    if not words:
        return re.compile(r"(?!)")
    # Two letters are a word of some language too, unless they are written as a name is.
    alone = [f"(?-i:{word})" if len(word) < 3 else word for word in words]
    together = [r"[._-]?".join(order) for order in (words, words[::-1])] if len(words) > 1 else []
    return re.compile(rf"\b(?:{'|'.join([*together, *alone])})(?:['’]?s)?\b", re.IGNORECASE)
