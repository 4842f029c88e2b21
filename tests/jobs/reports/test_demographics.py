"""Rates by sex, race and both: as the published examples have them, and never so that somebody can be read off."""

from datetime import date
from random import Random

import pytest

from jobs.reports import demographics
from jobs.reports.demographics import REST, STEPS, Answers, Cell, Line, compared, interval, scoring, selection, shown
from jobs.reports.documents.demographics import whole_months
from jobs.reports.scope import Scope

# 6 RCNY 5-301, the example of scores in the adopted rule (Department of Consumer and Worker Protection, April 2023), as
# quoted in huggingface.co/datasets/rk68/LL144-giskard-239: people, and the rate and ratio that are printed there. How
# many scored above the median follows from people and rate.
NEW_YORK = {
    ("sex", "male", ""): (92, 50, 0.543, 1.00),
    ("sex", "female", ""): (76, 34, 0.447, 0.82),
    ("race", "", "hispanic"): (28, 18, 0.642, 1.00),
    ("race", "", "white"): (40, 15, 0.375, 0.58),
    ("race", "", "black"): (32, 16, 0.500, 0.78),
    ("race", "", "islander"): (8, 5, 0.625, 0.97),
    ("race", "", "asian"): (24, 10, 0.417, 0.65),
}
# Questions and answers on the Uniform Guidelines, number 11 (44 FR 11996, 1979), as quoted in
# dataethicsrepository.iaa.ncsu.edu/?p=1099: "the hiring rate for whites other than Hispanics is 60%, for American
# Indians 45%, for Hispanics 48%, and for Blacks 51%", ratios "75%", "80%" and "85%", "adverse impact is indicated for
# American Indians but not for Hispanics or Blacks". Rates alone are given: a hundred people in each group are ours.
GUIDELINES = {"white": (60, 1.00, False), "native": (45, 0.75, True), "hispanic": (48, 0.80, False),
              "black": (51, 0.85, False)}  # fmt: skip


def lines(**groups):
    return {one.name: one for one in compared([Line(name, *said) for name, said in groups.items()],
                                              total=sum(people for people, _ in groups.values()))}  # fmt: skip


def cell(sex, race, people, hits=0, above=0, scored=0):
    """People of one kind of whom some got to each step."""
    return Cell(sex, race, people, dict.fromkeys(STEPS, hits), scored=scored, above=above)


def table(*cells, by="sex", step="interview"):
    return {one.name: one for one in selection(Answers(cells), by=by, step=step)}


@pytest.mark.parametrize("by", ["sex", "race"])
def test_the_example_of_new_yorks_rule_comes_out_as_printed(by):
    said = {"".join(key[1:]): row for key, row in NEW_YORK.items() if key[0] == by}
    found = lines(**{name: row[:2] for name, row in said.items()})
    for name, (_, _, rate, ratio) in said.items():
        # 18 of 28 are 64.28 per cent, and printed as 64.2.
        assert found[name].rate == pytest.approx(rate, abs=0.001)
        assert found[name].ratio == pytest.approx(ratio, abs=0.0051)
        assert found[name].is_low == (ratio < 0.8)


def test_the_example_of_the_guidelines_marks_three_quarters_and_not_four_fifths():
    found = lines(**{name: (100, hired) for name, (hired, _, _) in GUIDELINES.items()})
    assert {name: (one.ratio, one.is_low) for name, one in found.items()} == {
        name: (pytest.approx(ratio), low) for name, (_, ratio, low) in GUIDELINES.items()
    }


# Katz's interval as scipy prints it in the two examples of its documentation, the first of them example 3.1 of Sahai
# and Khurshid, Statistics in Epidemiology (1996): docs.scipy.org/doc/scipy/reference/generated/
# scipy.stats.contingency.relative_risk.html and github.com/scipy/scipy/blob/main/scipy/stats/_relative_risk.py
@pytest.mark.parametrize(
    ("counted", "printed"),
    [
        ((27, 122, 44, 487), (1.5836990926700116, 3.7886786315466354)),
        ((10, 75, 12, 225), (1.1261564003469628, 5.549850800541033)),
    ],
)
def test_the_interval_is_the_one_that_scipy_prints(counted, printed):
    assert interval(*counted) == pytest.approx(printed, rel=1e-6)


def test_the_interval_agrees_with_drawing_the_same_people_again_and_again():
    chance = Random(7)
    drawn = sorted(
        (sum(chance.random() < 0.3 for _ in range(400)) or 1) / (sum(chance.random() < 0.4 for _ in range(500)) or 1)
        * 500 / 400
        for _ in range(2000)
    )  # fmt: skip
    assert interval(120, 400, 200, 500) == (pytest.approx(drawn[50], rel=0.05), pytest.approx(drawn[1949], rel=0.05))


def test_a_rate_of_nothing_has_an_interval_too():
    least, most = interval(0, 40, 20, 40)
    assert 0 < least < most < 1


def test_a_group_under_two_per_cent_is_counted_and_not_compared():
    found = table(cell("male", "", 600, 300), cell("female", "", 600, 280), cell("another", "", 20, 8), by="sex")
    assert (found["Another"].people, found["Another"].ratio, found["Another"].is_tiny) == (20, None, True)
    assert found["Female"].ratio == pytest.approx(280 / 300)


def test_who_said_nothing_is_counted_in_the_last_line_and_compared_with_nobody():
    found = table(cell("male", "", 60, 30), cell("female", "", 50, 20), cell("", "", 70, 40))
    assert list(found) == ["Male", "Female", REST]
    assert (found[REST].people, found[REST].hits, found[REST].ratio) == (70, 40, None)


def test_a_small_group_has_no_line_and_another_goes_with_it_where_it_would_follow():
    kept = table(cell("male", "", 60, 30), cell("female", "", 50, 20), cell("another", "", 3, 3), cell("", "", 40, 9))
    assert list(kept) == ["Male", "Female", REST]
    assert kept[REST].people == 43
    gone = table(cell("male", "", 60, 30), cell("female", "", 50, 20), cell("another", "", 3, 3))
    assert list(gone) == ["Male", REST]
    assert gone[REST].people == 53


def test_few_who_got_somewhere_are_told_as_few_and_not_to_be_had_from_the_rest():
    found = table(cell("male", "", 60, 30), cell("female", "", 50, 2), cell("", "", 40, 20))
    assert (found["Female"].hits, found["Female"].few) == (None, True)
    # Four of fifty would be low already, whatever hides behind it.
    assert found["Female"].is_low
    # All of them, less those told, is no small number.
    assert found[REST].hits is None


def test_a_single_few_takes_another_along_where_everybody_answered():
    found = table(cell("male", "", 60, 30), cell("female", "", 50, 2), cell("another", "", 40, 9))
    assert {name: one.hits for name, one in found.items()} == {"Male": 30, "Female": None, "Another": None}
    assert not found["Another"].few


def test_a_step_that_few_took_or_few_missed_is_not_told_of():
    def step(**reached):
        cells = [Cell(sex, "", 50, {**dict.fromkeys(STEPS, 0), **reached}) for sex in ("male", "female")]
        return demographics.steps_told(Answers(cells))

    assert step(screen=25) == ["screen"]
    assert step(screen=48) == []
    assert step(screen=4) == []
    # Between the two lie four people, whom everybody there knows.
    assert step(screen=25, interview=23) == ["interview"]
    assert step(screen=25, interview=15) == ["screen", "interview"]
    assert step(screen=25, interview=25, offer=22, hired=15) == ["screen", "interview", "hired"]


def test_a_step_that_only_one_group_took_is_not_told_of():
    cells = [Cell("male", "", 50, dict.fromkeys(STEPS, 30)), Cell("female", "", 50, dict.fromkeys(STEPS, 0))]
    assert demographics.steps_told(Answers(cells)) == []


def test_no_small_number_of_the_table_of_both_follows_from_the_other_tables():
    chance = Random(3)
    sexes, races = ("male", "female", "another", ""), ("white", "black", "asian", "hispanic", "native", "")
    checked = 0
    for _ in range(300):
        cells = []
        for sex in sexes:
            for race in races:
                people = chance.choice((0, 1, 3, 8, 12, 25, 60))
                hits = chance.randint(0, people)
                cells.append(Cell(sex, race, people, dict.fromkeys(STEPS, hits)))
        answers = Answers([one for one in cells if one.people])
        told = shown(answers)
        people = answers.people_of("both")
        for by, place in (("sex", 0), ("race", 1)):
            for group in told[by]:
                line = {key for key in people if key[place] == group[place]}
                left = sum(people[key] for key in line - told["both"])
                assert left == 0 or left >= 10
                checked += 1
        assert all(people[key] >= 10 for key in told["both"])
        _no_small_hits(answers, told)
    assert checked > 500


def _no_small_hits(answers, told):
    """What is left of a column when its lines are taken away is nothing, or not few."""
    by_name = {by: {one.name: one for one in selection(answers, by=by, step="offer")} for by in ("sex", "race", "both")}
    hits = answers.hits_of("both", "offer")
    for by, place in (("sex", 0), ("race", 1)):
        for group in told[by]:
            one = by_name[by][demographics.name_of(group, by)]
            assert one.hits is None or one.hits >= 5
            if one.hits is None:
                continue
            exact = [key for key in told["both"] if key[place] == group[place]
                     and by_name["both"][demographics.name_of(key, "both")].hits is not None]  # fmt: skip
            left = one.hits - sum(hits[key] for key in exact)
            assert left == 0 or left >= 5


def test_both_together_is_compared_with_the_highest_of_all():
    found = table(
        cell("male", "white", 100, 50), cell("female", "white", 100, 45), cell("male", "black", 60, 20),
        cell("female", "black", 60, 18), cell("", "", 30, 10), by="both",
    )  # fmt: skip
    assert found["White, male"].ratio == 1
    assert found["Black or African American, female"].ratio == pytest.approx(0.6)
    assert found["Black or African American, female"].is_low


def test_scoring_counts_who_was_ranked_alone():
    cells = (cell("male", "", 90, 0, above=15, scored=20), cell("female", "", 90, 0, above=5, scored=20))
    found = {one.name: (one.people, one.hits) for one in scoring(Answers(cells), by="sex")}
    assert found == {"Male": (20, 15), "Female": (20, 5)}


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2026, 9, 1), date(2026, 9, 30), (date(2026, 9, 1), date(2026, 9, 30))),
        (date(2026, 9, 2), date(2026, 11, 26), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2026, 9, 1), date(2026, 9, 29), None),
        (date(2026, 11, 1), date(2026, 12, 31), None),
        (date(2025, 12, 31), date(2026, 11, 26), (date(2026, 1, 1), date(2026, 10, 31))),
    ],
)
def test_whole_months_that_are_over_are_counted(since, until, months):
    found = whole_months(Scope(user=None, since=since, until=until, jobs=[]), today=date(2026, 11, 26))
    assert (found and (found.since, found.until)) == months
