"""Whose part something was: helped, did, led. A line may not climb above its evidence without a question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.tailoring.facts.findings import Finding, ask
from jobs.tailoring.facts.normalise import alike, plain, stem
from jobs.tailoring.facts.patterns import patterns, whole_words
from jobs.tailoring.facts.source import Facts
from jobs.tailoring.facts.titles import IMPLIES, Raised, raised_in
from jobs.tailoring.facts.words import lines, words

_MORE = "says more of the person's part than the evidence does"
_SMALL = words("small_words") | words("whole_of_it")
_ANSWERING = patterns("answering")
_HELPING, _SHARED = (whole_words(lines("rungs")[name]) for name in ("helping", "shared"))
# Where one statement ends and the next begins; the text between two such marks is a clause.
_CLAUSE = re.compile(r"[.,;:|()]|\s(?:and|und|et|y|e)\s")
_LETTERS = re.compile(r"[^\W\d_]{3,}")


def parts_asked(text: str, scope: Facts, evidence: Sequence[str]) -> Iterator[Finding]:
    """Words that say more of somebody's part in something than the evidence does.

    Each has to be answered for by a word of its kind or above, be said of something that the evidence names, and have
    an answer of its own: who led a team has not also founded the branch.
    """
    claims = raised_in(text)
    answers = _Answers.of(scope, text)
    told = [one for one in claims if not answers.for_kind(one.kind) or not _is_of(one, text, claims, scope)]
    spans = _apart(claims)
    if not told and len(spans) > answers.count:
        told = [next((one for one in reversed(spans) if not scope.says(one.written)), spans[-1])]
    for kind, written in dict.fromkeys((one.kind, one.written) for one in told):
        yield ask(kind, written, _MORE)
    yield from _helped(text, evidence)


@dataclass(frozen=True)
class _Answers:
    """What in the evidence answers for parts: its own parts, and words for less that the line has replaced."""

    kinds: frozenset[str]
    replaced: dict[str, set[str]]
    count: int

    @classmethod
    def of(cls, scope: Facts, text: str) -> _Answers:
        own = raised_in(scope.text)
        kept = {stem(word) for word in _LETTERS.findall(plain(text))}
        # A word that the line still has was not replaced by another.
        replaced = {
            kind: {one.group() for one in pattern.finditer(scope.plain) if stem(one.group().split()[0]) not in kept}
            for kind, pattern in _ANSWERING.items()
        }
        return cls(
            frozenset(one.kind for one in own), replaced, len(_apart(own)) + len(set().union(*replaced.values()))
        )

    def for_kind(self, kind: str) -> bool:
        return bool(self.kinds & {kind, *IMPLIES.get(kind, ())} or self.replaced.get(kind))


def _apart(parts: Sequence[Raised]) -> list[Raised]:
    """Of parts that overlap in the text, the first."""
    found: list[Raised] = []
    for one in sorted(parts, key=lambda part: part.start):
        if not found or one.start >= found[-1].start + len(found[-1].written):
            found.append(one)
    return found


def _is_of(one: Raised, text: str, claims: Sequence[Raised], scope: Facts) -> bool:
    """Whether the clause that a part is said in names something that the evidence names."""
    said = plain(text)
    marks = [0, *(at for match in _CLAUSE.finditer(said) for at in match.span()), len(said)]
    start = max(at for at in marks if at <= one.start)
    end = min(at for at in marks if at >= one.start + len(one.written))
    clause = said[start:end]
    for other in claims:
        clause = re.sub(rf"(?<![^\W_]){re.escape(other.written)}(?![^\W_])", " ", clause)
    told = [word for word in _LETTERS.findall(clause) if word not in _SMALL]
    return not told or any(alike(word, known) for word in told for known in scope.words)


def _helped(text: str, evidence: Sequence[str]) -> Iterator[Finding]:
    """A line that does what its evidence says that the person helped with."""
    said = plain(text)
    if _SHARED.search(said) or _HELPING.search(said):
        return
    own = [word for word in _LETTERS.findall(said) if word not in _SMALL]
    others = [word for line in evidence if not _HELPING.search(plain(line)) for word in _LETTERS.findall(plain(line))]
    for line in evidence:
        match = _HELPING.search(plain(line))
        of = _LETTERS.findall(plain(line))
        rests = [word for word in own if any(alike(word, known) for known in of)]
        if match and (not others or any(not any(alike(word, known) for known in others) for word in rests)):
            yield ask("helped", match.group(), "is the person's part in the evidence, and the line says more")
            return
