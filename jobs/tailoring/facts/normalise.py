"""One spelling for what reads the same: letters, dashes, quotes, blanks, digits of any script."""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′`´"), "'") | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_TABLE = _DASHES | _QUOTES | dict.fromkeys(map(ord, "•▪●◦∙"), " ")
_BLANK = re.compile(r"\s+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def readable(text: str) -> str:
    """The text as it reads: compatibility forms resolved, nothing invisible, plain dashes and quotes, its own case."""
    text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    kept = []
    for one in text:
        kind = unicodedata.category(one)
        if kind == "Nd":
            kept.append(str(unicodedata.decimal(one)))
        elif kind not in ("Cf", "Cc", "Co", "Cn") or one.isspace():
            kept.append(one)
    return _BLANK.sub(" ", "".join(kept)).strip()


def plain(text: str) -> str:
    """The readable text in one case."""
    return readable(text).casefold()


def words_of(text: str) -> list[str]:
    """The words of a text in one case, without punctuation around them."""
    return [word.strip(".,;:!?()[]\"'") for word in plain(text).split()]


def mixed_scripts(text: str) -> list[str]:
    """Words with letters of more than one script, such as a Cyrillic е in a Latin word: they read as another word."""
    found = []
    for word in _LETTERS.findall(readable(text)):
        scripts = {_script(one) for one in word}
        if len(scripts - {""}) > 1:
            found.append(word)
    return found


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ", 1)[0]
    return name if name in ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE") else ""


_ENDS = (
    "ations", "ation", "ated", "ating", "ates", "ate", "ings", "ing", "ers", "ments", "ment", "ies", "ied", "ions",
    "ion", "ed", "er", "es", "s", "y", "e", "ly",
)  # fmt: skip


def stem(word: str) -> str:
    """What a word shares with its other forms, roughly: reporting, reports and reported are one."""
    for end in _ENDS:
        if word.endswith(end) and len(word) - len(end) >= 4:
            word = word.removesuffix(end).removesuffix("e")
            break
    # planning and plan, shipped and shipping
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls" else word
