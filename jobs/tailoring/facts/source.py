"""What the original states, as sets that a claim is looked up in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from candidates.actions.reading import dates_in, skills_in
from jobs.tailoring.facts.credentials import credentials_in, degrees_in
from jobs.tailoring.facts.everyday import language_of
from jobs.tailoring.facts.implied import implied_in
from jobs.tailoring.facts.names import emails_in, urls_in
from jobs.tailoring.facts.normalise import plain, readable, stem
from jobs.tailoring.facts.numbers import Number, numbers_in
from jobs.tailoring.facts.skeleton import Entry, Skeleton

_WORD = re.compile(r"[^\W_]+(?:[.+#'/&-]+[^\W_]+)*[+#]*")


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill as a text writes it, and the concept it means."""

    written: str
    concept: str


@dataclass(frozen=True)
class Facts:
    """What one text states."""

    text: str
    numbers: tuple[Number, ...]
    dates: tuple[tuple[str, str], ...]
    skills: tuple[Skill, ...]
    degrees: frozenset[str]
    credentials: tuple[str, ...]
    urls: frozenset[str]
    emails: frozenset[str]

    @cached_property
    def plain(self) -> str:
        return plain(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        found = _WORD.findall(self.plain)
        return frozenset([*found, *(part for word in found for part in re.split(r"[-/&.]", word) if part)])

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stem(word) for word in self.words)

    @cached_property
    def implied(self) -> tuple[Number, ...]:
        """Amounts that nobody wrote and that follow from what is written."""
        return tuple(implied_in(self.text))

    @cached_property
    def concepts(self) -> frozenset[str]:
        return frozenset(skill.concept for skill in self.skills)

    def says(self, phrase: str) -> bool:
        """Whether the phrase stands in the text as whole words."""
        wanted = re.escape(plain(phrase))
        return bool(re.search(rf"(?<![^\W_]){wanted}(?![^\W_])", self.plain))


@lru_cache(maxsize=4096)
def facts_of(text: str) -> Facts:
    """Everything a text states, read once."""
    said = readable(text)
    dates = dates_in(said)
    # Digits of a date are no number of anything.
    rest = _SEASON.sub(lambda match: match.group()[:4] + " " * (len(match.group()) - 4), said)
    for one in reversed(dates):
        rest = rest[: one.start] + " | " + rest[one.end :]
    return Facts(
        text=said,
        numbers=tuple(numbers_in(rest)),
        dates=tuple((one.iso, said[one.start : one.end]) for one in dates) + tuple(_begun(said, dates)),
        # The C of 20 °C is no language.
        skills=tuple(
            Skill(said[one.start : one.end], one.concept.id)
            for one in skills_in(said)
            if said[one.start - 1 : one.start] != "°"
        ),
        degrees=frozenset(degrees_in(said)),
        credentials=tuple(credentials_in(said)),
        urls=frozenset(urls_in(said)),
        emails=frozenset(emails_in(said)),
    )


# The second year of 2020/21.
_SEASON = re.compile(r"(?<!\d)((?:19|20))\d\d/(?:(?:19|20)(?=\d\d(?!\d)))?(\d\d)(?!\d)")
_UNTIL = re.compile(r"\b([^\W\d_]{3,})\s*(?:to|until|till|and|bis|und|à|et|au|a|al|y|hasta|-|–)\s*$", re.IGNORECASE)


def _begun(said: str, dates: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """The months whose year stands at the end of a span: March to June 2020 began in March 2020."""
    for match in _SEASON.finditer(said):
        yield f"{match[1]}{match[2]}", f"{match[1]}{match[2]}"
    for one in dates:
        if len(one.iso) == len("2020-06") and (month := _UNTIL.search(said[: one.start])):
            yield from ((begun.iso, month[1]) for begun in dates_in(f"{month[1]} {one.iso[:4]}"))


@dataclass(frozen=True)
class Source:
    """The original resume: its skeleton, and all of its visible text."""

    skeleton: Skeleton
    text: str

    @cached_property
    def language(self) -> str:
        """The language it is written in: what is a name depends on it."""
        return language_of(self.text)

    def language_of(self, text: str) -> str:
        """The language of a line; a short one is in the language of the resume."""
        return language_of(text, self.language)

    def lines(self, evidence: Iterable[str]) -> Facts:
        """What lines state, without any head."""
        return facts_of("\n|\n".join(self.skeleton.spans[one] for one in evidence))

    @cached_property
    def whole(self) -> Facts:
        heads = [head_of(entry) for entry in self.skeleton.entries]
        studies = [" ".join((one.degree, one.area, one.school, one.start, one.end)) for one in self.skeleton.studies]
        own = [self.skeleton.name, self.skeleton.label, self.skeleton.email, self.skeleton.phone, self.skeleton.place,
               *self.skeleton.links]  # fmt: skip
        return facts_of("\n|\n".join([self.text, *own, *heads, *studies, *self.skeleton.spans.values()]))

    def scope(
        self, evidence: Iterable[str], entry: Entry | None, *, only: Collection[str] | None = None
    ) -> Facts:  # fmt: skip
        """What the lines of evidence state, with the heads of the jobs that they stand under.

        `only` leaves out the lines and heads of any other job.
        """
        own, under = self.skeleton, {} if entry is None else {entry.id: entry}
        lines = []
        for one in evidence:
            of = own.entry_of.get(one)
            if of is None or only is None or of.id in only:
                lines.append(own.spans[one])
                if of is not None:
                    under[of.id] = of
        return facts_of("\n|\n".join([*lines, *map(head_of, under.values())]))

    @cached_property
    def personal(self) -> str:
        """What is the person's and of no job: the headline, the skills, certificates and languages."""
        own = self.skeleton
        return "\n|\n".join([own.label, *(one.text for one in (*own.skills, *own.certificates, *own.languages))])

    @cached_property
    def standing(self) -> str:
        """What the person says to be: headline, titles, summary, languages, certificates and awards."""
        own = self.skeleton
        spans = (*own.summary, *own.certificates, *own.languages, *own.awards)
        return "\n|\n".join([own.name, own.label, *map(head_of, own.work), *(one.text for one in spans)])

    @cached_property
    def studies(self) -> list[str]:
        return [" ".join((one.degree, one.area, one.school)) for one in self.skeleton.studies]

    @cached_property
    def employed_by(self) -> dict[str, frozenset[str]]:
        """Who employed the person, each in one case with all of their jobs."""
        return {
            name: frozenset(entry.id for entry in self.skeleton.work if plain(entry.name) == name)
            for name in self.employers
        }

    @cached_property
    def employers(self) -> dict[str, Entry]:
        """Who employed the person, each in one case with the first of their jobs."""
        found: dict[str, Entry] = {}
        for entry in self.skeleton.work:
            if entry.name:
                found.setdefault(plain(entry.name), entry)
        return found


def head_of(entry: Entry) -> str:
    return " | ".join(part for part in (entry.position, entry.name, entry.place, entry.start, entry.end) if part)
