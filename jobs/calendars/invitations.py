"""An interview as an iCalendar object: invitation, update and cancellation, as RFC 5545 and 5546 want them.

The same UID for the life of the interview, a higher SEQUENCE with every change that matters; a client that has seen a
higher one ignores what comes late.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from hrassist.lib import local_time
from jobs.calendars import zones
from jobs.models import Interview, Interviewer

PRODUCT = "-//hrassist//interviews//EN"
FILENAME = "interview.ics"

# RFC 5545 3.1: text has no control characters but tab and line feed; a line break in a parameter or an address would
# begin a property of the sender's choosing, and a quotation mark would end the parameter (RFC 6868 is not understood
# everywhere).
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PARTSTAT = {
    Interviewer.Response.WAITING: "NEEDS-ACTION",
    Interviewer.Response.ACCEPTED: "ACCEPTED",
    Interviewer.Response.DECLINED: "DECLINED",
    Interviewer.Response.TENTATIVE: "TENTATIVE",
}


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in the calendar entry: `response` as we know it."""

    name: str
    address: str
    response: str = Interviewer.Response.WAITING


def content_type(method: str) -> str:
    """`text/calendar` with the method, which must be the one inside (RFC 6047 2.4)."""
    return f"text/calendar; method={method.upper()}; charset=utf-8"


def for_candidate(interview: Interview, *, name: str, address: str, cancelled: bool, now: datetime) -> str:
    """Their copy: they and the organiser stand in it, no colleague, and only the note that was written for them."""
    return _object(
        interview,
        summary=f"{interview.title}: {interview.application.job.title}",
        description=interview.note_to_candidate,
        attendees=[Attendee(name, address)],
        cancelled=cancelled,
        sequence=interview.sequence,
        now=now,
    )


def for_interviewers(
    interview: Interview,
    *,
    attendees: Sequence[Attendee],
    page: str,
    cancelled: bool,
    sequence: int,
    now: datetime,
) -> str:
    """Our own copy: all interviewers, whom they meet, and the address of the page with the instructions."""
    application = interview.application
    return _object(
        interview,
        summary=f"{interview.title}: {application.candidate.full_name}",
        description=f"{application.candidate.full_name} for {application.job.title}\n{page}",
        attendees=attendees,
        cancelled=cancelled,
        sequence=sequence,
        now=now,
    )


def _object(
    interview: Interview,
    *,
    summary: str,
    description: str,
    attendees: Sequence[Attendee],
    cancelled: bool,
    sequence: int,
    now: datetime,
) -> str:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    begin, end = _wall_times(interview)
    if begin.tzinfo is not UTC:
        calendar.add_component(zones.rules(interview.time_zone, starts_at=begin, ends_at=end))
    event = Event()
    event.add("uid", interview.uid)
    event.add("sequence", sequence)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("summary", text(summary))
    if description.strip():
        event.add("description", text(description, lines=True))
    if interview.place.strip():
        event.add("location", text(interview.place))
        if interview.place.strip().startswith("https://") and " " not in interview.place.strip():
            event.add("url", text(interview.place))
    event.add("organizer", _organizer(interview), encode=0)
    for one in attendees:
        event.add("attendee", _attendee(one), encode=0)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    calendar.add_component(event)
    found: bytes = calendar.to_ical()
    return found.decode("utf-8")


def _wall_times(interview: Interview) -> tuple[datetime, datetime]:
    """Beginning and end in the zone of the meeting; in UTC where its clocks show one of them for the second time.

    A time that comes twice means the first (RFC 5545 3.3.5), so the second cannot be said in that zone.
    """
    there = local_time.zone(interview.time_zone)
    begin, end = interview.starts_at.astimezone(there), interview.ends_at.astimezone(there)
    if interview.time_zone == "UTC" or begin.fold or end.fold:
        return interview.starts_at.astimezone(UTC), interview.ends_at.astimezone(UTC)
    return begin, end


def text(words: str, *, lines: bool = False) -> str:
    """Words without control characters, on one line unless `lines`."""
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", words).strip() if lines else " ".join(_CONTROL.sub(" ", words).split())


def _parameter(words: str) -> vText:
    return vText(text(words).replace('"', "'").replace("^", " "))


def _address(address: str) -> vCalAddress:
    # Spaces and line breaks have no place in an address.
    return vCalAddress("mailto:" + "".join(_CONTROL.sub("", address).split()))


def _organizer(interview: Interview) -> vCalAddress:
    """Whoever scheduled it: replies reach them; the mail itself comes from the site's address."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    organizer = _address(interview.created_by.email or sender)
    organizer.params["CN"] = _parameter(interview.created_by.display_name)
    if interview.created_by.email and sender:
        organizer.params["SENT-BY"] = str(_address(sender))
    return organizer


def _attendee(one: Attendee) -> vCalAddress:
    attendee = _address(one.address)
    attendee.params["CN"] = _parameter(one.name)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(_PARTSTAT[Interviewer.Response(one.response)])
    attendee.params["RSVP"] = vText("TRUE")
    return attendee
