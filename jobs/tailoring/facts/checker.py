"""Whether a line states only what its evidence states: a number, a date, a name, a skill too many is found here.

The advertisement is never read: what stands in it and not in the resume is unknown to this check, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jobs.tailoring.facts.names import names_in
from jobs.tailoring.facts.normalise import mixed_scripts, plain, readable
from jobs.tailoring.facts.numbers import Number, codes_in
from jobs.tailoring.facts.skeleton import Entry
from jobs.tailoring.facts.source import Facts, Source, facts_of
from jobs.tailoring.facts.words import RAISING

LONGEST_LINE = 600
_RANK = "rank"


class Level(StrEnum):
    """`block`: the line may not stand. `ask`: a person decides."""

    BLOCK = "block"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a line states and its evidence does not: the rule, the words, and a sentence for people."""

    level: Level
    rule: str
    value: str
    message: str

    def as_data(self) -> dict[str, str]:
        return {"level": str(self.level), "rule": self.rule, "value": self.value[:120], "message": self.message[:300]}


def check_line(
    text: str, *, evidence: Sequence[str], source: Source, entry: Entry | None = None, also: str = ""
) -> list[Finding]:
    """Everything in the line that its evidence does not state.

    A line of a job is measured by its own evidence and that job; one without an entry, such as of the summary, by the
    whole resume. `also` is text that may be quoted besides: in a letter the title of the job and who hires.
    """
    if not readable(text):
        return [Finding(Level.BLOCK, "empty", "", "The line is empty.")]
    if len(text) > LONGEST_LINE:
        return [Finding(Level.BLOCK, "too_long", "", f"The line is longer than {LONGEST_LINE} characters.")]
    unknown = [one for one in evidence if one not in source.skeleton.spans]
    if unknown or not evidence:
        return [Finding(Level.BLOCK, "no_evidence", ", ".join(unknown), "It names no line of the resume as evidence.")]
    if entry is not None and any(source.skeleton.entry_of.get(one, entry).id != entry.id for one in evidence):
        return [Finding(Level.BLOCK, "foreign_evidence", "", "Its evidence stands under another job.")]
    scope = source.whole if entry is None else source.scope(evidence, entry)
    found = list(_blocked(text, scope, source, entry, facts_of(also) if also else None))
    return found + list(_asked(text, scope, source, also, {one.value for one in found}))


def check_paper(text: str, *, source: Source, ours: Collection[str] = (), also: str = "") -> list[Finding]:
    """What a finished paper states that the resume does not, and which of its locked facts are missing.

    `ours` are lines that we print ourselves (headings, the label); `also` as in `check_line`.
    """
    own = {plain(line) for line in ours if line}
    quoted = facts_of(also) if also else None
    found: list[Finding] = []
    for line in text.splitlines():
        said = plain(line)
        if said and said not in own:
            found += _blocked(line, source.whole, source, None, quoted)
    return found


def check_heads(text: str, *, source: Source) -> list[Finding]:
    """The locked facts that a finished resume has lost: every employer, title, school and degree has to be there."""
    said = facts_of(text.replace("\f", "\n"))
    parts = [part for entry in source.skeleton.entries for part in (entry.name, entry.position)]
    parts += [part for study in source.skeleton.studies for part in (study.school, study.degree)]
    return [
        Finding(Level.BLOCK, "dropped", part, f"“{part}” of the resume is missing.")
        for part in dict.fromkeys(parts)
        if part and not said.says(part)
    ]


def _blocked(  # noqa: PLR0912  one rule after another is how it is read
    text: str, scope: Facts, source: Source, entry: Entry | None, quoted: Facts | None
) -> Iterator[Finding]:  # fmt: skip
    said = facts_of(text)
    for word in mixed_scripts(text):
        if not scope.says(word):
            yield _block("mixed_script", word, "mixes letters of two alphabets")
    for number in said.numbers:
        if not _has_number(number, scope) and not (quoted and _has_number(number, quoted)):
            yield _block("number", number.written, "is a number that the evidence does not state")
    for code in codes_in(text):
        if not scope.says(code) and not (quoted and quoted.says(code)):
            yield _block("number", code, "does not stand in the evidence")
    for iso, written in said.dates:
        if not _has_date(iso, scope) and not (quoted and _has_date(iso, quoted)):
            yield _block("date", written, "is a date that the evidence does not state")
    for level in said.degrees - source.whole.degrees:
        yield _block("degree", level, "is a degree that the resume does not state")
    for credential in said.credentials:
        if not source.whole.has_credential(credential):
            yield _block("credential", credential, "is a credential that the resume does not state")
    for url in said.urls - source.whole.urls:
        if not source.whole.says(url) and not _is_skill(url, source.whole):
            yield _block("url", url, "is an address that the resume does not have")
    for email in said.emails - source.whole.emails:
        yield _block("email", email, "is an address that the resume does not have")
    for skill in said.skills:
        stated = skill.concept in source.whole.concepts or _worded(skill.written, source.whole)
        if not stated and not (quoted and quoted.says(skill.written)):
            yield _block("skill", skill.written, "is a skill that the resume does not state")
    for word in sorted(said.words & RAISING[_RANK]):
        if word not in source.whole.words and not (quoted and word in quoted.words):
            yield _block("title", word, "is a rank that the resume does not state")
    yield from _employers(text, scope, source, entry, quoted)


def _employers(
    text: str, scope: Facts, source: Source, entry: Entry | None, quoted: Facts | None
) -> Iterator[Finding]:  # fmt: skip
    for employer, of in source.employers.items():
        if entry is not None and of.id != entry.id and facts_of(text).says(employer) and not scope.says(employer):
            yield _block("employer", employer, "employed the person in another job")
    for name in names_in(text):
        if name.employer and not _known(name.text, source.whole) and not (quoted and _known(name.text, quoted)):
            yield _block("employer", name.text, "is a name that the resume does not have")


def _asked(text: str, scope: Facts, source: Source, also: str, blocked: set[str]) -> Iterator[Finding]:
    said, quoted = facts_of(text), facts_of(also) if also else None
    for name in names_in(text):
        known = _known(name.text, source.whole) or (quoted is not None and _known(name.text, quoted))
        if not known and not name.employer and name.text not in blocked and not _is_skill(name.text, said):
            yield _ask("name", name.text, "is a name that the resume does not have")
    known_kinds = dict(scope.raising)
    for kind, word in said.raising:
        if kind != _RANK and kind not in known_kinds:
            yield _ask(kind, word, "says more of the person's part than the evidence does")
    for skill in said.skills:
        in_scope = skill.concept in scope.concepts or _worded(skill.written, scope)
        in_whole = skill.concept in source.whole.concepts or _worded(skill.written, source.whole)
        if in_whole and not in_scope:
            yield _ask("skill_moved", skill.written, "is stated elsewhere in the resume, not for this work")


def _block(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.BLOCK, rule, value, f"“{value}” {why}.")


def _ask(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.ASK, rule, value, f"“{value}” {why}.")


def _has_number(claim: Number, scope: Facts) -> bool:
    if any(_supports(known, claim) for known in scope.numbers):
        return True
    # A year may stand as a bare number: 2000 of one, 2,000 of the other.
    bare = claim.unit == "" and claim.value == claim.value.to_integral_value()
    return bare and any(iso[:4] == f"{int(claim.value):04d}" for iso, _ in scope.dates)


def _supports(known: Number, claim: Number) -> bool:
    if claim.unit == "vague":
        return (known.value >= 2 * claim.value and known.unit in ("", "vague")) or (known.unit == "vague" == claim.unit and known.value == claim.value)  # fmt: skip  # noqa: E501
    if {known.unit, claim.unit} == {"x", "%"}:
        # Halved is by 50 percent.
        half = {known.value, claim.value} == {Decimal("0.5"), Decimal(50)}
        return half and (known.more or not claim.more)
    if known.value != claim.value or (claim.more and not known.more):
        return False
    return known.unit == claim.unit or (claim.unit == "" and known.unit not in ("%", "x", "vague"))


def _has_date(iso: str, scope: Facts) -> bool:
    if any(known == iso or known[:4] == iso for known, _ in scope.dates):
        return True
    return len(iso) == 4 and any(number.value == int(iso) for number in scope.numbers)


def _worded(phrase: str, scope: Facts) -> bool:
    """Whether all words of a phrase stand in the text: skills that are everyday words may stand in another order."""
    words = [word for word in re.split(r"[\s/-]+", plain(phrase)) if word]
    return bool(words) and all(word in scope.words or _stem(word) in _stems(scope) for word in words)


def _known(name: str, scope: Facts) -> bool:
    if scope.says(name):
        return True
    words = [word.strip(".,'") for word in re.split(r"[\s/]+", plain(name)) if word]
    return bool(words) and all(word in scope.words or word.removesuffix("'s") in scope.words for word in words)


def _is_skill(name: str, said: Facts) -> bool:
    return any(plain(name) in plain(skill.written) or plain(skill.written) == plain(name) for skill in said.skills)


def _stem(word: str) -> str:
    for end in (
        "ations",
        "ation",
        "ated",
        "ating",
        "ates",
        "ate",
        "ings",
        "ing",
        "ers",
        "ments",
        "ment",
        "ies",
        "ed",
        "er",
        "es",
        "s",
        "y",
        "e",
    ):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word.removesuffix(end).removesuffix("e")
    return word


def _stems(scope: Facts) -> frozenset[str]:
    return frozenset(_stem(word) for word in scope.words)
