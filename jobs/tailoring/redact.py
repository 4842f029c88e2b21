"""Keeps contact data of a person from leaving: placeholders go out, and what comes back is filled in again."""

from __future__ import annotations

import re

from jobs.tailoring.facts import Skeleton
from jobs.tailoring.facts.names import EMAIL, URL

_PHONE = re.compile(r"(?<![\w.])(?!(?:19|20)\d\d ?[-–/.] ?(?:19|20)\d\d\b)\+?\d[\d ()/.-]{7,}\d(?!\w)")


class Redactor:
    """Replaces names, addresses and numbers of one person, the same one by the same placeholder."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._by_text: dict[str, str] = {}
        self._named = [part for part in (skeleton.name, skeleton.email, skeleton.phone, *skeleton.links) if part]
        words = [word for word in skeleton.name.split() if len(word) > 2]
        self._words = re.compile("|".join(rf"\b{re.escape(one)}\b" for one in words) or r"(?!)", re.IGNORECASE)

    def hide(self, text: str) -> str:
        for known in sorted(self._named, key=len, reverse=True):
            whole = re.compile(re.escape(known), re.IGNORECASE)
            text = whole.sub(lambda found: self._mark("CONTACT", found.group()), text)
        for kind, pattern in (("CONTACT", EMAIL), ("LINK", URL), ("NUMBER", _PHONE), ("NAME", self._words)):
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
