"""Whether the evidence that a ranking shows is what it stands on: take it out of the resume, and look again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import numpy.typing as npt

from candidates.actions.reading import MASK, ReadResume, read_text
from hrassist.lib.embeddings import Embedder, Vectors
from jobs.matching.criteria import criteria_of
from jobs.matching.explain import explain
from jobs.matching.lexical import LexicalIndex, terms
from jobs.matching.offline import JobLine
from jobs.matching.rank import standardised
from jobs.matching.retrieve import NAMES
from jobs.matching.types import Evidence, JobQuery, ResumeSource, Strength
from jobs.matching.weights import Weights

# Each pair of a job and a resume costs about 0.3 s on one core.
PAIRS = 60
BEST = 10
SEED = 1
# Stands where a word was: a shorter text alone would raise BM25.
NO_WORD = "qqq"
# Below this two scores are equal up to the sums of floats.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What taking evidence away did, over a seeded sample of jobs and resumes among their ten best.

    `shown` requirements had evidence. Its quote is blanked in the resume, nothing else moves, and the resume is looked
    at again. `weaker`: the share of requirements whose support or strength fell by that; a resume that says the same
    twice keeps what it says. `gone`: the share that ended as "no evidence found" once each passage quoted in its place
    was blanked too; anything below 1 is support without ground. `quotes_lower` and `all_lower`: the share of the
    `pairs` whose score fell without the quotes of all requirements, and without all passages that could take their
    place. The score is made of the head's vector and all words, not of the evidence, so neither is so by construction.
    """

    pairs: int
    shown: int
    weaker: float
    gone: float
    quotes_lower: float
    all_lower: float

    def lines(self) -> list[str]:
        return [
            f"Faithfulness: {self.pairs} of the ten best places, {self.shown} requirements with evidence",
            f"  its quote taken out: supported less {self.weaker:.1%}",
            f"  whatever is quoted in its place taken out too: no evidence found {self.gone:.1%}",
            f"  score lower without the quotes {self.quotes_lower:.1%}, without all of these {self.all_lower:.1%}",
        ]


@dataclass(frozen=True)
class Ranked:
    """A ranking as it was measured: queries by job, rows and words by resume, all in the order of their files."""

    jobs: Sequence[JobLine]
    queries: Sequence[JobQuery]
    texts: Sequence[str]
    vectors: Vectors
    words: LexicalIndex

    def scores(self, job: int, *, weights: Weights) -> npt.NDArray[np.float64]:
        query = self.queries[job]
        bm25 = self.words.bm25(query.terms, k1=weights.bm25.k1, b=weights.bm25.b)
        return standardised(self.vectors @ query.vector) + weights.score.lexical * standardised(bm25)

    def without(self, at: int, *, masked: str, vector: Vectors) -> Ranked:
        vectors = self.vectors.copy()
        vectors[at] = vector
        return replace(self, vectors=vectors, words=self.words.replaced(at, masked))


def measure(ranked: Ranked, *, embedder: Embedder, weights: Weights, pairs: int = PAIRS) -> Faithfulness:
    """Take the evidence out of up to `pairs` resumes, one of the ten best of a job each."""
    random = Random(SEED)  # noqa: S311 - a repeatable sample, no secret
    chosen = [(job, place) for job in range(len(ranked.jobs)) for place in range(min(BEST, len(ranked.texts)))]
    random.shuffle(chosen)
    weaker: list[bool] = []
    gone: list[bool] = []
    lower: list[tuple[bool, bool]] = []
    for job, place in chosen:
        if len(lower) == pairs:
            break
        scores = ranked.scores(job, weights=weights)
        at = int(np.argsort(-scores, kind="stable")[place])
        look = _looker(ranked.jobs[job], embedder=embedder, weights=weights)
        read = read_text(ranked.texts[at])
        source = _source(read)
        shown = _found(look(source))
        for one in shown:
            again = look(_blanked(source, [one]))[one.criterion]
            weaker.append(_weight(again) < _weight(one))
        every, left = _all_found(shown, source, look)
        gone += [one.criterion not in left for one in shown]
        if shown:
            changes = []
            for quotes in (shown, every):
                vector = embedder.embed([_head_without(quotes, read)])[0]
                other = ranked.without(at, masked=_silenced(read.masked_text, quotes), vector=vector)
                changes.append(float(other.scores(job, weights=weights)[at] - scores[at]))
            lower.append((changes[0] < -SAME, changes[1] < -SAME))
    return Faithfulness(
        pairs=len(lower),
        shown=len(weaker),
        weaker=_share(weaker),
        gone=_share(gone),
        quotes_lower=_share([quotes for quotes, _ in lower]),
        all_lower=_share([every for _, every in lower]),
    )


Look = Callable[[ResumeSource], list[Evidence]]


def _looker(line: JobLine, *, embedder: Embedder, weights: Weights) -> Look:
    criteria = criteria_of(line.job)
    return lambda source: explain(criteria, [source], embedder=embedder, rules=weights.evidence)[0]


def _found(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [one for one in evidence if one.strength is not Strength.NONE]


def _all_found(shown: Sequence[Evidence], source: ResumeSource, look: Look) -> tuple[list[Evidence], set[int]]:
    """Whatever is quoted, quote after quote taken out, and the requirements for which that has no end."""
    every, now = list(shown), list(shown)
    seen = {(one.start, one.end) for one in shown}
    while now:
        source = _blanked(source, now)
        now = _found(look(source))
        if any((one.start, one.end) in seen for one in now):
            return every, {one.criterion for one in now}
        every += now
        seen |= {(one.start, one.end) for one in now}
    return every, set()


def _head_without(quotes: Sequence[Evidence], read: ReadResume) -> str:
    head = read.head
    for one in quotes:
        told = " ".join(read.masked_text[one.start : one.end].replace(MASK, " ").split())
        head = head.replace(told, " ") if told else head
    return head


def _silenced(masked: str, quotes: Sequence[Evidence]) -> str:
    for start, end in sorted({(one.start or 0, one.end or 0) for one in quotes}, reverse=True):
        masked = masked[:start] + " ".join([NO_WORD] * len(terms(masked[start:end]))) + masked[end:]
    return masked


def _weight(one: Evidence) -> tuple[float, float]:
    """More of either is more: work history before a mention, then support."""
    return {Strength.NONE: 0.0, Strength.MENTIONED: 1.0, Strength.STRONG: 2.0}[one.strength], one.support


def _blanked(source: ResumeSource, quotes: Sequence[Evidence]) -> ResumeSource:
    """The same resume with blanks for the quotes, so that every other offset stays right."""
    text, masked = source.text, source.masked
    gone = [(one.start, one.end) for one in quotes if one.start is not None and one.end is not None]
    for start, end in gone:
        text = text[:start] + _blanks(text[start:end]) + text[end:]
        masked = masked[:start] + _blanks(masked[start:end]) + masked[end:]
    skills = tuple(one for one in source.skills if not any(start <= one[0] < end for start, end in gone))
    return replace(source, text=text, masked=masked, skills=skills)


def _blanks(text: str) -> str:
    return "".join(sign if sign in "\n\f" else " " for sign in text)


def _source(read: ReadResume) -> ResumeSource:
    return ResumeSource(
        text=read.document.text,
        masked=read.masked_text,
        experience=tuple((one.start, one.end) for one in read.parsed.sections if one.kind == "experience"),
        skills=tuple(
            (one.start, one.end, one.concept)
            for one in read.parsed.fields
            if one.label.value == "SKILL" and one.concept
        ),
        names=tuple((one.start, one.end) for one in read.parsed.fields if one.label.value in NAMES),
    )


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
