"""Word lists that rules and tagger look words up in; the large ones are loaded on first use."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

from candidates.resumes.skills.lists import load, phrases, words

DATA = Path(__file__).parent / "data"
_LISTS = load(DATA / "words.toml")

REGIONS = frozenset(phrases(_LISTS["regions"]))
CITIES = frozenset(phrases(_LISTS["cities"]))
"""Those of the regions that are towns, in spellings or short forms the large list lacks."""
STATE_CODES = words(_LISTS["state_codes"])
MONTHS = words(_LISTS["months"])
DEGREE_WORDS = words(_LISTS["degree_words"])
SCHOOL_WORDS = words(_LISTS["school_words"])
SCHOOL_WORDS_ELSEWHERE = words(_LISTS["school_words_elsewhere"])
SCHOOL_SHORT_FORMS = frozenset(word.upper() for word in words(_LISTS["school_short_forms"]))
SCHOOL_ENDINGS = tuple(words(_LISTS["school_endings"]))
COMPANY_WORDS = words(_LISTS["company_words"])
TITLE_HEADS_ELSEWHERE = words(_LISTS["title_heads_elsewhere"])
TITLE_HEADS = words(_LISTS["title_heads"]) | TITLE_HEADS_ELSEWHERE
_TITLE_ENDINGS = tuple(words(_LISTS["title_endings"]))
SENIORITY = words(_LISTS["seniority"])
NAME_STOP = words(_LISTS["name_stop"])
NAME_PARTICLES = words(_LISTS["name_particles"])
MAILBOXES = words(_LISTS["mailboxes"])
NOT_PLACES = words(_LISTS["not_places"])


def is_title_head(word: str) -> bool:
    """Whether a word, in lower case, names an occupation: by itself, as a plural, or as a German compound."""
    return (
        word in TITLE_HEADS
        or (word.endswith("s") and word[:-1] in TITLE_HEADS)
        # The first question is quick, and nearly always answers both.
        or (
            word.endswith(_TITLE_ENDINGS)
            and any(word.endswith(end) and len(word) > len(end) + 2 for end in _TITLE_ENDINGS)
        )
    )


def _large(name: str) -> frozenset[str]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as stream:
        return frozenset(stream.read().split("\n")) - {""}


@cache
def places() -> frozenset[str]:
    return _large("places.txt.gz") | REGIONS


@cache
def place_starts() -> dict[str, int]:
    """The first word of every place, with the number of words of the longest place that begins so."""
    starts: dict[str, int] = {}
    for place in places():
        parts = re.split(r"[ -]", place)
        starts[parts[0]] = max(starts.get(parts[0], 0), len(parts))
    return starts


@cache
def given_names() -> frozenset[str]:
    return _large("given_names.txt.gz") - words(_LISTS["not_given_names"])


@cache
def family_names() -> frozenset[str]:
    return _large("family_names.txt.gz") - words(_LISTS["not_family_names"])
