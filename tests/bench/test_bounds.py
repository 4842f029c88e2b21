"""The bench of the API fails on an answer that costs more than its bound, and names both."""

from __future__ import annotations

import pytest

from tests.bench.api_lists import CREATE, LIST, RETRIEVE, missed


def test_the_bounds_are_those_of_the_design():
    assert (LIST, CREATE) == (3.0, 3.5)
    assert pytest.approx(2500 / 700, abs=0.05) == RETRIEVE


@pytest.mark.parametrize("mine", [0.5, 3.0, 3.04])
def test_an_answer_within_its_bound_is_said_nothing_of(mine):
    assert missed("list", mine=mine, least=1.0, bound=3.0) == ""


def test_an_answer_beyond_its_bound_is_named_with_it():
    assert missed("list", mine=2.4, least=0.5, bound=3.0) == "list: 4.8 times the floor, and the bound is 3.0."
    assert missed("list", mine=3.1, least=1.0, bound=3.0) == "list: 3.1 times the floor, and the bound is 3.0."
