"""The rules as pure functions: what they say of single cases, and what holds for ten thousand lives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from candidates.retention import Fact, Rule, Timeline, judge
from candidates.retention.engine import AT_LEAST, AT_MOST, shift
from candidates.retention.presets import PRESETS
from tests.conftest import NOON

JOB = UUID(int=7)
BEGAN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def rule(clock: str, months: int, *, effect: str = AT_MOST, **conditions: object) -> Rule:
    return Rule(id=uuid4(), effect=effect, clock=clock, months=months, **conditions)  # type: ignore[arg-type]


def life(*facts: Fact, last_contact: datetime = BEGAN, country: str = "DE") -> Timeline:
    return Timeline(person=UUID(int=1), country=country, facts=facts, last_contact=last_contact)


def rejected(since: datetime = BEGAN, **about: object) -> Fact:
    return Fact(clock="rejected", since=since, **about)  # type: ignore[arg-type]


def test_a_month_that_is_too_short_ends_on_its_last_day():
    assert shift(datetime(2026, 8, 31, tzinfo=UTC), 6) == datetime(2027, 2, 28, tzinfo=UTC)


def test_the_rejected_go_after_the_months_of_their_rule():
    assert judge(life(rejected()), [rule("rejected", 6)]).due == datetime(2026, 7, 31, 12, 0, tzinfo=UTC)


def test_the_rule_for_the_job_comes_before_status_country_and_all():
    fact = rejected(country="DE", job=JOB, job_status="closed")
    rules = [rule("rejected", 6)]
    for months, conditions in ((7, {"country": "DE"}), (8, {"job_status": "closed"}), (9, {"job": JOB})):
        rules.insert(0, rule("rejected", months, **conditions))
        assert judge(life(fact), rules).due == shift(BEGAN, months)


def test_of_several_facts_the_latest_end_counts():
    later = BEGAN + timedelta(days=30)
    assert judge(life(rejected(), rejected(later)), [rule("rejected", 6)]).due == shift(later, 6)


def test_an_application_that_goes_on_keeps_the_person_whatever_the_last_contact():
    going_on = Fact(clock="rejected", since=BEGAN, open=True)
    assert judge(life(going_on), [rule("rejected", 0), rule("last_contact", 1)]).due is None


def test_a_case_that_no_rule_speaks_of_has_no_end():
    assert judge(life(rejected()), [rule("withdrawn", 1)]).due is None


def test_the_last_contact_ends_earlier_than_a_pool():
    pool = Fact(clock="pool", since=BEGAN, country="FR")
    rules = [rule("pool", 60), rule("last_contact", 24, country="FR")]
    assert judge(life(pool, country="FR"), rules).due == shift(BEGAN, 24)
    assert judge(life(pool, country="DE", last_contact=BEGAN), [rules[0]]).due == shift(BEGAN, 60)


def test_an_agreed_end_of_a_pool_comes_before_its_rule_and_never_after():
    early, late = BEGAN + timedelta(days=10), BEGAN + timedelta(days=4000)
    rules = [rule("pool", 24)]
    assert judge(life(Fact(clock="pool", since=BEGAN, until=early)), rules).due == early
    assert judge(life(Fact(clock="pool", since=BEGAN, until=late)), rules).due == shift(BEGAN, 24)


def test_a_legal_minimum_wins_over_consent_and_over_the_last_contact():
    rules = [
        rule("rejected", 6),
        rule("last_contact", 12),
        rule("rejected", 48, effect=AT_LEAST, country="US"),
        rule("rejected", 12, effect=AT_LEAST, country="US"),
    ]
    assert judge(life(rejected(country="US")), rules).due == shift(BEGAN, 48)
    assert judge(life(rejected(country="DE")), rules).due == shift(BEGAN, 6)


def test_without_application_or_pool_the_last_contact_begins_the_clock():
    assert judge(life(last_contact=NOON), [rule("prospect", 6)]).due == shift(NOON, 6)


def test_a_hold_does_not_change_the_date():
    free = life(rejected())
    held = Timeline(person=free.person, country="DE", facts=free.facts, last_contact=BEGAN, held=True)
    assert judge(held, [rule("rejected", 6)]).due == judge(free, [rule("rejected", 6)]).due


# --- Ten thousand lives -----------------------------------------------------------------------------------------------

COUNTRIES, STATUSES = ("", "DE", "FR", "US", "IN"), ("open", "closed", "on_hold")


def made_up(seed: int) -> tuple[Timeline, list[Rule]]:
    """One life and one set of rules; the same for the same number."""
    dice = random.Random(seed)
    jobs = [UUID(int=number) for number in range(1, 4)]

    def moment() -> datetime:
        return NOON - timedelta(days=dice.randrange(0, 2500), seconds=dice.randrange(86400))

    facts = tuple(
        Fact(
            clock=(clock := dice.choice(("rejected", "withdrawn", "hired", "pool"))),
            since=moment(),
            country=dice.choice(COUNTRIES),
            job=None if clock == "pool" else dice.choice(jobs),
            job_status="" if clock == "pool" else dice.choice(STATUSES),
            open=clock != "pool" and dice.random() < 0.1,
            until=moment() + timedelta(days=dice.randrange(900)) if clock == "pool" else None,
        )
        for _ in range(dice.randrange(0, 5))
    )
    rules = [
        Rule(
            id=UUID(int=number + 1),
            effect=AT_LEAST if dice.random() < 0.25 else AT_MOST,
            clock=dice.choice(("rejected", "withdrawn", "hired", "pool", "prospect", "last_contact")),
            months=dice.randrange(0, 61),
            country=dice.choice(COUNTRIES),
            job=dice.choice([None, None, None, *jobs]),
            job_status=dice.choice(["", "", "", *STATUSES]),
        )
        for number in range(dice.randrange(1, 12))
    ]
    # Mostly there is a rule for every case, as an installation begins with.
    if dice.random() < 0.85:
        clocks = ("rejected", "withdrawn", "hired", "pool", "prospect")
        rules += [Rule(UUID(int=100 + n), AT_MOST, clock, dice.randrange(0, 61)) for n, clock in enumerate(clocks)]
    country = dice.choice(COUNTRIES)
    return Timeline(UUID(int=seed + 1), country, facts, last_contact=moment(), held=dice.random() < 0.1), rules


def allowed_until(timeline: Timeline, rules: Sequence[Rule]) -> datetime | None:
    """The rules of docs/privacy.md said a second time, as plainly as possible and without the engine's words."""
    facts = timeline.facts or (Fact(clock="prospect", since=timeline.last_contact, country=timeline.country),)

    def speaks(one: Rule, fact: Fact) -> bool:
        return (
            one.clock == fact.clock
            and (one.job is None or one.job == fact.job)
            and (not one.job_status or one.job_status == fact.job_status)
            and (not one.country or one.country == fact.country)
        )

    def months_for(fact: Fact) -> int | None:
        most = [one for one in rules if one.effect == AT_MOST and speaks(one, fact)]
        for_job = [one.months for one in most if one.job is not None]
        with_best: dict[tuple[int, int, int], list[int]] = {}
        for one in most:
            with_best.setdefault((one.job is not None, one.job_status != "", one.country != ""), []).append(one.months)
        assert not for_job or max(with_best)[0] == 1
        return min(with_best[max(with_best)]) if with_best else None

    ends: list[datetime] = []
    for fact in facts:
        if fact.open:
            return None
        months = months_for(fact)
        mine = [shift(fact.since, months)] if months is not None else []
        mine += [fact.until] if fact.until else []
        if not mine:
            return None
        ends.append(min(mine))
    end = max(ends)
    for place in {timeline.country, *(fact.country for fact in facts)}:
        cap = months_for(Fact(clock="last_contact", since=timeline.last_contact, country=place))
        if cap is not None:
            end = min(end, shift(timeline.last_contact, cap))
    last = Fact(clock="last_contact", since=timeline.last_contact, country=timeline.country)
    for one in rules:
        for fact in (*facts, last):
            if one.effect == AT_LEAST and speaks(one, fact):
                end = max(end, shift(fact.since, one.months))
    return end


def test_ten_thousand_lives_end_when_the_rules_say_and_not_a_day_earlier_or_later():
    outcomes = {"none": 0, "past": 0, "ahead": 0}
    for seed in range(10_000):
        timeline, rules = made_up(seed)
        verdict = judge(timeline, rules)
        expected = allowed_until(timeline, rules)
        assert verdict.due == expected, seed
        assert judge(timeline, list(reversed(rules))).due == expected, f"the order of the rules counts: {seed}"
        # A minimum is never cut short, and somebody whose case goes on is never due.
        for one in rules:
            for fact in timeline.facts:
                if one.effect == AT_LEAST and one.speaks_of(fact) and verdict.due is not None:
                    assert verdict.due >= shift(fact.since, one.months), seed
        if any(fact.open for fact in timeline.facts):
            assert verdict.due is None, seed
        outcomes["none" if verdict.due is None else "past" if verdict.is_due(now=NOON) else "ahead"] += 1
    assert min(outcomes.values()) > 500, outcomes


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.key)
def test_every_preset_names_what_it_follows(preset):
    assert preset.source
    assert preset.effect in {AT_MOST, AT_LEAST}
    assert 0 < preset.months <= 60
