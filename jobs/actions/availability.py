"""When people of ours and a candidate are free, what a time clashes with, and the next times that suit everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from candidates.models import Candidate
from hrassist.lib import local_time
from jobs.models import Absence, Interview, Interviewer

if TYPE_CHECKING:
    from hrassist.models import User

DAY_BEGINS, DAY_ENDS = time(8), time(19)
STEP = timedelta(minutes=30)
LOOK_AHEAD = timedelta(days=21)
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A time in which a user cannot meet anybody, and what may be said of it to whoever plans."""

    user_pk: int
    starts_at: datetime
    ends_at: datetime
    what: str
    away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One reason to think twice about a time; `kind` is busy, away, hours, weekend, candidate or past."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    starts_at: datetime
    ends_at: datetime


def busy_times(
    users: Sequence[User], *, starts_at: datetime, ends_at: datetime, viewer: User, ignore: Interview | None = None
) -> list[Busy]:
    """What these users do in that time. Interviews that the viewer may not see are only "busy"; notes are theirs."""
    seen = Interview.objects.visible_to(viewer).order_by().filter(pk=OuterRef("interview"))
    met = (
        Interviewer.objects.filter(
            user__in=users,
            interview__status=Interview.Status.SCHEDULED,
            interview__starts_at__lt=ends_at,
            interview__ends_at__gt=starts_at,
            # Lets the index on the beginning bound the scan: no interview is longer than a day.
            interview__starts_at__gt=starts_at - timedelta(days=1),
        )
        .exclude(interview=ignore.pk if ignore else None)
        .exclude(response=Interviewer.Response.DECLINED)
        .order_by("interview__starts_at")
        # Columns and no rows of models: a busy team has hundreds of them in three weeks.
        .values_list(
            "user", "interview__starts_at", "interview__ends_at", "interview__title",
            "interview__application__candidate__full_name", Exists(seen),
        )
    )  # fmt: skip
    found = [
        Busy(user_pk=user, starts_at=begins, ends_at=ends, what=f"{title} with {name}" if is_seen else "busy")
        for user, begins, ends, title, name, is_seen in met
    ]
    away = Absence.objects.filter(user__in=users, starts_at__lt=ends_at, ends_at__gt=starts_at)
    found += [
        Busy(
            user_pk=one.user_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            what=f"away: {one.note}" if one.note and one.user_id == viewer.pk else "away",
            away=True,
        )
        for one in away
    ]
    return found


def clashes(
    *,
    starts_at: datetime,
    ends_at: datetime,
    interviewers: Sequence[User],
    candidate: Candidate,
    viewer: User,
    now: datetime,
    ignore: Interview | None = None,
) -> list[Clash]:
    """Everything that speaks against this time, in sentences."""
    found = [] if starts_at >= now else [Clash(kind="past", text="This time has already begun or passed.")]
    known = {user.pk: user for user in interviewers}
    for busy in busy_times(interviewers, starts_at=starts_at, ends_at=ends_at, viewer=viewer, ignore=ignore):
        user = known[busy.user_pk]
        when = local_time.span(busy.starts_at, busy.ends_at, zone_name=local_time.or_utc(user.time_zone))
        said = "is" if busy.away or busy.what == "busy" else "has"
        kind = "away" if busy.away else "busy"
        found.append(Clash(kind=kind, text=f"{user.display_name} {said} {busy.what}: {when}."))
    for user in interviewers:
        found += _unusual_hours(user, starts_at=starts_at, ends_at=ends_at)
    # Of the candidate only what the viewer may see: "busy" would tell of an application that is none of their business.
    theirs = (
        Interview.objects.visible_to(viewer)
        .scheduled()
        .overlapping(starts_at=starts_at, ends_at=ends_at)
        .filter(application__candidate=candidate)
        .filter(~Q(pk=ignore.pk) if ignore else Q())
        .select_related("application__job")
    )
    for one in theirs:
        when = local_time.span(one.starts_at, one.ends_at, zone_name=one.time_zone)
        found.append(
            Clash(
                kind="candidate",
                text=f"{candidate.full_name} has {one.title} for {one.application.job.title}: {when}.",
            )
        )
    return found


def _unusual_hours(user: User, *, starts_at: datetime, ends_at: datetime) -> Iterable[Clash]:
    name = local_time.or_utc(user.time_zone)
    there = local_time.zone(name)
    begin, end = starts_at.astimezone(there), ends_at.astimezone(there)
    said = local_time.span(starts_at, ends_at, zone_name=name)
    if begin.weekday() >= SATURDAY or end.weekday() >= SATURDAY:
        yield Clash(kind="weekend", text=f"For {user.display_name} this is on a weekend: {said}.")
    elif not _in_hours(begin, end):
        yield Clash(kind="hours", text=f"For {user.display_name} this is outside 8:00 to 19:00: {said}.")


def _in_hours(begin: datetime, end: datetime) -> bool:
    return begin.date() == end.date() and begin.time() >= DAY_BEGINS and end.time() <= DAY_ENDS


def next_slots(
    users: Sequence[User],
    *,
    minutes: int,
    after: datetime,
    busy: Iterable[Busy],
    count: int = 3,
    until: datetime | None = None,
    meeting_zone: str = "",
) -> list[Slot]:
    """The next times of that length at which all are free, in the working hours of each one's own zone.

    `meeting_zone` is mostly the candidate's: it has nights too.
    `busy` covers the time from `after` to `until` (three weeks by default); slots do not overlap each other.
    """
    if not users:
        return []
    taken = sorted((one.starts_at, one.ends_at) for one in busy)
    names = {local_time.or_utc(user.time_zone) for user in users} | ({meeting_zone} if meeting_zone else set())
    zones = {local_time.zone(name) for name in names}
    length, last = timedelta(minutes=minutes), until or after + LOOK_AHEAD
    begin = after.replace(minute=0, second=0, microsecond=0)
    found: list[Slot] = []
    while begin <= last and len(found) < count:
        end = begin + length
        suits = begin >= after and all(
            _is_working_time(begin.astimezone(there), end.astimezone(there)) for there in zones
        )
        if suits and not any(start < end and stop > begin for start, stop in taken):
            found.append(Slot(begin, end))
            begin = max(end, begin + STEP)
            # Stay on the half hours, which is where people begin to meet.
            begin += (STEP - timedelta(minutes=begin.minute % 30)) % STEP
        else:
            begin += STEP
    return found


def _is_working_time(begin: datetime, end: datetime) -> bool:
    return begin.weekday() < SATURDAY and _in_hours(begin, end)


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour of one day: who is busy or away then, or that all are free; `value` is its wall time."""

    value: str
    busy: tuple[str, ...]
    past: bool

    @property
    def free(self) -> bool:
        return not self.busy and not self.past


@dataclass(frozen=True, slots=True)
class Week:
    """Working days as columns and half hours as rows, in one zone."""

    days: tuple[date, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def week(users: Sequence[User], *, monday: date, zone_name: str, busy: Iterable[Busy], now: datetime) -> Week:
    """The working week of these users, as clocks in the zone show it; hours that do not exist there are not free."""
    days = tuple(monday + timedelta(days=number) for number in range(5))
    times = [(datetime.combine(monday, DAY_BEGINS) + STEP * number).time() for number in range(22)]
    taken: dict[int, list[Busy]] = {}
    for one in busy:
        taken.setdefault(one.user_pk, []).append(one)
    rows = tuple(
        (f"{at:%H:%M}", tuple(_cell(day, at, users=users, zone_name=zone_name, busy=taken, now=now) for day in days))
        for at in times
    )
    return Week(days=days, rows=rows)


def _cell(
    day: date, at: time, *, users: Sequence[User], zone_name: str, busy: Mapping[int, Sequence[Busy]], now: datetime
) -> Cell:
    value = f"{day.isoformat()}T{at:%H:%M}"
    try:
        begin = local_time.moment(day, at, zone_name=zone_name, which="first")
    except local_time.NoSuchTime:
        return Cell(value=value, busy=(), past=True)
    end = begin + STEP
    reasons = []
    for user in users:
        there = local_time.zone(local_time.or_utc(user.time_zone))
        what = next((one.what for one in busy.get(user.pk, ()) if one.starts_at < end and one.ends_at > begin), None)
        if what is not None:
            reasons.append(f"{user.display_name}: {what}")
        elif not _is_working_time(begin.astimezone(there), end.astimezone(there)):
            reasons.append(f"{user.display_name}: outside working hours")
    return Cell(value=value, busy=tuple(reasons), past=begin < now)
