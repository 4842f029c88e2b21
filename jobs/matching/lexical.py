"""Words, stems and BM25 over the candidates of one job."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from copy import copy
from functools import lru_cache

import numpy as np
import numpy.typing as npt

# "c++", "c#", ".net", "node.js", "ci/cd" are words here; a trailing dot is a full stop.
WORD = re.compile(r"\.?[a-z0-9]+(?:[.+#&'’](?=[a-z0-9+#])[a-z0-9]*)*[+#]*")

_STOP = """
a about above after again all also am an and any are as at be because been before being below between both but by can
could did do does doing down during each etc few for from further had has have having he her here hers him his how i if
in into is it its itself me more most my no nor not of off on once only or other our ours out over own same she should
so some such than that the their theirs them then there these they this those through to too under until up upon using
very was we were what when where which while who whom why will with within would you your yours

may must including include includes various well ability able strong excellent good work working years year experience
experienced responsible responsibilities required requirements preferred knowledge skills skill
"""
# The second part is what every job and every resume says.
STOP_WORDS = frozenset(_STOP.split())

_VOWEL = re.compile(r"[aeiouy]")
# Ending and what it becomes; the longest first among those that share a tail.
_ENDING_RULES = """
ational:at izations:iz isations:iz ization:iz isation:iz fulness:ful iveness:iv ousness:ous ically:ic
ations:at ation:at ators:at ator:at ating:at ated:at ates:at ate:at
izing:iz ising:iz izes:iz ises:iz ized:iz ised:iz izer:iz ize:iz ise:iz
ements: ement: ments: ment: ances: ance: ences: ence: ants: ant: ings: ing: ness: edly: ally:al ical:ic
sses:ss ies:y ied:y eer:eer ers: er: ors: or: ions: ion: ed: ly: es: e:
"""
_ENDINGS = [(ending, instead) for ending, _, instead in (rule.partition(":") for rule in _ENDING_RULES.split())]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A light English stem: inflections and common derivations fall together (accounting, accountants → account)."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ies", "ses", "xes", "ches", "shes")):
        word = word[:-1]
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            kept = word.removesuffix(ending)
            # What stays must still be a word: at least three letters with a vowel among them ("string", "user" stay).
            if len(kept) < 3 or not _VOWEL.search(kept):
                continue
            word = kept + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouflsz":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def terms(text: str) -> list[str]:
    """The stems of a text in order, without stop words."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def stems_of(text: str) -> Counter[str]:
    """How often each stem stands in a text: `terms`, counted; each distinct word is looked at once."""
    found: Counter[str] = Counter()
    for word, times in Counter(words(text)).items():
        if word not in STOP_WORDS:
            found[stem(word)] += times
    return found


def words(text: str) -> list[str]:
    return [word.rstrip(".'’") for word in WORD.findall(text.lower())]


class LexicalIndex:
    """The words of a set of documents, counted once and asked many times."""

    def __init__(self, documents: Iterable[str]):
        self._counts = [stems_of(document) for document in documents]
        self._lengths = np.array([count.total() for count in self._counts], dtype=float)
        self._holders: dict[str, list[tuple[int, int]]] = {}
        for at, count in enumerate(self._counts):
            for term, times in count.items():
                self._holders.setdefault(term, []).append((at, times))

    def __len__(self) -> int:
        return len(self._counts)

    def replaced(self, at: int, document: str) -> LexicalIndex:
        """This index with another text in one place."""
        other = copy(self)
        before, now = self._counts[at], stems_of(document)
        other._counts = [*self._counts[:at], now, *self._counts[at + 1 :]]
        other._lengths = self._lengths.copy()
        other._lengths[at] = now.total()
        other._holders = self._holders.copy()
        for term in before.keys() | now.keys():
            rest = [holder for holder in self._holders.get(term, ()) if holder[0] != at]
            rest = sorted([*rest, (at, now[term])]) if now[term] else rest
            if rest:
                other._holders[term] = rest
            else:
                del other._holders[term]
        return other

    def bm25(self, query: Mapping[str, float], *, k1: float, b: float) -> npt.NDArray[np.float64]:
        """Okapi BM25 of each document for weighted stems, rarity counted over these documents (Robertson 2009).

        A word's repetition in a document saturates with `k1`; `b` is how far long documents are held back.
        """
        scores = np.zeros(len(self))
        if not len(self):
            return scores
        held_back = k1 * (1 - b + b * self._lengths / max(float(self._lengths.mean()), 1.0))
        # Sorted: a sum of floats depends on its order.
        for term in sorted(query.keys() & self._holders.keys()):
            where, times = np.array(self._holders[term]).T
            weight = query[term] * self.rarity(term)
            scores[where] += weight * times * (k1 + 1) / (times + held_back[where])
        return scores

    def rarity(self, term: str) -> float:
        """How much a stem tells here: 0 where every document has it, more the fewer have it."""
        having = len(self._holders.get(term, ()))
        return math.log(1 + (len(self) - having + 0.5) / (having + 0.5))
