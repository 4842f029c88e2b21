"""A calendar program as RFC 5546 wants it, just big enough to hold our invitations to it."""

from __future__ import annotations

from typing import Any

from icalendar import Calendar


class CalendarClient:
    """The calendar of one attendee: keeps an event by its UID, and ignores whatever has a lower SEQUENCE."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.events: dict[str, Any] = {}

    def receive(self, text: str) -> str:
        """Apply one object; gives what became of it: added, updated, cancelled, ignored."""
        calendar = Calendar.from_ical(text)
        assert str(calendar["VERSION"]) == "2.0"
        assert calendar["PRODID"]
        method = str(calendar["METHOD"])
        (event,) = calendar.walk("VEVENT")
        uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
        for required in ("DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY"):
            assert required in event, f"RFC 5546 3.2 wants {required}"
        assert self.address in self.attendees(event), "an object that does not name me is not for me"
        known = self.events.get(uid)
        if known is not None and sequence <= int(known["SEQUENCE"]):
            return "ignored"
        if method == "CANCEL":
            assert str(event["STATUS"]) == "CANCELLED"
            self.events[uid] = event
            return "cancelled"
        assert method == "REQUEST"
        self.events[uid] = event
        return "updated" if known is not None else "added"

    @property
    def busy(self) -> list[Any]:
        return [event for event in self.events.values() if str(event.get("STATUS")) != "CANCELLED"]

    @staticmethod
    def attendees(event: Any) -> dict[str, Any]:
        found = event.get("ATTENDEE", [])
        rows = found if isinstance(found, list) else [found]
        return {str(one).removeprefix("mailto:"): one for one in rows}
