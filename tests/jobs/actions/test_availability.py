"""When everybody who shall meet has time, in each one's own hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.actions import availability
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

# A Tuesday, ten in the morning in UTC.
TEN = datetime(2026, 11, 10, 10, tzinfo=UTC)


def test_the_next_slots_suit_everybody_in_their_own_hours(interviewer):
    away = UserFactory(role="Interviewer", time_zone="America/New_York")
    interviewer.time_zone = "Europe/Berlin"
    busy = [
        availability.Busy(
            user_pk=interviewer.pk, starts_at=datetime(2026, 11, 10, 13, tzinfo=UTC),
            ends_at=datetime(2026, 11, 10, 14, tzinfo=UTC), what="busy",
        )
    ]  # fmt: skip
    slots = availability.next_slots([interviewer, away], minutes=45, after=TEN, busy=busy)
    # New York begins at 13:00 UTC, Berlin ends at 18:00 UTC, and one hour is taken.
    assert [one.starts_at.hour * 60 + one.starts_at.minute for one in slots] == [14 * 60, 15 * 60, 16 * 60]
    for one in slots:
        for user in (interviewer, away):
            begin = one.starts_at.astimezone(ZoneInfo(user.time_zone))
            assert 8 <= begin.hour < 19


def test_a_meeting_in_another_zone_is_not_proposed_for_its_night(interviewer):
    interviewer.time_zone = "Europe/Berlin"
    slots = availability.next_slots([interviewer], minutes=60, after=TEN, busy=[], meeting_zone="America/New_York")
    assert [one.starts_at.hour for one in slots] == [13, 14, 15]


def test_two_people_on_opposite_sides_of_the_world_have_no_common_slot(interviewer):
    interviewer.time_zone = "Pacific/Auckland"
    other = UserFactory(role="Interviewer", time_zone="Europe/Madrid")
    assert availability.next_slots([interviewer, other], minutes=45, after=TEN, busy=[]) == []


def test_the_week_of_a_change_of_clocks_shows_wall_times(interviewer):
    interviewer.time_zone = "America/New_York"
    week = availability.week(
        [interviewer], monday=datetime(2026, 3, 9, tzinfo=UTC).date(), zone_name="Europe/Berlin", busy=[],
        now=TEN.replace(year=2025),
    )  # fmt: skip
    hours = {hour: cells[0] for hour, cells in week.rows}
    # Only five hours lie between them in this week: eight in New York is one in the afternoon in Berlin.
    assert not hours["12:30"].free
    assert hours["13:00"].free
    assert hours["13:00"].value == "2026-03-09T13:00"
