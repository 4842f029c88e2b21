"""A judge of finished papers that shares nothing with the checker but the list of skills."""

from __future__ import annotations

import re
import unicodedata

from candidates.actions.reading import skills_in

_WORD = re.compile(r"[^\W\d_]{3,}")


def invented(paper: str, source: str) -> set[str]:
    """Numbers and skills of a paper that its resume does not have: found without the checker."""
    own = {re.sub(r"\D", "", one) for one in re.findall(r"\d[\d.,]*", source)}
    numbers = {re.sub(r"\D", "", one) for one in re.findall(r"\d[\d.,]*", paper)}
    known = {one.concept.id for one in skills_in(source)}
    return {one for one in numbers - own if one} | {one.concept.id for one in skills_in(paper)} - known


def foreign_words(paper: str, source: str, *, allowed: str = "") -> set[str]:
    """Words of a paper that stand neither in its resume nor among those that a paper may say besides."""
    return _words(paper) - _words(source) - _words(allowed)


def foreign_names(paper: str, source: str, *, allowed: str = "") -> set[str]:
    """Words with a capital within a sentence that its resume does not have: whoever else is named, in English."""
    own = _words(source) | _words(allowed)
    found = re.findall(r"(?<=[^.!?:\n][ (])[^\W\d_]*[A-Z][^\W\d_]{1,}", unicodedata.normalize("NFKC", paper))
    return {word for word in found if word.casefold() not in own and len(word) > 2}


def _words(text: str) -> set[str]:
    # A hyphen at the end of a line is one of the layout.
    said = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return {word.casefold() for word in _WORD.findall(re.sub(r"(?<=\w)-\n(?=\w)", "", said))}
