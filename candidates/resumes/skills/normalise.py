"""Normalises skills to ESCO and job titles to O*NET or ESCO: exact labels and aliases first, near spellings after."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from candidates.resumes.skills.lists import load, words

DATA = Path(__file__).parent / "data"
_LISTS = load(DATA / "words.toml")
TOO_COMMON, SHORT_ANY_CASE, RANKS = (words(_LISTS[name]) for name in ("too_common", "short_any_case", "ranks"))
SHORT_FORMS: dict[str, str] = _LISTS["short_forms"]
ESCO = "http://data.europa.eu/esco/"
WORD = re.compile(r"(?:\.(?=net\b))?[A-Za-z0-9À-ɏ][A-Za-z0-9À-ɏ.+#'-]*|&", re.IGNORECASE)
# Below this two labels are different things ("java" and "javascript" stay apart; see the tests).
NEAR = 92.0


@dataclass(frozen=True, slots=True)
class Concept:
    """A term of a taxonomy: identifier (ESCO URI, O*NET-SOC code, or `hrassist:` for our own) and preferred label."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class SkillSpan:
    """A skill named in a text: offsets, and the concept it means."""

    start: int
    end: int
    concept: Concept


def key_of(text: str) -> str:
    """The form that labels are compared in: lower case, plain spaces, no punctuation but what tells skills apart."""
    return " ".join(word.rstrip(".'-") for word in WORD.findall(text.lower().replace("/", " ").replace("’", "'")))


def _rows(name: str) -> list[list[str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as stream:
        return [line.split("\t") for line in stream.read().split("\n") if line]


class Phrases:
    """Concepts by the words of their labels, found in a text longest first."""

    def __init__(self) -> None:
        self.by_key: dict[str, Concept] = {}
        self._longest: dict[str, int] = {}

    def add(self, label: str, concept: Concept, *, replace: bool = False) -> None:
        key = key_of(label)
        if not key or (key in self.by_key and not replace):
            return
        self.by_key[key] = concept
        words = key.split()
        self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))

    def find(self, text: str) -> list[SkillSpan]:
        words = [(m.start(), m.end(), m.group().lower().rstrip(".'-")) for m in WORD.finditer(text)]
        found: list[SkillSpan] = []
        at = 0
        while at < len(words):
            reach = min(self._longest.get(words[at][2], 0), len(words) - at)
            for count in range(reach, 0, -1):
                key = " ".join(word for _, _, word in words[at : at + count])
                concept = self.by_key.get(key)
                if concept and _may_stand(key, text[words[at][0] : words[at][1]]):
                    end = words[at + count - 1][0] + len(words[at + count - 1][2])
                    found.append(SkillSpan(words[at][0], end, concept))
                    at += count
                    break
            else:
                at += 1
        return found


def _may_stand(key: str, written: str) -> bool:
    return (
        len(key) > 3
        or not key.isalpha()
        or key in SHORT_ANY_CASE
        or written.isupper()
        or (key == "go" and written == "Go")
    )


def own_rows() -> list[list[str]]:
    """Our own list, a label and its other spellings per line: skills the taxonomies lack or name differently."""
    text = (DATA / "own_skills.txt").read_text(encoding="utf-8")
    return [[one.strip() for one in line.split("|")] for line in text.split("\n") if line and not line.startswith("#")]


@cache
def skills() -> Phrases:
    phrases = Phrases()
    for uri, label, *others in _rows("skills.tsv.gz"):
        concept = Concept(f"{ESCO}skill/{uri}", label)
        for one in (label, *others):
            if one.lower().strip() not in TOO_COMMON:
                phrases.add(one, concept)
    for label, *others in own_rows():
        known = next((phrases.by_key[k] for k in map(key_of, (label, *others)) if k in phrases.by_key), None)
        concept = known or Concept("hrassist:skill/" + key_of(label).replace(" ", "-"), label)
        for one in (label, *others):
            phrases.add(one, concept)
    return phrases


@cache
def titles() -> Phrases:
    phrases = Phrases()
    sure: dict[str, float] = {}
    for code, label, *others in _rows("titles.tsv.gz"):
        concept = Concept(ESCO + code if code.startswith("occupation/") else code, label)
        own = _stems(label)
        for one in (label, _singular(label), *others):
            inside = re.search(r"\(([^)]+)\)", one)
            bare = re.sub(r"\s*\([^)]*\)", "", one)
            for written in (bare, inside.group(1)) if inside and len(inside.group(1)) > 3 else (bare,):
                # One title may stand under many occupations: it means the one whose own name says most of it.
                said = _stems(written)
                share = len(said & own) / max(1, len(said)) - 0.01 * len(own)
                key = key_of(written)
                if share > sure.get(key, -9):
                    sure[key] = share
                    phrases.add(written, concept, replace=True)
    return phrases


def _stems(label: str) -> set[str]:
    return {
        word[:6].rstrip("s") for word in key_of(label).split() if len(word) > 2 and word not in ("and", "all", "other")
    }


def _singular(label: str) -> str:
    return re.sub(r"ies$", "y", label) if label.endswith("ies") else label.removesuffix("s")


def find_skills(text: str) -> list[SkillSpan]:
    """The skills a text names, in order, longest label first, with their concepts."""
    return skills().find(text)


@cache
def _near_keys() -> dict[str, tuple[str, ...]]:
    """Skill labels by their first two letters, so that a near match looks at hundreds and not at thousands."""
    groups: dict[str, list[str]] = {}
    for key in skills().by_key:
        if len(key) >= 6:
            groups.setdefault(key[:2], []).append(key)
    return {start: tuple(keys) for start, keys in groups.items()}


def normalise_skill(text: str) -> Concept | None:
    """The concept a written skill means: its exact label or alias, else one near spelling, else none."""
    key = key_of(text)
    if not key:
        return None
    exact = skills().by_key.get(key) or skills().by_key.get(key.replace(".", "").replace("-", " "))
    if exact:
        return exact
    if len(key) < 7 or len(key) > 50 or any(c.isdigit() for c in key):
        return None
    near = process.extractOne(key, _near_keys().get(key[:2], ()), scorer=fuzz.ratio, score_cutoff=NEAR)
    return skills().by_key[near[0]] if near else None


def normalise_title(text: str) -> Concept | None:
    """The occupation a written job title means, or none; rank words and what follows a comma or dash may be dropped."""
    table = titles().by_key
    head = re.split(r"\s+[-–|@(]\s*|,|\bat\b|\(", text)[0]
    for variant in (text, head):
        key = key_of(variant)
        if key in table:
            return table[key]
        words = [SHORT_FORMS.get(word, word) for word in key.split()]
        if " ".join(words) in table:
            return table[" ".join(words)]
        while words and words[0] in RANKS:
            words = words[1:]
        while words and words[-1] in RANKS:
            words = words[:-1]
        if words and " ".join(words) in table:
            return table[" ".join(words)]
        # The longest ending that is a title of its own: "payments platform software engineer" is a software engineer.
        for at in range(1, len(words) - 1):
            if " ".join(words[at:]) in table:
                return table[" ".join(words[at:])]
    return None
