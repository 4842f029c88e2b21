from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from hrassist.lib import throttle


def wind_back(seconds: int) -> None:
    """Let the clock of the counters run on."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hrassist_throttle SET used_until = used_until - %s * interval '1 second'", [seconds])


def take(who: str = "rosa") -> throttle.Verdict:
    return throttle.take("login", who, limit=3, per=30)


def test_the_limit_may_be_used_at_once_and_no_more(db):
    assert [take().allowed for _ in range(5)] == [True, True, True, False, False]


def test_what_remains_counts_down(db):
    assert [take().remaining for _ in range(3)] == [2, 1, 0]


def test_a_refusal_says_when_to_come_back_and_costs_nothing(db):
    for _ in range(3):
        take()
    assert [take().reset for _ in range(3)] == [10, 10, 10]
    wind_back(10)
    assert take().allowed


def test_after_the_time_the_whole_limit_is_free_again(db):
    for _ in range(3):
        take()
    wind_back(30)
    assert [take().allowed for _ in range(4)] == [True, True, True, False]


def test_one_person_does_not_use_up_what_another_has(db):
    for _ in range(3):
        take("rosa")
    assert take("hugo").allowed


def test_forgiving_gives_the_limit_back(db):
    for _ in range(3):
        take()
    throttle.forgive("login", "rosa")
    assert take().allowed


def test_a_sweep_removes_only_marks_of_the_past(db):
    take("rosa")
    wind_back(60)
    take("hugo")
    assert throttle.sweep() == 1
    assert take("hugo").remaining == 1


def test_names_and_addresses_are_not_in_the_table(db):
    take("rosa")
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM hrassist_throttle")
        assert "rosa" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_do_not_slip_through_together():
    def one(_number: int) -> bool:
        try:
            return take().allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 3
