"""What calendars are told, read as a calendar program reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from candidates.models import Candidate
from hrassist.models import User
from jobs.calendars import zones
from jobs.calendars.invitations import Attendee, content_type, for_candidate, for_interviewers
from jobs.models import Application, Interview, Job
from tests.conftest import NOON

WORDS = st.text(max_size=200)


def interview(
    zone: str = "Europe/Berlin", starts_at: datetime = NOON, minutes: int = 45, **columns: object
) -> Interview:
    """One that is in no database: the objects are drawn from values alone."""
    job = Job(title="Backend Engineer")
    person = Candidate(full_name="Jane Doe")
    values = {"title": "Technical interview", "place": "Room 3", "sequence": 0} | columns
    return Interview(
        application=Application(candidate=person, job=job), starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes), time_zone=zone,
        created_by=User(username="rosa", first_name="Rosa", email="rosa@example.org"), **values,
    )  # fmt: skip


def drawn(one: Interview, *, cancelled: bool = False, attendees: list[Attendee] | None = None) -> str:
    return for_interviewers(
        one, attendees=attendees or [Attendee("Ines", "ines@example.org")], page="https://hr.example.org/i/1",
        cancelled=cancelled, sequence=one.sequence, now=NOON,
    )  # fmt: skip


def event_of(text: str) -> object:
    return Calendar.from_ical(text).walk("VEVENT")[0]


def test_the_object_has_what_a_client_needs():
    text = drawn(interview())
    event = event_of(text)
    assert event["DTSTART"].dt == NOON
    assert event["DTEND"].dt == NOON + timedelta(minutes=45)
    assert str(event["DTSTART"].params["TZID"]) == "Europe/Berlin"
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Technical interview: Jane Doe", "Room 3")
    attendee = event["ATTENDEE"]
    assert str(attendee) == "mailto:ines@example.org"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"], attendee.params["CN"]) == (
        "NEEDS-ACTION", "TRUE", "Ines",
    )  # fmt: skip
    assert str(event["ORGANIZER"]) == "mailto:rosa@example.org"
    assert content_type("REQUEST") == "text/calendar; method=REQUEST; charset=utf-8"


def test_the_candidate_reads_no_colleague_and_no_internal_word():
    one = interview(note_to_candidate="Bring a laptop.", cancelled_for="we prefer somebody else")
    text = for_candidate(one, name="Jane Doe", address="jane@example.org", cancelled=True, now=NOON)
    assert list(_addresses(text)) == ["jane@example.org"]
    assert "Bring a laptop." in text
    assert "prefer" not in text
    assert "hr.example.org" not in text


def _addresses(text: str) -> list[str]:
    found = event_of(text)["ATTENDEE"]
    return [str(one).removeprefix("mailto:") for one in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),  # half an hour before the clocks go forward
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # after it
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 2:30 for the first time
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # 2:30 for the second time
        ("America/New_York", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("Asia/Kolkata", NOON),
        ("America/Sao_Paulo", NOON),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 15, tzinfo=UTC)),
        ("UTC", NOON),
    ],
)
def test_a_client_that_knows_no_zone_but_the_one_in_the_object_finds_the_same_moment(zone, moment):
    text = drawn(interview(zone, moment))
    event = event_of(text)
    assert _by_the_rules_inside(text, "DTSTART") == moment
    assert _by_the_rules_inside(text, "DTEND") == moment + timedelta(minutes=45)
    assert event["DTSTART"].dt.astimezone(UTC) == moment


def _by_the_rules_inside(text: str, name: str) -> datetime:
    """A moment read as RFC 5545 3.6.5 says: the last observance that began before the wall time gives the offset."""
    line = next(
        line for line in text.split("\r\n") if line.startswith(name) and "BEGIN" not in line and _in_event(text, line)
    )
    value = line.rpartition(":")[2]
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    wall = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007  the zone is what is looked for
    observances = [
        (part["DTSTART"].dt, part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td)
        for part in Calendar.from_ical(text).walk("VTIMEZONE")[0].subcomponents
    ]
    offset = None
    for began, before, after in sorted(observances):
        # A time that comes twice means the first: the new offset holds once the old clock has passed its onset.
        if wall - before >= began - before and not (wall < began):
            offset = after
    assert offset is not None
    return (wall - offset).replace(tzinfo=UTC)


def _in_event(text: str, line: str) -> bool:
    return text.index("BEGIN:VEVENT") < text.rindex(line)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Europe/Dublin", "Australia/Sydney"])
def test_the_rules_of_a_zone_hold_at_every_hour_of_the_year(zone):
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    parts = sorted(
        (part["DTSTART"].dt - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td)
        for part in zones.rules(zone, starts_at=begin, ends_at=begin).subcomponents
    )
    for hours in range(0, 24 * 365, 3):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        offset = [after for onset, after in parts if onset <= at.replace(tzinfo=None)][-1]
        assert offset == at.astimezone(ZoneInfo(zone)).utcoffset()


@settings(deadline=None)
@given(title=WORDS, place=WORDS, note=WORDS, name=WORDS)
def test_no_word_begins_a_line_of_its_own_and_lines_are_folded(title, place, note, name):
    one = interview(title=title, place=place, note_to_candidate=note)
    one.application.candidate.full_name = name
    for text in (
        drawn(one, attendees=[Attendee(name, "ines@example.org")]),
        for_candidate(one, name=name, address="jane@example.org", cancelled=False, now=NOON),
    ):
        assert text.endswith("END:VCALENDAR\r\n")
        lines = text.encode().split(b"\r\n")
        assert all(len(line) <= 75 for line in lines)
        assert all(b"\n" not in line and b"\r" not in line for line in lines)
        heads = [line.split(b":")[0].split(b";")[0] for line in lines if line and not line.startswith(b" ")]
        assert set(heads) <= {
            b"BEGIN", b"END", b"VERSION", b"PRODID", b"CALSCALE", b"METHOD", b"SUMMARY", b"DTSTART", b"DTEND",
            b"DTSTAMP",
            b"UID", b"SEQUENCE", b"ATTENDEE", b"CLASS", b"DESCRIPTION", b"LOCATION", b"ORGANIZER", b"STATUS", b"TRANSP",
            b"URL", b"TZID", b"TZNAME", b"TZOFFSETFROM", b"TZOFFSETTO",
        }  # fmt: skip
        assert heads.count(b"ATTENDEE") == 1
        assert str(event_of(text)["SUMMARY"]).count("\n") == 0


@pytest.mark.parametrize(
    "hostile",
    [
        "Room\r\nATTENDEE:mailto:evil@example.org",
        'Jane";X-EVIL=1:mailto:evil@example.org',
        "Jane\x0bBEGIN:VALARM",
        "a,b;c\\n\\N",
        "Jane^nATTENDEE:mailto:evil@example.org",
    ],
)
def test_a_hostile_name_or_place_stays_a_name_or_place(hostile):
    one = interview(place=hostile, title=hostile)
    text = drawn(one, attendees=[Attendee(hostile, "ines@example.org\r\nX-EVIL:1")])
    event = event_of(text)
    assert "X-EVIL" not in event
    assert "VALARM" not in {part.name for part in Calendar.from_ical(text).walk()}
    assert len(_addresses(text)) == 1
    assert "X-EVIL" not in event["ATTENDEE"].params


def test_text_comes_back_as_it_was_written():
    words = "Bring: a laptop, a pen; and C:\\temp\nSee you – Zoë 🙂"
    text = for_candidate(
        interview(note_to_candidate=words), name="Zoë", address="z@example.org", cancelled=False, now=NOON
    )
    assert str(event_of(text)["DESCRIPTION"]) == words
