"""Names that a text states: companies, proper names, addresses; and words that raise somebody's part in something."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.numbers import numbers_in
from jobs.tailoring.facts.words import RAISING, words

URL = re.compile(r"(?:https?://|www\.)[^\s<>()]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|ai|de|co|me|app)\b(?:/[^\s<>()]*)?", re.IGNORECASE)  # fmt: skip  # noqa: E501
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = r"(?<![\d.])[^\W\d_][\w&.+#'/-]*"
_TOKEN = re.compile(_WORD)
_LINKING = frozenset(["of", "the", "de", "la", "von", "van", "der", "&"])
_COMPANY = re.compile(
    r"\b(?:inc|llc|ltd|limited|gmbh|corp|corporation|plc|s\.?a\.?r\.?l|ag|kg|bv|oy|ab|pvt|group|holdings?|bank"
    r"|university|universität|college|institute|consulting|technologies|labs|solutions|systems)\b\.?",
    re.IGNORECASE,
)
_EMPLOYED = re.compile(r"\b(?:at|for|with|by|joined|joining|from|bei|chez|für|en|para|von|pour|to)\s+(?:the\s+)?$", re.IGNORECASE)  # fmt: skip  # noqa: E501
_NO_NAMES, _OPENERS = words("no_names"), words("openers")


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name, and whether it stands where an employer or a school would."""

    text: str
    employer: bool


def urls_in(text: str) -> set[str]:
    return {_address(one) for one in URL.findall(EMAIL.sub(" ", readable(text)))}


def emails_in(text: str) -> set[str]:
    return {one.casefold().rstrip(".") for one in EMAIL.findall(readable(text))}


def _address(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.casefold()).rstrip("/.,;")


def raising_in(text: str, *, but: Collection[str] = ()) -> dict[str, str]:
    """Which kinds of raising words a text has, with the word itself; `but` are words that are no claim."""
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", plain(text))
    found: dict[str, str] = {}
    for word in words:
        for kind, known in RAISING.items():
            if word in known and word not in but:
                found.setdefault(kind, word)
    return found


def names_in(text: str) -> list[Name]:
    """Runs of capitalised words, but for the word that begins a sentence."""
    said = URL.sub(" ", EMAIL.sub(" ", readable(text)))
    found: list[Name] = []
    for sentence in re.split(r"(?<=[.!?;:])\s+|\s\|\s", said):
        found += _names_of(sentence)
    return found


def _names_of(sentence: str) -> list[Name]:
    tokens = list(_TOKEN.finditer(sentence))
    found, at = [], 0
    while at < len(tokens):
        if not _is_name(tokens[at].group(), first=at == 0, followed=_capital(tokens, at + 1)):
            at += 1
            continue
        end = at + 1
        while end < len(tokens) and sentence[tokens[end - 1].end() : tokens[end].start()].strip() == "":
            if tokens[end].group() == "I":
                # At Northwind I built: who writes is no part of the name.
                break
            if tokens[end].group()[0].isupper():
                end += 1
            elif tokens[end].group().casefold() in _LINKING and _capital(tokens, end + 1):
                end += 2
            else:
                break
        name = sentence[tokens[at].start() : tokens[end - 1].end()].rstrip(".'")
        before = sentence[: tokens[at].start()]
        found.append(Name(name, bool(_EMPLOYED.search(before) or _COMPANY.search(name))))
        at = end
    return found


def _capital(tokens: list[re.Match[str]], at: int) -> bool:
    return at < len(tokens) and tokens[at].group()[0].isupper()


def _is_name(word: str, *, first: bool, followed: bool) -> bool:
    if not word[0].isupper() or word.casefold().rstrip(".") in _NO_NAMES:
        return False
    if not first:
        return True
    if word.casefold() in _OPENERS or numbers_in(word):
        return False
    # "Built the API" begins with a verb; "AWS migration", "GitLab at work" and "Northwind Traders" with a name.
    inner = word[1:]
    return any(one.isupper() for one in inner) or (
        followed and not word.casefold().endswith(("ed", "ing", "lt", "de", "ght", "ept", "ent", "ote"))
    )
