"""The load test of the stream fails on what is lost, doubled or out of order, and on each missed bound by name."""

from __future__ import annotations

import pytest

from tests.load import streams
from tests.load.clients import Client

ALL_THERE = 1000.0


def seen(*numbers: int, after: int = 0) -> Client:
    return Client(after=after, seen=list(numbers))


def delivered(*late: float, at: float = ALL_THERE + 1) -> Client:
    """Who was delivered events written at this moment, so many milliseconds late."""
    return Client(late=[(at, one) for one in late], arrived=1.0)


def judged(*clients: Client, strict: bool = True) -> list[str]:
    return list(streams.lateness(list(clients), ALL_THERE, strict=strict))


def test_who_has_each_event_once_and_in_order_lacks_nothing():
    assert streams.wrong(seen(1, 2, 3), 3) == ""
    assert streams.wrong(seen(3, 4, after=2), 4) == ""


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((1, 3), "1 of 3 lost, 2 came"),
        ((1, 2), "1 of 3 lost, 2 came"),
        ((), "3 of 3 lost, 0 came"),
        ((1, 2, 2, 3), "0 of 3 lost, 4 came"),
        ((1, 3, 2), "0 of 3 lost, 3 came"),
        ((1, 2, 3, 4), "0 of 3 lost, 4 came"),
    ],
    ids=["hole", "end", "all", "twice", "order", "more"],
)
def test_what_is_lost_doubled_or_out_of_order_is_told(numbers, said):
    assert streams.wrong(seen(*numbers), 3).startswith(said)


def test_who_is_given_again_what_they_named_is_given_too_much():
    assert streams.wrong(seen(2, 3, after=2), 3) != ""


def test_a_slow_hundredth_misses_the_bound_in_all_or_while_they_came():
    before = ALL_THERE - 1
    slow = delivered(*[100.0] * 990, *[300.0] * 10, at=before)
    assert judged(delivered(*[100.0] * 991, *[300.0] * 9, at=before)) == []
    assert judged(slow) == ["p99 is 300 ms all in all.", "p99 is 300 ms while they came."]
    # What many have later does not hide how it was for those who came.
    assert judged(delivered(*[100.0] * 9000), slow) == ["p99 is 300 ms while they came."]
    assert judged(slow, strict=False) == []


def test_the_bound_itself_is_missed():
    ahead = delivered(1.0, at=ALL_THERE - 1)
    assert judged(delivered(249.9), ahead) == []
    assert judged(delivered(250.0), ahead) == ["p99 is 250 ms all in all."]


@pytest.mark.parametrize("strict", [True, False])
def test_nothing_delivered_is_no_success(strict):
    assert judged(Client(), strict=strict) == [
        "Nothing was delivered all in all.",
        "Nothing was delivered while they came.",
    ]
    assert judged(delivered(10.0), strict=strict) == ["Nothing was delivered while they came."]


def test_a_burst_that_takes_too_long_misses_its_bound_where_it_is_asked_for():
    clients = [Client(arrived=1.0), Client(arrived=2.0)]
    assert list(streams.arrival(clients, 14.9, strict=True)) == []
    assert list(streams.arrival(clients, 15.0, strict=True)) == ["All were there after 15.0 s, and the bound is 15 s."]
    assert list(streams.arrival(clients, 60.0, strict=False)) == []


@pytest.mark.parametrize("strict", [True, False])
def test_who_never_had_an_answer_fails_the_run(strict):
    clients = [Client(arrived=1.0), Client()]
    assert list(streams.arrival(clients, 90.0, strict=strict)) == ["1 of 2 clients had no answer within 90 s."]
