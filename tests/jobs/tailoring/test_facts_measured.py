"""The checker over texts that it was not adjusted to: what it has to find, and how rarely it may be wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench import facts, facts_operators


@pytest.fixture(scope="module")
def measured():
    return facts.measure(*facts.SETS["unseen"])


def test_the_checker_holds_its_bounds_in_each_language_on_texts_that_it_was_not_adjusted_to(measured):
    assert facts.missed(measured) == []
    assert set(measured) == set(facts_operators.LANGUAGES)


def test_it_holds_them_with_the_newest_texts_besides(measured):
    """Every tenth of these lines is made wrong here, and all of them by `make bench-facts`."""
    newest = [facts.measure(*facts.SETS[name], every=10) for name in ("fresh", "sealed")]
    both = facts.together([measured, *newest])
    assert facts.missed(both) == []
    assert all({"who did it", "seniority verb"} <= one.kinds for one in both.values())


def test_what_others_reworded_is_rarely_stopped_and_not_often_asked_about():
    """The sealed texts; those that the check was mended by are held to it by `make bench-facts`."""
    sealed = facts.measure(*facts.SETS["sealed"], every=10**6)
    assert facts.alarms(sealed) == []
    assert all(one.faithful.tried >= 290 for one in sealed.values())


def test_enough_is_tried_in_each_language_that_one_miss_in_a_hundred_would_show(measured):
    for language, one in measured.items():
        assert one.faithful.tried >= 50, language
        tried = Counter({kind: count.tried for kind, count in one.classes.items()})
        assert all(
            tried[invention.kind] >= 40 for invention in facts_operators.INVENTIONS if invention.kind != "degree"
        )
        assert all(tried[moved] >= 30 for moved in facts.MOVED - {"title of another job"}), tried


def test_the_bounds_can_be_missed():
    # A checker that finds nothing, or blocks everything, does not pass.
    blind = facts.Measured()
    blind.faithful.tried = blind.classes["degree"].tried = 100
    deaf = facts.Measured()
    deaf.faithful.tried = deaf.faithful.blocked = deaf.classes["degree"].tried = deaf.classes["degree"].blocked = 100
    assert [said.split()[1] for said in facts.missed({"en": blind})] == ["recall"]
    assert [said.split()[1] for said in facts.missed({"en": deaf})] == ["false"]


def test_a_letter_is_held_as_a_line_is_and_who_did_it_by_itself():
    one = facts.Measured()
    one.faithful.tried = one.in_letter.tried = 100
    one.classes["degree"].tried = one.classes["degree"].blocked = 100_000
    assert facts.missed({"en": one}) == []
    one.in_letter.blocked = 3
    assert facts.missed({"en": one}) == ["en: false alarms in a letter 0.0300 are above 0.02"]
    one.in_letter.blocked, one.in_letter.asked = 0, 11
    assert facts.missed({"en": one}) == ["en: needless questions in a letter 0.1100 are above 0.1"]
    one.in_letter.asked = 0
    one.classes["who did it"].tried, one.classes["who did it"].asked = 100, 98
    assert facts.missed({"en": one}) == ["en: recall of “who did it” 0.9800 is below 0.99"]
