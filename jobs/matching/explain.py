"""Per requirement the passage of the resume that speaks for it, or the plain statement that there is none."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from candidates.actions.reading import MASK
from hrassist.lib.embeddings import Embedder
from jobs.matching.lexical import STOP_WORDS, WORD, stem, terms
from jobs.matching.sentences import Passage, passages
from jobs.matching.types import Criterion, Evidence, Need, ResumeSource, Strength
from jobs.matching.weights import EvidenceRules

# A named skill says more about a requirement than the words around it.
SKILL_WEIGHT = 1.5
WORD_BESIDE_SKILL = 1.0
# Per requirement, the most passages of a resume that are worth a second look.
LOOKED_AT = 3
# Less of a requirement than this is not looked at twice: of 760 such passages of real resumes 5 turned out evidence.
LEAST_IN_DOUBT = 0.4
DENIED_WORDS = 4
# Work history goes before a mention that says a little more, not before one that says much more.
WORTH_OF_WORK = 0.15

_EITHER = re.compile(r"\b(?:or|such as|e\.?g\.?|like|for example|any of|at least one)\b|/", re.IGNORECASE)
_EXAMPLES = re.compile(r"\b(?:such as|e\.?g\.?|like|for example)\b", re.IGNORECASE)
# Marks a word that stands in a name: "networks" of "Ironbridge Networks" is no skill; "hospital" of one may count.
IN_A_NAME = "~"
_DENIAL = re.compile(
    r"\b(?:no|not|never|without|lack|lacks|lacking|don['’]t|didn['’]t|haven['’]t)\b(?! only)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Ask:
    """A requirement as what must be found: weighed parts, each with alternatives of marks that go together."""

    criterion: Criterion
    groups: tuple[tuple[float, frozenset[frozenset[str]]], ...]

    @cached_property
    def total(self) -> float:
        return sum(weight for weight, _ in self.groups)

    @cached_property
    def marks(self) -> frozenset[str]:
        return frozenset(mark for _, any_of in self.groups for one in any_of for mark in one)

    def share(self, marks: frozenset[str]) -> float:
        """How much of the requirement these stems and concepts carry, 0 to 1."""
        if not self.groups:
            return 0.0
        return sum(weight for weight, any_of in self.groups if any(one <= marks for one in any_of)) / self.total


@dataclass(frozen=True)
class _Place:
    """A passage with what it says: stems and skill concepts, without what it denies."""

    passage: Passage
    marks: frozenset[str]
    at_work: bool

    @property
    def told(self) -> str:
        """The passage without its masked characters: each would be a token that means nothing."""
        return " ".join(self.passage.text.replace(MASK, " ").split())


@dataclass(frozen=True)
class _Doubt:
    """A passage that carries part of a requirement literally; its meaning decides."""

    resume: int
    criterion: int
    place: _Place
    share: float


def explain(
    criteria: Sequence[Criterion], resumes: Sequence[ResumeSource], *, embedder: Embedder, rules: EvidenceRules
) -> list[list[Evidence]]:
    """For each resume one Evidence per criterion, in order.

    A passage that carries `rules.literal` of a requirement in words or skills is evidence; one that carries a part is
    when likeness of meaning plus half of that part reaches `rules.together`. Nothing in common: no evidence found.
    Work history goes before a bare mention. Only the doubtful passages are embedded, at most `rules.passages` a resume.
    """
    asks = [_ask(one) for one in criteria]
    found: list[list[tuple[_Place, float] | None]] = []
    doubts: list[_Doubt] = []
    for number, resume in enumerate(resumes):
        places = _places(resume)
        concepts = {concept for *_, concept in resume.skills}
        skilled = frozenset().union(*(place.marks & concepts for place in places))
        row: list[tuple[_Place, float] | None] = []
        doubtful: list[_Doubt] = []
        for at, ask in enumerate(asks):
            # Most passages share nothing with a requirement; finding that out first is a third of the work.
            near = [place for place in places if not ask.marks.isdisjoint(place.marks)]
            shares = [(place, share) for place in near if (share := ask.share(place.marks)) > 0]
            # Skills may stand in several passages, and the best of these is shown; mere words must stand in one.
            clear = [hit for hit in shares if ask.share(hit[0].marks | skilled) >= rules.literal]
            row.append(max(clear, key=_preference) if clear else None)
            if not clear:
                half = [hit for hit in shares if hit[1] >= LEAST_IN_DOUBT]
                best = sorted(half, key=_preference, reverse=True)[:LOOKED_AT]
                doubtful += [_Doubt(number, at, place, share) for place, share in best]
        doubtful.sort(key=lambda doubt: (criteria[doubt.criterion].need is not Need.MUST, -doubt.share))
        doubts += doubtful[: rules.passages]
        found.append(row)
    _settle(found, doubts, asks, embedder=embedder, rules=rules)
    return [
        [_evidence(at, hit, resume) for at, hit in enumerate(row)] for row, resume in zip(found, resumes, strict=True)
    ]


def covered(criteria: Sequence[Criterion], evidence: Iterable[Evidence]) -> tuple[int, int]:
    """How many must-haves have evidence, and how many there are."""
    musts = {at for at, one in enumerate(criteria) if one.need is Need.MUST}
    return sum(one.criterion in musts and one.strength is not Strength.NONE for one in evidence), len(musts)


def _settle(
    found: list[list[tuple[_Place, float] | None]],
    doubts: Sequence[_Doubt],
    asks: Sequence[_Ask],
    *,
    embedder: Embedder,
    rules: EvidenceRules,
) -> None:
    if not doubts:
        return
    # One passage may be doubtful for several requirements and stand in several resumes: embedded once.
    texts = list(dict.fromkeys(doubt.place.told for doubt in doubts))
    rows = dict(zip(texts, embedder.embed(texts), strict=True))
    wanted = embedder.embed([ask.criterion.text for ask in asks])
    for doubt in doubts:
        meaning = float(rows[doubt.place.told] @ wanted[doubt.criterion])
        support = meaning + doubt.share / 2
        known = found[doubt.resume][doubt.criterion]
        if support >= rules.together and (known is None or _preference((doubt.place, support)) > _preference(known)):
            found[doubt.resume][doubt.criterion] = (doubt.place, min(support, 1.0))


def _preference(hit: tuple[_Place, float]) -> tuple[float, int, int]:
    place, support = hit
    return round(support + WORTH_OF_WORK * place.at_work, 6), -len(place.passage.text), -place.passage.start


def _evidence(criterion: int, hit: tuple[_Place, float] | None, resume: ResumeSource) -> Evidence:
    if hit is None:
        return Evidence(criterion, Strength.NONE)
    place, support = hit
    start, end = place.passage.start, place.passage.end
    return Evidence(
        criterion=criterion,
        strength=Strength.STRONG if place.at_work else Strength.MENTIONED,
        support=round(support, 4),
        quote=resume.text[start:end],
        page=resume.page_at(start),
        start=start,
        end=end,
    )


def _ask(criterion: Criterion) -> _Ask:
    written = " ".join(skill.written for skill in criterion.skills)
    # The words of a skill count as the skill: the parser of the resume may have passed over it.
    skills = [
        frozenset({frozenset({skill.concept}), frozenset(terms(skill.written)) or frozenset({skill.concept})})
        for skill in criterion.skills
    ]
    if skills and _EITHER.search(criterion.text):
        skills = [frozenset().union(*skills)]
    words = {word for word in terms(criterion.text) if not word[0].isdigit()} - set(terms(written))
    if skills and (examples := _EXAMPLES.search(criterion.text)):
        # "A ticketing system such as Zendesk or Jira": an example is enough, and so is the kind by itself.
        kind = words & set(terms(criterion.text[: examples.start()]))
        skills = [skills[0] | {frozenset(kind)}] if kind else skills
        words -= kind
    # Without a named skill the words are all there is, and count in full.
    weight = WORD_BESIDE_SKILL if skills else 1.0
    return _Ask(
        criterion,
        tuple((SKILL_WEIGHT, one) for one in skills)
        + tuple((weight, frozenset({frozenset({word}), frozenset({IN_A_NAME + word})})) for word in sorted(words)),
    )


def _places(resume: ResumeSource) -> list[_Place]:
    found = []
    skills = sorted(resume.skills)
    for passage in passages(resume.masked):
        first, last = (bisect_left(skills, (at,)) for at in (passage.start, passage.end))
        inside = [one for one in skills[first:last] if one[1] <= passage.end]
        marks = _said(passage.text, [(start - passage.start, concept) for start, _, concept in inside])
        named = [one for one in resume.names if one[0] < passage.end and passage.start < one[1]]
        if named:
            marks = _apart_from_names(passage, marks, named)
        at_work = any(start <= passage.start < end for start, end in resume.experience)
        found.append(_Place(passage, marks, at_work))
    return found


def _apart_from_names(passage: Passage, marks: frozenset[str], names: Sequence[tuple[int, int]]) -> frozenset[str]:
    """The marks with those words set apart that stand only in the name of an employer, a school or a place."""
    text, inside = passage.text, []
    for start, end in names:
        first, last = max(start - passage.start, 0), min(end, passage.end) - passage.start
        inside += terms(text[first:last])
        text = text[:first] + " " * (last - first) + text[last:]
    only = set(inside) - set(terms(text))
    return marks - only | {IN_A_NAME + word for word in only & marks}


def _said(text: str, skills: Sequence[tuple[int, str]]) -> frozenset[str]:
    """Stems and concepts of a passage; "no experience with Java" does not speak for Java."""
    denials = list(_DENIAL.finditer(text))
    if not denials:
        return frozenset(terms(text)).union(concept for _, concept in skills)
    spoken = list(WORD.finditer(text.lower()))
    denied: list[tuple[int, int]] = []
    for denial in denials:
        after = [word for word in spoken if word.start() >= denial.end()][:DENIED_WORDS]
        denied.append((denial.start(), after[-1].end() if after else denial.end()))

    def stands(at: int) -> bool:
        return not any(start <= at < end for start, end in denied)

    words = (word for word in spoken if stands(word.start()))
    stems = {stem(one) for word in words if (one := word.group().rstrip(".'’")) not in STOP_WORDS}
    return frozenset(stems | {concept for at, concept in skills if stands(at)})
