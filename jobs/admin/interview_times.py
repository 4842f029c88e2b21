"""How the pages of interviews say when: in the meeting's zone, and beside it in the reader's where clocks differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hrassist.lib import local_time
from jobs.models import Interview, Interviewer

STATUS_COLOURS = {
    Interview.Status.SCHEDULED: "accent",
    Interview.Status.DONE: "good",
    Interview.Status.CANCELLED: "",
    Interview.Status.NO_SHOW: "bad",
}
RESPONSE_COLOURS = {
    Interviewer.Response.WAITING: "",
    Interviewer.Response.ACCEPTED: "good",
    Interviewer.Response.DECLINED: "bad",
    Interviewer.Response.TENTATIVE: "warn",
}


@dataclass(frozen=True, slots=True)
class When:
    """`there` in the zone of the meeting; `here` in the reader's, empty where the clocks show the same."""

    there: str
    here: str
    day: str
    hours: str


def when(interview: Interview, user: Any) -> When:
    mine = local_time.or_utc(user.time_zone)
    theirs = local_time.or_utc(interview.time_zone)
    same = local_time.same_clock(theirs, mine, at=interview.starts_at)
    begin, end = (at.astimezone(local_time.zone(mine)) for at in (interview.starts_at, interview.ends_at))
    return When(
        there=local_time.span(interview.starts_at, interview.ends_at, zone_name=theirs),
        here="" if same else local_time.span(interview.starts_at, interview.ends_at, zone_name=mine),
        day=f"{begin:%A} {begin.day} {begin:%B %Y}",
        hours=f"{begin:%H:%M}–{end:%H:%M}",
    )


def today(user: Any, *, now: datetime) -> tuple[datetime, datetime]:
    """The day of this user's own calendar, as two moments."""
    there = local_time.zone(local_time.or_utc(user.time_zone))
    begin = now.astimezone(there).replace(hour=0, minute=0, second=0, microsecond=0)
    # A day has 23 or 25 hours when the clocks change, so the end is a wall time too.
    end = (begin + timedelta(days=1)).replace(tzinfo=there)
    return begin.astimezone(UTC), end.astimezone(UTC)
