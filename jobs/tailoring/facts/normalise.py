"""One spelling for what reads the same: letters, dashes, quotes, blanks, digits of any script."""

from __future__ import annotations

import functools
import re
import unicodedata

from jobs.tailoring.facts.remembered import remembered

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′`´"), "'") | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_PLAIN = _DASHES | _QUOTES | dict.fromkeys(map(ord, "•▪●◦∙"), " ")
_BLANK = re.compile(r"\s+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


class _Letters(dict[int, str | None]):
    """What each character reads as, looked up once: a line is read some hundred times before it is judged."""

    # A hostile text may use all there are.
    MOST = 4096

    def __missing__(self, code: int) -> str | None:
        one = chr(code)
        kind = unicodedata.category(one)
        read: str | None = one
        if kind == "Nd":
            read = str(unicodedata.decimal(one))
        elif kind in ("Cf", "Cc", "Co", "Cn") and not one.isspace():
            read = None
        if len(self) < self.MOST:
            self[code] = read
        return read


_READS_AS = _Letters(_PLAIN)


@remembered
def readable(text: str) -> str:
    """The text as it reads: compatibility forms resolved, nothing invisible, plain dashes and quotes, its own case."""
    return _BLANK.sub(" ", unicodedata.normalize("NFKC", text).translate(_READS_AS)).strip()


@remembered
def plain(text: str) -> str:
    """The readable text in one case."""
    return readable(text).casefold()


def words_of(text: str) -> list[str]:
    """The words of a text in one case, without punctuation around them."""
    return [word.strip(".,;:!?()[]\"'") for word in plain(text).split()]


_LONGEST_UNIT = 3


def mixed_scripts(text: str) -> list[str]:
    """Words with letters of more than one script, such as a Cyrillic е in a Latin word: they read as another word."""
    found = []
    for word in _LETTERS.findall(readable(text)):
        if word.startswith("μ") and len(word) <= _LONGEST_UNIT:
            # μA, μSv; compatibility makes the sign of a millionth the Greek letter.
            continue
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


@functools.lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """What a word shares with its other forms, roughly: reporting, reports and reported are one."""
    for end in _ENDS:
        if word.endswith(end) and len(word) - len(end) >= 4:
            word = word.removesuffix(end).removesuffix("e")
            break
    # planning and plan, shipped and shipping
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls" else word


def unmarked(text: str) -> str:
    """A text in one case, without the marks over its letters."""
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))


@functools.lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """A word without the marks over its letters: Übung and Ubung are one, Abschlüsse and Abschluss begin alike."""
    return unmarked(word)


_SAME_START = 4


def alike(one: str, other: str) -> bool:
    """Whether two words are forms of one or share a part: Rechnungen and Rechnungsprüfung, rédige and rédaction."""
    one, other = folded(one), folded(other)
    if one == other or stem(one) == stem(other) or one in (f"{other}s", f"{other}n") or other in (f"{one}s", f"{one}n"):
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SAME_START:
        return False
    core = shorter[:-2] if len(shorter) > 6 else shorter[:-1] if len(shorter) > 4 else shorter
    if core in longer and len(core) >= _SAME_START:
        return True
    same = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(shorter))
    return same >= _SAME_START and same * 2 >= len(shorter) + 1
