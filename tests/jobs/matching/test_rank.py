import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.matching.lexical import LexicalIndex
from jobs.matching.rank import Pool, rank, standardised
from jobs.matching.run import weights_in_force
from jobs.matching.types import JobQuery

TEXTS = ["python billing", "python pastry", "pastry bread", "law"]


def pool(vectors, texts=TEXTS):
    rows = np.array(vectors, dtype=np.float32)
    return Pool(ids=[f"r{at}" for at in range(len(texts))], vectors=rows, words=LexicalIndex(texts))


def query(vector, **terms):
    return JobQuery(vector=np.array(vector, dtype=np.float32), terms=terms, words=terms)


UNIT = [[1, 0], [0.8, 0.6], [0, 1], [-1, 0]]


def test_the_score_is_the_exact_sum_of_the_shown_components():
    for place in rank(query([1, 0], python=1.0), pool(UNIT), weights=weights_in_force()):
        assert place.score == sum(place.components.as_json().values())


def test_places_are_numbered_from_one_by_falling_score():
    places = rank(query([1, 0], python=1.0), pool(UNIT), weights=weights_in_force())
    assert [place.rank for place in places] == [1, 2, 3, 4]
    assert [place.id for place in places] == ["r0", "r1", "r2", "r3"]
    assert [place.score for place in places] == sorted((place.score for place in places), reverse=True)


def test_words_decide_between_equal_vectors():
    places = rank(query([1, 0], bread=1.0), pool([[1, 0]] * 4), weights=weights_in_force())
    assert places[0].id == "r2"
    assert all(place.components.dense == 0 for place in places)


def test_words_weigh_less_than_meaning():
    places = rank(query([1, 0], law=1.0), pool(UNIT), weights=weights_in_force())
    assert places[0].id == "r0"


def test_equals_stand_in_the_order_of_their_ids():
    places = rank(query([1, 0]), pool([[1, 0]] * 4), weights=weights_in_force())
    assert [place.id for place in places] == ["r0", "r1", "r2", "r3"]
    assert {place.score for place in places} == {0.0}


def test_nobody_to_rank_is_an_empty_ranking():
    assert rank(query([1, 0]), pool(np.zeros((0, 2)), []), weights=weights_in_force()) == []


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_standardised_values_keep_their_order_and_have_mean_zero(values):
    given_values = np.array(values)
    z = standardised(given_values)
    assert abs(z.mean()) < 1e-6
    order = np.argsort(given_values, kind="stable")
    assert (np.diff(z[order]) >= -1e-9).all()


def test_standardising_leaves_equal_values_at_zero():
    assert standardised(np.array([3.0, 3.0])).tolist() == [0, 0]
    assert standardised(np.array([1.0, 3.0])).tolist() == pytest.approx([-1, 1])
