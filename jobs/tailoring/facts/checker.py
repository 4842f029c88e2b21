"""Whether a line states only what its evidence states: a number, a date, a name, a skill too many is found here.

The advertisement is never read: what stands in it and not in the resume is unknown to this check, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from jobs.tailoring.facts import ordinals
from jobs.tailoring.facts.amounts import codes_in, has_code, readings
from jobs.tailoring.facts.claims import claims_blocked, since_which_day, years_and_nouns
from jobs.tailoring.facts.clock import is_same_time
from jobs.tailoring.facts.everyday import COMPANIES, is_form
from jobs.tailoring.facts.extent import more_led
from jobs.tailoring.facts.findings import Finding, Level, ask, block
from jobs.tailoring.facts.implied import is_step, shares_in
from jobs.tailoring.facts.known import (
    counts_list,
    has_date,
    has_number,
    is_common,
    is_description,
    is_everyday,
    is_known,
    is_noun_of,
    is_skill,
    names_work,
    worded,
)
from jobs.tailoring.facts.names import employers_in_small, names_in
from jobs.tailoring.facts.normalise import alike, mixed_scripts, plain, readable
from jobs.tailoring.facts.numbers import Number
from jobs.tailoring.facts.parts import parts_asked
from jobs.tailoring.facts.quoted import without_quotes
from jobs.tailoring.facts.skeleton import Entry
from jobs.tailoring.facts.source import Facts, Source, facts_of

LONGEST_LINE = 600


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
    text = without_quotes(text, also)
    scope = source.scope(evidence, entry)
    found = list(_blocked(text, source.whole if entry is None else scope, source, entry, evidence))
    known = {one.value for one in found}
    # What the person is and knows is of no job, and may be said of all of them.
    wide = facts_of(f"{scope.text}\n|\n{source.personal}") if entry is None else scope
    asked = [*_asked(text, wide, source, known), *_title_moved(text, wide, source)]
    parts = list(parts_asked(text, wide, [source.skeleton.spans[one] for one in evidence]))
    asked += parts or more_led(text, evidence, source)
    asked += years_and_nouns(text, [facts_of(source.skeleton.spans[one]) for one in evidence], known)
    if entry is None:
        asked += _moved(text, evidence, source, known)
    told = {(one.rule, one.value) for one in found}
    return list(dict.fromkeys(found)) + [
        one for one in dict.fromkeys(asked) if (one.rule, one.value) not in told
    ]  # fmt: skip


def check_paper(text: str, *, source: Source, ours: Collection[str] = (), also: str = "") -> list[Finding]:
    """What a finished paper states that the resume does not, and which of its locked facts are missing.

    `ours` are lines that we print ourselves (headings, the label); `also` as in `check_line`.
    """
    own = {plain(line) for line in ours if line}
    found: list[Finding] = []
    for line in text.splitlines():
        said = plain(line)
        # What the resume says word for word is no claim of ours.
        if said and said not in own and not source.whole.says(said):
            found += _blocked(without_quotes(line, also), source.whole, source, None, None)
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
            yield block("parted", " | ".join(head), "do not stand together as in the resume")
        own = {one for one in (entry.start, entry.end) if one}
        seen = [{iso for iso, _ in one.dates} for one in near]
        if own and near and all(not _has_any(own, dates) and dates & (every - own) for dates in seen):
            yield block("parted", head[0], "has the dates of another job")
    for study in source.skeleton.studies:
        if study.school and study.degree and not around(study.school, study.degree):
            yield block("parted", study.degree, "does not stand with its school")


def _has_any(wanted: Collection[str], dates: Collection[str]) -> bool:
    """Whether one of the dates stands there, if only by its year."""
    return any(one in dates or one[:4] in dates for one in wanted)


def _blocked(  # noqa: PLR0912  one rule after another is how it is read
    text: str, scope: Facts, source: Source, entry: Entry | None, evidence: Sequence[str] | None
) -> Iterator[Finding]:  # fmt: skip
    """`evidence` is None for a finished paper, all lines of which may stand on all of the resume."""
    said = facts_of(text)
    lines = source.lines(source.skeleton.spans if entry is None or evidence is None else evidence)
    for word in mixed_scripts(text):
        if not scope.says(word):
            yield block("mixed_script", word, "mixes letters of two alphabets")
    for number in said.numbers:
        stated = any(has_number(one, scope, lines) for one in readings(number, said.numbers))
        if not stated and not counts_list(number, text) and not _is_said_in_parts(number, said, scope):
            yield block("number", number.written, "is a number that the evidence does not state")
    for code in codes_in(text):
        if not (scope.says(code) or has_code(code, scope.text) or _is_ordinal(code, scope)):
            yield block("number", code, "does not stand in the evidence")
    for iso, written in said.dates:
        if not has_date(iso, scope, written) and not _is_score(written, scope):
            yield block("date", written, "is a date that the evidence does not state")
    yield from since_which_day(text, source, entry, evidence)
    yield from claims_blocked(text, source, entry, evidence)
    for url in said.urls - source.whole.urls:
        if not source.whole.says(url) and not is_skill(url, source.whole):
            yield block("url", url, "is an address that the resume does not have")
    for email in said.emails - source.whole.emails:
        yield block("email", email, "is an address that the resume does not have")
    for skill in (one for one in said.skills if not is_description(one.written)):
        stated = skill.concept in source.whole.concepts or worded(skill.written, source.whole)
        if not stated and not is_everyday(skill.written, text, source.whole):
            # What is a word of every day in small letters, such as proportion, is told of and stops nothing by itself.
            say = ask if is_common(skill.written) else block
            yield say("skill", skill.written, "is a skill that the resume does not state")
    yield from _employers(text, scope, source, entry)


def _is_said_in_parts(number: Number, said: Facts, scope: Facts) -> bool:
    """Whether a number is stated by what stands around it: both, two in three, each grade of some, a time of day."""
    if number.value == 2 and number.before[-1:] in _BOTH:
        return True
    if number.unit not in ("", "hour"):
        return False
    hours = [one.value for one in scope.numbers if one.unit in ("", "hour")]
    shares = [part for count, of, part in shares_in(said.plain) if number.value in (count, of) and not number.unit]
    return (
        any(has_number(part, scope) for part in shares)
        or is_step(number, said.numbers, scope.text)
        or is_same_time(number.value, said.text, hours, scope.text)
    )


def _is_ordinal(code: str, scope: Facts) -> bool:
    """Whether a word such as 6e is an ordinal that the scope states, if only as a number that counts nothing else."""
    value = ordinals.value_of(code)
    if value is None:
        return False
    bare = {one.value for one in scope.numbers if one.unit or one.is_bare}
    return ordinals.is_stated(value, scope.text) or value in bare


# "Tous deux" are both.
_BOTH = (("tous",), ("toutes",))


def _is_score(written: str, scope: Facts) -> bool:
    """Whether what may be a date is so many of so many: 17/20 is 17 out of 20."""
    parts = written.split("/")
    known = {int(one.value) for one in scope.numbers}
    return len(parts) == 2 and all(one.isdigit() and int(one) in known for one in parts)


def _employers(text: str, scope: Facts, source: Source, entry: Entry | None) -> Iterator[Finding]:
    said = facts_of(text)
    for employer, of in source.employers.items():
        if entry is not None and of.id != entry.id and said.says(employer) and not scope.says(employer):
            yield block("employer", employer, "employed the person in another job")
    named = [name.text for name in names_in(text, source.language_of(text)) if name.employer]
    named += [
        one
        for one in employers_in_small(text, source.language_of(text))
        if one.casefold().removesuffix("'s") in COMPANIES
    ]
    for name in dict.fromkeys(named):
        if not is_known(name, source.whole) and not is_skill(name, said):
            yield block("employer", name, "is a name that the resume does not have")


def _asked(text: str, scope: Facts, source: Source, blocked: Collection[str]) -> Iterator[Finding]:
    said = facts_of(text)
    for name in names_in(text, source.language_of(text)):
        known = is_known(name.text, source.whole) or is_known(_without_verb(name.text, text, source), source.whole)
        known = known or (source.language_of(text) == "de" and is_noun_of(name.text, scope))
        if not known and not name.employer and name.text not in blocked and not is_skill(name.text, said):
            yield ask("name", name.text, "is a name that the resume does not have")
    for small in employers_in_small(text, source.language_of(text)):
        if small not in blocked and not is_known(small, source.whole) and not is_skill(small, said):
            yield ask("name", small, "stands where an employer would, and is no word of the resume")
    yield from _schools_as_employers(text, scope, source)
    for skill in (one for one in said.skills if not is_description(one.written)):
        in_scope = skill.concept in scope.concepts or worded(skill.written, scope)
        in_whole = skill.concept in source.whole.concepts or worded(skill.written, source.whole)
        if not in_whole and names_work(plain(skill.written)) and skill.written not in blocked:
            yield ask("skill", skill.written, "is no word of the resume")
        if in_whole and not in_scope:
            yield ask("skill_moved", skill.written, _ELSEWHERE)


def _without_verb(name: str, text: str, source: Source) -> str:
    """A name without the verb that opens the line before it: “Use R”, “Submit PAYE”."""
    verb, _, rest = name.partition(" ")
    opens = text.startswith(name) and (
        is_form(verb.casefold(), source.language_of(text)) or any(alike(verb, one) for one in source.whole.words)
    )
    return rest if rest and opens else name


_WORKED = re.compile(
    r"\b(?:work\w*|employ\w*|job|engineer|served|arbeit\w*|tätig|angestellt|travaill\w*|employée?|trabaj\w*|emplead\w*)\b"
)


def _schools_as_employers(text: str, scope: Facts, source: Source) -> Iterator[Finding]:
    """A school of the resume, named as where somebody worked."""
    said = facts_of(text)
    schools = {study.school for study in source.skeleton.studies if study.school} - {
        entry.name for entry in source.skeleton.work
    }  # fmt: skip
    for school in sorted(schools):
        if said.says(school) and not scope.says(school) and _WORKED.search(said.plain):
            yield ask("employer_moved", school, "is a school of the resume, and no employer")


_ELSEWHERE = "is stated elsewhere in the resume, not for this work"


def _sentences(text: str, source: Source) -> list[str]:
    """The sentences of a text; the point in the name of who employs, as in Notariat Dr. Quandt, ends none."""
    said = readable(text)
    for name in source.employers:
        if _SENTENCE.search(name):
            said = re.sub(re.escape(name), lambda match: match.group().replace(" ", "\x1f"), said, flags=re.IGNORECASE)
    return [one.replace("\x1f", " ") for one in _SENTENCE.split(said)]


_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def _moved(
    text: str, evidence: Sequence[str], source: Source, blocked: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    """What the resume states for another job than those that the evidence stands under."""
    named = {of.id for key in evidence if (of := source.skeleton.entry_of.get(key))}
    for sentence in _sentences(text, source):
        said = facts_of(sentence)
        here = [(name, ids) for name, ids in source.employed_by.items() if said.says(name)]
        scope = source.scope(evidence, None)
        for name, ids in here:
            if not ids & named and not scope.says(name):
                yield ask("employer_moved", name, _ELSEWHERE)
        if here:
            # Of a sentence that names who employed, a date of somebody else's job is not one of this.
            scope = source.scope(evidence, None, only=frozenset().union(*(ids for _, ids in here)))
        for number in said.numbers:
            if number.written in blocked or counts_list(number, sentence):
                continue
            if not any(has_number(one, scope) for one in readings(number, said.numbers)):
                yield ask("number_moved", number.written, _ELSEWHERE)
        for iso, written in said.dates:
            if written not in blocked and not has_date(iso, scope):
                yield ask("date_moved", written, _ELSEWHERE)


def _title_moved(text: str, scope: Facts, source: Source) -> Iterator[Finding]:
    said = facts_of(text)
    for title in dict.fromkeys(entry.position for entry in source.skeleton.work):
        # A single word, such as teacher, names a trade more often than a title.
        if " " in title and said.says(title) and not scope.says(title):
            yield ask("title_moved", title, _ELSEWHERE)
