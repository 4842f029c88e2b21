"""Rates by group: compared as the law compares them, and never about a handful of people."""

from fractions import Fraction
from math import comb

import pytest

from jobs.reports import impact
from jobs.reports.impact import SMALL, UNKNOWN, Group


def rates(*groups):
    return {one.name: one for one in impact.selection([Group(*one) for one in groups])}


def test_the_ratio_is_to_the_highest_rate():
    found = rates(("A", 100, 50), ("B", 100, 30))
    assert found["A"].ratio == 1
    assert found["B"].ratio == pytest.approx(0.6)
    assert found["B"].is_low
    assert not found["A"].is_low


def test_small_groups_are_told_of_together():
    found = rates(("A", 100, 50), ("B", 6, 1), ("C", 7, 1))
    assert set(found) == {"A", SMALL}
    assert (found[SMALL].people, found[SMALL].ratio) == (13, None)


def test_a_single_small_group_takes_the_next_one_along_for_the_total_would_tell_of_it():
    found = rates(("A", 100, 50), ("B", 40, 10), ("C", 3, 1))
    assert set(found) == {"A", SMALL}
    assert found[SMALL].people == 43


def test_nothing_is_told_where_one_group_is_all_but_everybody():
    assert rates(("A", 100, 50), ("B", 3, 1)) == {}
    assert rates(("A", 4, 2), ("B", 3, 1)) == {}


def test_unknown_and_tiny_shares_are_counted_and_not_compared():
    found = rates(("A", 1000, 100), ("B", 900, 90), (UNKNOWN, 500, 200), ("C", 12, 12))
    assert found[UNKNOWN].ratio is None
    assert found["C"].ratio is None
    assert found["A"].ratio == pytest.approx(1)


def test_nobody_selected_is_no_ratio():
    assert all(one.ratio is None for one in rates(("A", 50, 0), ("B", 50, 0)).values())


def test_scoring_counts_who_was_ranked_alone():
    found = impact.scoring([Group("A", 100, 0, 20, 15), Group("B", 100, 0, 20, 5), Group("C", 100, 0, 0, 0)])
    assert {one.name: (one.people, one.hits) for one in found} == {"A": (20, 15), "B": (20, 5)}


def counted_out(hits, people, other_hits, other_people):
    """The same test in whole numbers: every table with these margins, as unlikely or more."""
    drawn = hits + other_hits
    ways = {
        k: comb(people, k) * comb(other_people, drawn - k)
        for k in range(max(0, drawn - other_people), min(people, drawn) + 1)
    }
    return Fraction(sum(one for one in ways.values() if one <= ways[hits]), comb(people + other_people, drawn))


@pytest.mark.parametrize(
    "table", [(3, 4, 1, 4), (1, 12, 9, 12), (8, 10, 1, 6), (0, 30, 7, 40), (5, 5, 5, 5), (40, 90, 71, 130)]
)
def test_the_exact_test_agrees_with_counting_every_table(table):
    assert impact.chance(*table) == pytest.approx(float(counted_out(*table)), rel=1e-6)


def test_the_lady_tasting_tea_could_have_guessed():
    assert impact.chance(3, 4, 1, 4) == pytest.approx(0.4857, abs=1e-4)


def test_many_people_are_judged_by_the_normal_curve():
    assert impact.chance(5000, 10_000, 5000, 10_000) == pytest.approx(1.0)
    assert impact.chance(4700, 10_000, 5000, 10_000) < 0.001
    assert impact.chance(0, 5000, 0, 5000) == 1.0
