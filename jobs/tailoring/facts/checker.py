"""Whether a line states only what its evidence states: a number, a date, a name, a skill too many is found here.

The advertisement is never read: what stands in it and not in the resume is unknown to this check, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jobs.tailoring.facts.amounts import codes_in, same
from jobs.tailoring.facts.names import names_in, raising_in
from jobs.tailoring.facts.normalise import mixed_scripts, plain, readable, stem
from jobs.tailoring.facts.numbers import Number
from jobs.tailoring.facts.skeleton import Entry
from jobs.tailoring.facts.source import Facts, Source, facts_of
from jobs.tailoring.facts.words import PEOPLES, RAISING, words

LONGEST_LINE = 600
_RANK = "rank"
_EVERYDAY, _AMBIGUOUS, _OPENERS = words("everyday_skills"), words("ambiguous_skills"), words("openers")
# A head office is no head, and a senior citizen no rank.
_NO_RANK = re.compile(
    r"\b(?:head (?:office|count|quarters)|senior (?:citizens?|residents?|patients?|living)"
    r"|executive (?:board|summar(?:y|ies)|committee)|principal (?:residences?|amount))\b"
)


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

    A line of a job is measured by its own evidence and the head of that job. One without an entry, of the summary or of
    a letter, is blocked for what the whole resume does not state, and a person is asked where it states something for
    another job than those of its evidence. `also` is text that may be quoted besides: in a letter the title of the job
    and who hires.
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
    scope, quoted = source.scope(evidence, entry), facts_of(also) if also else None
    found = list(_blocked(text, source.whole if entry is None else scope, source, entry, quoted))
    known = {one.value for one in found}
    # What the person is and knows is of no job, and may be said of all of them.
    wide = facts_of(f"{scope.text}\n|\n{source.personal}") if entry is None else scope
    asked = [*_asked(text, wide, source, quoted, known), *_title_moved(text, wide, source, quoted)]
    if entry is None:
        asked += _moved(text, evidence, source, quoted, known)
    return found + list(dict.fromkeys(asked))


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
    """The locked facts that a finished resume has lost or put together wrongly.

    Every employer, title, school and degree has to be there, no job with the dates of another one, and each degree with
    its school.
    """
    said = facts_of(text.replace("\f", "\n"))
    parts = [part for entry in source.skeleton.entries for part in (entry.name, entry.position)]
    parts += [part for study in source.skeleton.studies for part in (study.school, study.degree)]
    dropped = [
        Finding(Level.BLOCK, "dropped", part, f"“{part}” of the resume is missing.")
        for part in dict.fromkeys(parts)
        if part and not said.says(part)
    ]
    return dropped or list(_parted(text, source))


def _parted(text: str, source: Source) -> Iterator[Finding]:
    lines = [facts_of(line) for line in text.replace("\f", "\n").splitlines() if line.strip()]

    def around(*parts: str) -> list[Facts]:
        """What stands about each line that says the first part, where the others stand there too."""
        near = [facts_of("\n|\n".join(one.text for one in lines[max(0, at - 1) : at + 3]))
                for at, line in enumerate(lines) if line.says(parts[0])]  # fmt: skip
        return [one for one in near if all(one.says(part) for part in parts[1:])]

    every = {one for entry in source.skeleton.work for one in (entry.start, entry.end) if one}
    for entry in source.skeleton.work:
        head = [part for part in (entry.name, entry.position) if part]
        near = around(*head) if head else []
        if head and not near:
            yield _block("parted", " | ".join(head), "do not stand together as in the resume")
        own = {one for one in (entry.start, entry.end) if one}
        seen = [{iso for iso, _ in one.dates} for one in near]
        if own and near and all(not _has_any(own, dates) and dates & (every - own) for dates in seen):
            yield _block("parted", head[0], "has the dates of another job")
    for study in source.skeleton.studies:
        if study.school and study.degree and not around(study.school, study.degree):
            yield _block("parted", study.degree, "does not stand with its school")


def _has_any(wanted: Collection[str], dates: Collection[str]) -> bool:
    """Whether one of the dates stands there, if only by its year."""
    return any(one in dates or one[:4] in dates for one in wanted)


def _blocked(  # noqa: PLR0912  one rule after another is how it is read
    text: str, scope: Facts, source: Source, entry: Entry | None, quoted: Facts | None
) -> Iterator[Finding]:  # fmt: skip
    said = facts_of(text)
    for word in mixed_scripts(text):
        if not scope.says(word):
            yield _block("mixed_script", word, "mixes letters of two alphabets")
    for number in said.numbers:
        if _has_number(number, scope) or (quoted and _has_number(number, quoted)) or _counts_list(number, text):
            continue
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
        if (
            not stated
            and not (quoted and quoted.says(skill.written))
            and not _is_everyday(skill.written, text, source.whole)
        ):
            yield _block("skill", skill.written, "is a skill that the resume does not state")
    for word in sorted(said.words & RAISING[_RANK]):
        known = word in source.whole.words or (quoted is not None and word in quoted.words)
        if not known and not _NO_RANK.search(said.plain):
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


def _asked(
    text: str, scope: Facts, source: Source, quoted: Facts | None, blocked: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    said = facts_of(text)
    for name in names_in(text):
        known = _known(name.text, source.whole) or (quoted is not None and _known(name.text, quoted))
        if not known and not name.employer and name.text not in blocked and not _is_skill(name.text, said):
            yield _ask("name", name.text, "is a name that the resume does not have")
    known_kinds = dict(scope.raising)
    for kind, word in raising_in(text, but=quoted.words if quoted else ()).items():
        if kind != _RANK and kind not in known_kinds:
            yield _ask(kind, word, "says more of the person's part than the evidence does")
    for skill in said.skills:
        in_scope = skill.concept in scope.concepts or _worded(skill.written, scope)
        in_whole = skill.concept in source.whole.concepts or _worded(skill.written, source.whole)
        if not in_whole and _names_work(plain(skill.written)) and skill.written not in blocked:
            yield _ask("skill", skill.written, "is no word of the resume")
        if in_whole and not in_scope:
            yield _ask("skill_moved", skill.written, _ELSEWHERE)


_ELSEWHERE = "is stated elsewhere in the resume, not for this work"
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def _moved(
    text: str, evidence: Sequence[str], source: Source, quoted: Facts | None, blocked: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    """What the resume states for another job than those that the evidence stands under."""
    named = {of.id for key in evidence if (of := source.skeleton.entry_of.get(key))}
    for sentence in _SENTENCE.split(readable(text)):
        said = facts_of(sentence)
        here = [
            (name, ids)
            for name, ids in source.employed_by.items()
            if said.says(name) and not (quoted and quoted.says(name))
        ]
        scope = source.scope(evidence, None)
        for name, ids in here:
            if not ids & named and not scope.says(name):
                yield _ask("employer_moved", name, _ELSEWHERE)
        if here:
            # Of a sentence that names who employed, a date of somebody else's job is not one of this.
            scope = source.scope(evidence, None, only=frozenset().union(*(ids for _, ids in here)))
        for number in said.numbers:
            if number.written in blocked or _counts_list(number, sentence):
                continue
            if not _has_number(number, scope) and not (quoted and _has_number(number, quoted)):
                yield _ask("number_moved", number.written, _ELSEWHERE)
        for iso, written in said.dates:
            if written not in blocked and not _has_date(iso, scope) and not (quoted and _has_date(iso, quoted)):
                yield _ask("date_moved", written, _ELSEWHERE)


def _title_moved(text: str, scope: Facts, source: Source, quoted: Facts | None) -> Iterator[Finding]:
    said = facts_of(text)
    for title in dict.fromkeys(entry.position for entry in source.skeleton.work):
        # A single word, such as teacher, names a trade more often than a title.
        if " " in title and said.says(title) and not scope.says(title) and not (quoted and quoted.says(title)):
            yield _ask("title_moved", title, _ELSEWHERE)


def _block(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.BLOCK, rule, value, f"“{value}” {why}.")


def _ask(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.ASK, rule, value, f"“{value}” {why}.")


def _has_number(claim: Number, scope: Facts) -> bool:
    if any(_supports(known, claim) for known in scope.numbers):
        return True
    if not claim.more and any(same(known, claim) for known in scope.implied):
        return True
    # One of something is "a" of it.
    if claim.value == 1 and claim.unit == "" and not claim.more:
        return True
    # A year may stand as a bare number: 2000 of one, 2,000 of the other.
    bare = claim.unit == "" and claim.value == claim.value.to_integral_value()
    return bare and any(iso[:4] == f"{int(claim.value):04d}" for iso, _ in scope.dates)


def _counts_list(claim: Number, text: str) -> bool:
    """Whether a number says how many things are named after it: three languages: Dutch, English, German."""
    listed = re.search(rf"{re.escape(claim.written)}\s[^:.;]{{1,40}}:\s*([^:.;]+)", plain(text))
    if listed is None or claim.unit:
        return False
    return len(re.split(r",\s*|\s+and\s+", listed[1].strip())) == claim.value


def _supports(known: Number, claim: Number) -> bool:
    if claim.unit == "vague":
        if known.unit == "vague":
            return known.value == claim.value
        return known.unit == "" and known.value >= 2 * claim.value
    if {known.unit, claim.unit} == {"x", "%"}:
        # Halved is by 50 percent.
        half = {known.value, claim.value} == {Decimal("0.5"), Decimal(50)}
        return half and (known.more or not claim.more)
    if claim.more and not known.more:
        return False
    if same(known, claim):
        return True
    return known.value == claim.value and claim.unit == "" and known.unit not in ("%", "x", "vague")


def _has_date(iso: str, scope: Facts) -> bool:
    if any(known == iso or known[:4] == iso for known, _ in scope.dates):
        return True
    return len(iso) == 4 and any(number.value == int(iso) for number in scope.numbers)


def _worded(phrase: str, scope: Facts) -> bool:
    """Whether all words of a phrase stand in the text: skills that are everyday words may stand in another order."""
    words = [word for word in re.split(r"[\s/-]+", plain(phrase)) if word]
    return bool(words) and all(word in scope.words or stem(word) in scope.stems for word in words)


def _known(name: str, scope: Facts) -> bool:
    """Whether a name stands in the text, in whatever form: its words in another order, its initials, its people."""
    if scope.says(name):
        return True
    words = [word.strip(".,'-") for word in re.split(r"[\s/]+", readable(name)) if word.strip(".,'-")]
    if len(words) > 1 and "".join(word[0] for word in words).casefold() in scope.words:
        return True
    return bool(words) and all(_known_word(word, scope) for word in words)


def _known_word(word: str, scope: Facts) -> bool:
    small = word.casefold().removesuffix("'s").removesuffix("'")
    if small in scope.words or stem(small) in scope.stems:
        return True
    parts = [part for part in re.split(r"[-&]", small) if part]
    if len(parts) > 1 and all(part in _OPENERS or _known_word(part, scope) for part in parts):
        return True
    country = PEOPLES.get(small)
    if country in scope.words or any(PEOPLES.get(one) in (small, country) for one in scope.words if one in PEOPLES):
        return True
    letters = word.removesuffix("s")
    if letters.isupper() and 2 <= len(letters) <= 5:
        # HR of "human resources", BI of "business intelligence"
        between = r"\w*[\s-]+(?:(?:of|and|for|the|in|&)\s+)?"
        return letters.casefold() in scope.words or bool(
            re.search(rf"\b{between.join(map(re.escape, letters.casefold()))}\w*", scope.plain)
        )
    return False


def _names_work(phrase: str) -> bool:
    """Whether a phrase names a kind of work: reporting, technical writing."""
    return phrase.rpartition(" ")[2] in _EVERYDAY


def _is_everyday(written: str, text: str, scope: Facts) -> bool:
    """Whether a skill's name is an everyday word here: the rest of the team is no interface, swift help no language."""
    word = plain(written)
    if _names_work(word):
        return True
    if PEOPLES.get(word) in scope.words:
        # Spanish shops are shops in Spain; "in Spanish" is a language.
        return bool(
            re.search(rf"(?<!\bin )(?<!\bfluent )(?<!\bspeaks )\b{word}\s+(?!speak)(?:and\s+\w+\s+)?[a-z]", plain(text))
        )
    if word not in _AMBIGUOUS:
        return False
    if written != word:
        return False
    # "services in rust", "kafka, spark and hive"
    after = r"(?:$|[,.;:/&+)]|(?:and|or|on|for|to)\b)"
    before = r"(?:\b(?:in|using|with|via|and|of|by|on)|[,/&+])"
    return not re.search(rf"{before}\s+{re.escape(word)}\s*{after}", readable(text))


def _is_skill(name: str, said: Facts) -> bool:
    return any(plain(name) in plain(skill.written) or plain(skill.written) == plain(name) for skill in said.skills)
