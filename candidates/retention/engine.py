"""When somebody is to be erased, said by rules and facts alone: no clock, no database.

1. Every fact about a person (an application that ended, a pool, or neither) keeps them until the end of the most
   specific rule for it: a rule for the job before one for the status of a job, before one for the country, before one
   for all. Of several facts the latest end counts. An application that goes on keeps them without an end; so does a
   case that no rule speaks of.
2. A rule on the last contact ends that earlier: consent and interest do not outlast it, whatever else there is. It does
   not cut short what goes on.
3. A legal minimum comes last and wins: where a law says to keep, neither rule nor withdrawn consent ends it earlier. Of
   several minimums the longest counts.
4. A legal hold stops the removal, not the clock.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

AT_MOST, AT_LEAST = "at_most", "at_least"
PROSPECT, LAST_CONTACT, POOL = "prospect", "last_contact", "pool"


@dataclass(frozen=True, slots=True)
class Rule:
    """Keep for at most, or at least, `months` after `clock` began; empty conditions hold everywhere."""

    id: UUID
    effect: str
    clock: str
    months: int
    country: str = ""
    job: UUID | None = None
    job_status: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        return (self.job is not None, bool(self.job_status), bool(self.country))

    def speaks_of(self, fact: Fact) -> bool:
        return (
            self.clock == fact.clock
            and self.job in {None, fact.job}
            and self.job_status in {"", fact.job_status}
            and self.country in {"", fact.country}
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that keeps a person: since when, where, and until when by itself where it says so."""

    clock: str
    since: datetime
    country: str = ""
    job: UUID | None = None
    job_status: str = ""
    # It goes on: an application that is not decided, somebody who works for us by it.
    open: bool = False
    # What was agreed for this one: the end of a membership. It ends earlier than the rule, never later.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of one person: their facts, and when anything last happened between them and us."""

    person: UUID
    country: str
    facts: tuple[Fact, ...]
    last_contact: datetime
    held: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """When the person falls due, by which rule and fact; without a date nothing ends by itself."""

    due: datetime | None
    rule: Rule | None = None
    fact: Fact | None = None

    def is_due(self, *, now: datetime) -> bool:
        return self.due is not None and self.due <= now


FOREVER = Verdict(due=None)


def judge(timeline: Timeline, rules: Sequence[Rule]) -> Verdict:
    """When this person is to be erased by these rules; a hold does not change the date."""
    facts = timeline.facts or (Fact(clock=PROSPECT, since=timeline.last_contact, country=timeline.country),)
    ends = [_end(fact, rules) for fact in facts]
    if any(one.due is None for one in ends):
        return FOREVER
    kept = max(ends, key=_due)
    capped = min([kept, *_last_contact(timeline, rules)], key=_due)
    return max([capped, *_minimums(timeline, facts, rules)], key=_due)


def minimum(timeline: Timeline, rules: Sequence[Rule]) -> Verdict | None:
    """The longest time for which a law asks to keep something of this person; None where none does."""
    facts = timeline.facts or (Fact(clock=PROSPECT, since=timeline.last_contact, country=timeline.country),)
    return max(_minimums(timeline, facts, rules), key=_due, default=None)


def shift(moment: datetime, months: int) -> datetime:
    """So many months later, at the last day of a month that is too short."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _end(fact: Fact, rules: Iterable[Rule]) -> Verdict:
    if fact.open:
        return FOREVER
    rule = _most_specific(fact, (one for one in rules if one.effect == AT_MOST))
    if rule is None:
        return Verdict(due=fact.until, fact=fact)
    end = shift(fact.since, rule.months)
    return Verdict(due=end if fact.until is None else min(end, fact.until), rule=rule, fact=fact)


def _last_contact(timeline: Timeline, rules: Iterable[Rule]) -> list[Verdict]:
    """The end that a rule on the last contact sets, for the person's country or that of a job they applied for.

    Of several countries the strictest counts: each of them protects the person.
    """
    places = {timeline.country, *(fact.country for fact in timeline.facts)}
    found = []
    for place in sorted(places):
        fact = Fact(clock=LAST_CONTACT, since=timeline.last_contact, country=place)
        rule = _most_specific(fact, (one for one in rules if one.effect == AT_MOST))
        if rule is not None:
            found.append(Verdict(due=shift(fact.since, rule.months), rule=rule, fact=fact))
    return found


def _minimums(timeline: Timeline, facts: Iterable[Fact], rules: Sequence[Rule]) -> list[Verdict]:
    last = Fact(clock=LAST_CONTACT, since=timeline.last_contact, country=timeline.country)
    return [
        Verdict(due=shift(fact.since, rule.months), rule=rule, fact=fact)
        for fact in [*facts, last]
        for rule in rules
        if rule.effect == AT_LEAST and rule.speaks_of(fact)
    ]


def _most_specific(fact: Fact, rules: Iterable[Rule]) -> Rule | None:
    # Of two that are equally specific the shorter one: less is kept, not more.
    mine = sorted((one for one in rules if one.speaks_of(fact)), key=lambda one: (one.rank, -one.months), reverse=True)
    return mine[0] if mine else None


def _due(verdict: Verdict) -> datetime:
    if verdict.due is None:
        raise ValueError("only ends that have a date are compared")
    return verdict.due
