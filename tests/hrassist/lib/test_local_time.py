from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrassist.lib import local_time

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_a_time_that_the_clocks_jump_over_is_refused_with_the_reason():
    with pytest.raises(local_time.NoSuchTime) as refused:
        local_time.moment(SPRING, time(2, 30), zone_name="Europe/Berlin")
    assert refused.value.message == (
        "On 29 March 2026 the clocks in Europe/Berlin go forward: there is no 02:30. Choose a time before or after it."
    )


def test_a_time_that_comes_twice_has_to_be_told_apart():
    with pytest.raises(local_time.TwiceThatTime) as refused:
        local_time.moment(AUTUMN, time(2, 30), zone_name="Europe/Berlin")
    assert "first as CEST, then as CET" in refused.value.message
    first, second = (
        local_time.moment(AUTUMN, time(2, 30), zone_name="Europe/Berlin", which=which) for which in ("first", "second")
    )
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert (second - first).total_seconds() == 3600


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (SPRING, time(1, 59), "Europe/Berlin", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (SPRING, time(3, 0), "Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 3, 8), time(3, 0), "America/New_York", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        (date(2026, 7, 1), time(9, 0), "Asia/Kolkata", datetime(2026, 7, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_every_other_time_is_one_moment(day, at, zone, expected):
    assert local_time.moment(day, at, zone_name=zone) == expected


@pytest.mark.parametrize("name", ["", "Berlin", "Europe/Nowhere", "../etc/passwd", "UTC+1", "europe/berlin\n"])
def test_a_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(local_time.NoSuchZone):
        local_time.zone(name)
    assert local_time.or_utc(name) == "UTC"


def test_a_span_says_day_hours_clock_and_place():
    begin, end = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 9, 45, tzinfo=UTC)
    assert local_time.span(begin, end, zone_name="Europe/Berlin") == "Tue 1 Dec 2026, 10:00–10:45 CET (Europe/Berlin)"
    assert local_time.span(begin, end, zone_name="Asia/Kathmandu", with_place=False) == (
        "Tue 1 Dec 2026, 14:45–15:30 UTC+5:45"
    )


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda one: one.replace(second=0, microsecond=0)),  # noqa: DTZ001
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
)
def test_what_is_accepted_shows_on_a_clock_there(at, zone):
    try:
        found = local_time.moment(at.date(), at.time(), zone_name=zone, which="second")
    except local_time.NoSuchTime:
        return
    assert found.astimezone(local_time.zone(zone)).replace(tzinfo=None) == at
