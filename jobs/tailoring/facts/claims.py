"""What a line says a person is, holds, speaks and did, against what the resume says of them and not of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from jobs.tailoring.facts.clock import is_same_time
from jobs.tailoring.facts.counted import counts, other_years
from jobs.tailoring.facts.credentials import (
    degree_claims,
    degrees_in,
    is_stated,
    named_credentials_in,
    protected_in,
    theses_of,
    uncertified_in,
)
from jobs.tailoring.facts.findings import Finding, ask, block
from jobs.tailoring.facts.known import supports
from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.patterns import patterns
from jobs.tailoring.facts.skeleton import Entry
from jobs.tailoring.facts.source import Facts, Source, facts_of, head_of
from jobs.tailoring.facts.spoken import overstated
from jobs.tailoring.facts.titles import raising_in, ranks_in
from jobs.tailoring.facts.words import words

_BETWEEN = "\n|\n"


def claims_blocked(
    text: str, source: Source, entry: Entry | None, evidence: Sequence[str] | None
) -> Iterator[Finding]:  # fmt: skip
    """Degrees, certificates, levels of languages and ranks that the resume does not state of the person."""
    own = source.skeleton
    lines = [own.spans[one] for one in (own.spans if evidence is None else evidence)]
    yield from _degrees(text, source, lines)
    for credential in named_credentials_in(text):
        if not is_stated(credential, source.whole.text):
            yield block("credential", credential, "is a credential that the resume does not state")
    certificates = [one.text for one in (*own.certificates, *own.awards, *own.publications)]
    others = [*source.studies, own.label, *(one.text for one in (*own.summary, *own.skills)), *lines]
    for said in uncertified_in(
        text,
        certificates=certificates,
        others=others,
        lines=lines,
        titles=" ".join([own.label, *(one.position for one in own.work)]),
    ):
        yield block("credential", said, "is a credential that the resume does not state")
    for said in protected_in(text, known=source.whole.text):
        yield block("credential", said, "is a title or an honour that the resume does not state")
    spoken = [one.text for one in (*own.languages, *own.skills, *own.summary)]
    for said in overstated(text, [*spoken, own.label, *lines]):
        yield block("language", said, "is a level of a language that the resume does not state")
    yield from _ranks(text, source, entry, lines, whole=evidence is None)


def _degrees(text: str, source: Source, lines: Sequence[str]) -> Iterator[Finding]:
    own = source.skeleton
    stated = degrees_in(_BETWEEN.join([*source.studies, source.standing, *(one.text for one in own.skills)]))
    if own.studies:
        stated.add("graduate")
    # Students of somebody are no degree of theirs: who mentored two PhD students may say so, and no more.
    of_others = {phrase for line in lines for _, phrase in degree_claims(line)}
    others = theses_of(text) & {level for line in lines for level in theses_of(line)}
    for level, phrase in dict(degree_claims(text)).items():
        if level not in stated and phrase not in of_others and level not in others:
            # What the line itself names may be of somebody else, or no degree at all: the carrier MSC.
            say = ask if any(level in degrees_in(line) for line in lines) else block
            yield say("degree", phrase, "is a degree or an honour that the resume does not state")


def _ranks(
    text: str, source: Source, entry: Entry | None, lines: Sequence[str], *, whole: bool
) -> Iterator[Finding]:  # fmt: skip
    said = plain(text)
    titles = {plain(one.position) for one in source.skeleton.work if " " in one.position}
    for title in sorted(titles, key=len, reverse=True):
        # The title of a job in full is looked at as such.
        said = re.sub(rf"(?<![^\W_]){re.escape(title)}(?![^\W_])", " … ", said)
    named = ranks_in(said, source.language)
    if not named:
        return
    here = _BETWEEN.join([*lines, source.whole.text if whole else source.standing if entry is None else head_of(entry)])
    claimed = {one.means for one in ranks_in(here, source.language) if one.claimed}
    mentioned = {one.means for one in ranks_in(source.whole.text, source.language)}
    for rank in named:
        if rank.means in (claimed if rank.claimed else mentioned):
            continue
        led = "leading" in raising_in(" ".join(lines)) or _LED.search(plain(" ".join(lines)))
        if rank.means in ("lead", "head") and led:
            yield ask("title", rank.written, "is a rank, and the evidence says only what the person led")
        else:
            yield block("title", rank.written, "is a rank that the resume does not state of the person")


_LED = patterns("answering")["leading"]


def years_and_nouns(text: str, lines: Sequence[Facts], blocked: Collection[str]) -> Iterator[Finding]:
    """Numbers of the evidence that are said of something else than there."""
    for number in facts_of(text).numbers:
        hits = [(known, line) for line in lines for known in line.numbers if supports(known, number)]
        told = [known.value for known, line in hits if is_same_time(number.value, text, [known.value], line.text)]
        if not hits or told or number.written in blocked:
            continue
        if not any(counts(number, known, text, line) for known, line in hits):
            yield ask("number_noun", number.written, "counts something else in the resume")
        for other in other_years(number, [line for _, line in hits]):
            yield ask("years_of", f"{number.written} … {other}", "are years of something else in the resume")


_SINCE = re.compile(
    r"(?<![^\W_])(?:since|seit|depuis|desde)(?: (?:the|dem|der|le|el|early|late|mid|end|beginning|anfang|ende|début|fin"
    r"|principios|finales|of|de))*\s*$"
)


_OF_A_YEAR = words("before_a_year")


def _is_count(said: str, year: str) -> bool:
    """Whether a year stands where a number of something would: served 2021 customers."""
    match = (
        re.search(rf"([^\W\d_]+) {re.escape(year)} ([^\W\d_]{{3,}})", said) if re.fullmatch(r"\d{4}", year) else None
    )
    return bool(match and match[1] not in _OF_A_YEAR and match[2] not in _OF_A_YEAR)


def since_which_day(
    text: str, source: Source, entry: Entry | None, evidence: Sequence[str] | None
) -> Iterator[Finding]:  # fmt: skip
    """A job that is said to last since the day it ended."""
    said = facts_of(text)
    lines = source.lines(evidence if evidence is not None else source.skeleton.spans)
    entries = [entry] if entry is not None else list(source.skeleton.work)
    for iso, written in said.dates:
        at = said.plain.find(plain(written))
        if _is_count(said.plain, plain(written)) and not any(known == iso for known, _ in lines.dates):
            yield block("number", written, "is a year of the resume and no number of something")
        if at < 0 or not _SINCE.search(said.plain[:at]):
            continue
        starts = {one.start[: len(iso)] for one in entries} | {one.start[:4] for one in entries}
        ends = {one.end[: len(iso)] for one in entries} | {one.end[:4] for one in entries}
        if iso in ends - starts and not any(known == iso for known, _ in lines.dates):
            yield block("date", written, "is the day on which that ended")
