"""Degrees by level and credentials by name, as texts state them."""

from __future__ import annotations

import re

from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.words import words

_LEVELS = {
    "doctor": r"ph\.?\s?d\b\.?|\bdr\.?-ing\b|\bdoctora(?:te|l)\b|\bdoctor of\b|\bpromotion zum\b|\bd\.?phil\b",
    "mba": r"\bm\.?b\.?a\b|master of business administration",
    "master": r"\bm\.?sc\b|\bm\.?eng\b|\bm\.?tech\b|\bmaster'?s?(?: degree)? (?:of|in)\b|\bmaster's\b|\bmaster degree\b"
    r"|\bmasters (?:of|in|degree)\b|\bmagister\b|\bm\.?a\.? in\b|\bm\.?s\.? in\b|\bmca\b|\bdiplom-",
    "bachelor": r"\bb\.?sc\b|\bb\.?eng\b|\bb\.?tech\b|\bbachelor'?s?\b|\bb\.?a\.? in\b|\bb\.?s\.? in\b|\bb\.?com\b"
    r"|\bbca\b|\blicenciatura\b|\blicence (?:de|d'|en|ès)\b",
    "associate": r"\bassociate'?s? (?:degree|of)\b",
}
DEGREES = {level: re.compile(pattern) for level, pattern in _LEVELS.items()}
# Names of credentials that stand for themselves.
_KNOWN = sorted(words("known_credentials"))
_KNOWN_NAMES = re.compile(r"\b(" + "|".join(map(re.escape, _KNOWN)) + r")\b")
# A word of certifying with the names around it: AWS Certified Developer, Certified Scrum Master, licensed electrician.
_CERTIFIED = re.compile(
    r"(?:[A-Z][\w.+-]*\s+){0,3}\b(?:[Cc]ertified|[Cc]hartered|[Ll]icensed|[Aa]ccredited|[Zz]ertifizierter?)\b"
    r"(?:\s+(?:[A-Z][\w.+-]*|in|for|of|public|professional|developer|engineer|architect|accountant|nurse|administrator"
    r"|associate|practitioner|specialist|electrician|solutions)){0,5}"
)
_CERTIFICATE = re.compile(
    r"(?:[A-Z][\w.+-]*\s+){1,4}(?:[Cc]ertificat(?:e|ion)|[Ll]icence|[Ll]icense)\b"
    r"|\b(?:[Bb]lack|[Gg]reen|[Yy]ellow|[Ww]hite) [Bb]elt\b"
)
_AS_WRITTEN = re.compile(r"\b(" + "|".join(sorted(words("known_as_written"))) + r")\b")
_WEAK = words("weak")


def degrees_in(text: str) -> set[str]:
    """The levels of the degrees that a text names: bachelor, master, mba, doctor, associate."""
    said = plain(text)
    return {level for level, pattern in DEGREES.items() if pattern.search(said)}


def credentials_in(text: str) -> list[str]:
    """The credentials that a text claims, each in one case."""
    said = readable(text)
    found = [match.group() for match in _KNOWN_NAMES.finditer(said.casefold())]
    found += [match.group().casefold() for match in _AS_WRITTEN.finditer(said)]
    found += [plain(match.group()) for pattern in (_CERTIFIED, _CERTIFICATE) for match in pattern.finditer(said)]
    return list(dict.fromkeys(found))


def is_stated(credential: str, text: str) -> bool:
    """Whether a text states this credential: all its telling words stand within a few words of each other."""
    words = plain(text).replace(",", " ").replace("(", " ").replace(")", " ").split()
    wanted = [word for word in credential.split() if word not in _WEAK]
    if not wanted:
        # "certified" alone is a claim of something.
        return any(word.startswith(("certif", "zertif")) for word in words)
    places = [[at for at, word in enumerate(words) if word.strip(".,;:") == one.strip(".,;:")] for one in wanted]
    if not all(places):
        return False
    return any(all(any(abs(at - first) <= len(wanted) + 4 for at in other) for other in places) for first in places[0])
