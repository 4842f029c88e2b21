"""The load test fails on what it must, and says which bound is missed."""

from __future__ import annotations

import pytest

from tests.load.judging import Phase, Spent, lines, percentile, wrong


def phase(*, ms: float = 100, slow: int = 0, count: int = 1000, seconds: float = 10, failures: tuple[str, ...] = (), thinks: bool = True) -> Phase:  # fmt: skip  # noqa: E501
    """So many requests of people, `slow` of them at three times the time."""
    answered = [("people", "list", ms * (3 if number < slow else 1)) for number in range(count)]
    spent = Spent(web=1, database=1, clients=1, others=0)
    return Phase("At work", {"people": 50}, seconds, spent, answered, failures=failures, thinks=thinks)


def test_a_slow_hundredth_misses_the_bound_by_name_where_it_is_asked_for():
    assert wrong([phase(slow=10)], strict=True) == []
    assert wrong([phase(slow=11)], strict=True) == ["At work: p99 of people is 300 ms, and the bound is 250 ms."]
    assert wrong([phase(slow=11)], strict=False) == []


def test_the_bound_itself_is_missed():
    assert wrong([phase(ms=249.9)], strict=True) == []
    assert wrong([phase(ms=250)], strict=True) == ["At work: p99 of people is 250 ms, and the bound is 250 ms."]


def test_too_few_lists_a_second_miss_the_bound_by_name_where_nobody_thinks():
    assert wrong([phase(count=3500, thinks=False)], strict=True) == []
    assert wrong([phase(count=3480, thinks=False)], strict=True) == [
        "At work: 348 lists a second were answered, and the bound is 350."
    ]
    # How long each waits says nothing of a crowd that pushes as hard as it can.
    assert wrong([phase(count=3500, ms=1000, thinks=False)], strict=True) == []


@pytest.mark.parametrize("strict", [True, False])
def test_one_failed_request_fails_the_run_however_quick_the_others_were(strict):
    said = wrong([phase(failures=("list: 502", "list: 502", "person: 302"))], strict=strict)
    assert said == ["At work: failed 2 times: list: 502.", "At work: failed 1 times: person: 302."]


@pytest.mark.parametrize("thinks", [True, False])
def test_nobody_who_was_answered_is_no_success(thinks):
    assert "At work: no request of people was answered." in wrong([phase(count=0, thinks=thinks)], strict=False)


def test_a_hundredth_of_a_few_is_no_p99():
    (said,) = wrong([phase(count=99)], strict=True)
    assert said.startswith("At work: 99 requests of people are too few for a p99, which takes 100")


def test_a_percentile_is_a_time_that_was_measured():
    times = [float(number) for number in range(1, 201)]
    assert [percentile(times, share) for share in (0.5, 0.99, 1.0)] == [100, 198, 200]
    assert percentile([7.0], 0.99) == 7


def test_the_lines_tell_what_was_measured():
    text = "\n".join(lines(phase(slow=100, failures=("list: 502",))))
    assert "| people | all | 1000 | 100.0 | 100 | 300 | 300 | 300 |" in text
    assert "failures 1; CPU for each request: web 1.0 ms, database 1.0 ms" in text
