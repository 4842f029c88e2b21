"""Which words are everyday ones of a language, so that what is none may be a name."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache, lru_cache
from importlib.resources import files

from simplemma.strategies import StreamDictionaryFactory

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.remembered import remembered
from jobs.tailoring.facts.words import lines, table

LANGUAGES = ("en", "de", "fr", "es")
_SIGNS = {language: frozenset(words) for language, words in table("language_signs").items()}
# In the list of English, words of names and slips are as rare as this.
_RARE = {"en": 100}
COMPANIES = frozenset(word for line in lines("companies")["names"] for word in line.split())
_LINKS = ("", "s", "es", "n", "en", "e", "er")
_SHORTEST_PART = 3


@cache
def _words_of(language: str) -> frozenset[str]:
    # The lists of pyspellchecker: read once, where an unknown word is met.
    packed = files("spellchecker").joinpath("resources", f"{language}.json.gz").read_bytes()
    counted = json.loads(gzip.decompress(packed))
    return frozenset(word for word, count in counted.items() if count >= _RARE.get(language, 1))


@remembered
def language_of(text: str, otherwise: str = "en") -> str:
    """The language of a text by its small words: en, de, fr or es; the other one where they do not tell."""
    said = re.findall(r"[^\W\d_]+", plain(text))
    hits = {language: sum(word in signs for word in said) for language, signs in _SIGNS.items()}
    first, second = sorted(LANGUAGES, key=lambda one: (hits[one], one == otherwise), reverse=True)[:2]
    return first if hits[first] > max(1, hits[second]) else otherwise


@lru_cache(maxsize=8192)
def is_everyday(word: str, language: str) -> bool:
    """Whether a word stands in the list of a language; in German also where it is put together from such words."""
    word = plain(word).strip("'-.")
    if word in COMPANIES:
        return False
    if any(_stands(part, language) for part in _forms(word, language)):
        return True
    if "-" in word:
        return all(is_everyday(part, language) for part in word.split("-") if part)
    return language == "de" and _is_compound(word)


# What a form of a word ends in, and what its entry in the list may end in instead.
_ENDINGS = {
    "en": (("'s", ""), ("s", ""), ("es", ""), ("ies", "y")),
    "de": (("n", ""), ("en", ""), ("s", ""), ("es", ""), ("e", ""), ("in", ""), ("innen", ""),
           ("t", "en"), ("te", "en")),
    "fr": (("s", ""), ("es", ""), ("e", ""), ("e", "er"), ("it", "ir"), ("ait", "er"), ("t", "re"), ("ées", "er"),
           ("ée", "er"), ("és", "er"), ("é", "er")),
    "es": (("s", ""), ("es", ""), ("a", "ar"), ("e", "er"), ("e", "ir"), ("aba", "ar"), ("ía", "er"), ("ía", "ir"),
           ("ó", "ar"), ("ó", "er"), ("ió", "ir"), ("é", "ar"), ("as", "o"), ("a", "o"), ("o", "ar"), ("ada", "ar"),
           ("adas", "ar"), ("ado", "ar"), ("ados", "ar")),
}  # fmt: skip


def _forms(word: str, language: str) -> list[str]:
    word = re.sub(r"^(?:qu|[cdjlmnst])'", "", word) if language == "fr" else word
    forms = [word, word.replace("ss", "ß")]
    return forms + [word.removesuffix(end) + other for end, other in _ENDINGS[language] if word.endswith(end)]


# Read as it is packed: 34 MB for the four languages, as dictionaries of Python 262 MB.
_FORMS_OF = StreamDictionaryFactory()


def _stands(word: str, language: str) -> bool:
    return word in _words_of(language)


@lru_cache(maxsize=8192)
def is_form(word: str, language: str) -> bool:
    """Whether a word is a form of a verb, an adjective or whatever else is written with a small letter: hago, menée."""
    known = _FORMS_OF.get_dictionary(language)
    said = plain(word)
    return said not in COMPANIES and (said in known or said.replace("œ", "oe") in known)


def _is_compound(word: str) -> bool:
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        if not any(_stands(one, "de") for one in _forms(word[cut:], "de")):
            continue
        head = word[:cut]
        heads = [head.removesuffix(link) for link in _LINKS if head.endswith(link)]
        if any(len(one) >= _SHORTEST_PART and (_stands(one, "de") or _stands(one + "e", "de")) for one in heads):
            return True
        if any(len(one) > 2 * _SHORTEST_PART and _is_compound(one) for one in heads):
            return True
    return False
