"""The trail for others: the feed with its cursor, what is sent to a collector, and files for an auditor."""

from __future__ import annotations

import csv
import json
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit import actions as audit
from audit.actions import exporting, pushing, upkeep
from audit.actions.exporting import BadCursor, Cursor
from audit.models import Event, Feed
from audit.sealing import canonical
from hrassist.lib import egress
from hrassist.lib.egress import Answer, EgressFailed
from tests.audit.sealing import batches_of, conninfo, events, seal

pytestmark = [pytest.mark.alone, pytest.mark.django_db(transaction=True)]
FEED = "/api/v1/audit-events"


def taken(client, *, limit: int = 7) -> list[dict]:
    found, cursor = [], ""
    while True:
        answer = client.get(f"{FEED}?limit={limit}&cursor={cursor}").json()
        found += answer["results"]
        if not answer["more"]:
            return found
        cursor = answer["next"]


def test_a_collector_gets_every_sealed_event_once_and_in_the_same_order(auditor, api_as):
    with batches_of(5):
        events(23, by=auditor)
        client = api_as(auditor, scopes=("audit:read",))
        seal()
    sealed = set(Event.objects.values_list("pk", flat=True))
    first = taken(client)
    assert {event["id"] for event in first} == sealed
    assert len({event["uid"] for event in first}) == len(first)
    assert taken(client, limit=50)[: len(first)] == first
    assert all(event["seal"] > 0 for event in first)


def test_what_was_committed_late_comes_late_and_is_not_passed_over(auditor, api_as):
    client = api_as(auditor, scopes=("audit:read",))
    seal()
    cursor = client.get(FEED).json()["next"]
    with psycopg.connect(**conninfo()) as slow:  # type: ignore[arg-type]
        slow.execute("SELECT audit_insert('job.opened', '', 'late', '', '{}')")
        events(2, by=auditor)
        seal()
        early = client.get(f"{FEED}?cursor={cursor}").json()["results"]
        assert "late" not in [event["target_id"] for event in early]
        slow.commit()
    seal()
    assert "late" in [event["target_id"] for event in client.get(f"{FEED}?cursor={cursor}").json()["results"]]


def test_reading_the_feed_is_on_record_and_reading_nothing_is_not(auditor, api_as):
    events(3, by=auditor)
    client = api_as(auditor, scopes=("audit:read",))
    seal()
    answer = client.get(FEED).json()
    client.get(f"{FEED}?cursor={answer['next']}")
    (event,) = Event.objects.filter(action="event.fed")
    assert (event.actor_type, event.changes["events"]) == ("token", len(answer["results"]))


def test_the_feed_wants_the_scope_and_the_permission(auditor, recruiter, api_as):
    assert api_as(auditor, scopes=("candidates:read",)).get(FEED).status_code == 403
    assert api_as(recruiter, scopes=("audit:read",)).get(FEED).status_code == 403
    assert api_as(None).get(FEED).status_code == 401


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=1-", "cursor=1-2-3", "cursor=-1-2", "limit=0", "limit=5000", "limit=a"]
)
def test_a_cursor_or_limit_that_is_none_is_told(auditor, api_as, query):
    assert api_as(auditor, scopes=("audit:read",)).get(f"{FEED}?{query}").status_code in {400, 422}


def test_a_cursor_comes_back_from_its_text():
    assert Cursor.decode(Cursor(7, 12).encode()) == Cursor(7, 12)
    with pytest.raises(BadCursor):
        Cursor.decode("seven")


# --- Sending ----------------------------------------------------------------------------------------------------------


class Collector:
    """The other side of the egress client: takes lines, or fails as told."""

    def __init__(self) -> None:
        self.lines: list[dict] = []
        self.down = False

    def call(self, _method, _url, *, body=b"", headers=None, **_options):
        if self.down:
            raise EgressFailed("it took longer than 10 seconds.")
        assert headers["Authorization"] == "Bearer secret"
        self.lines += [json.loads(line) for line in body.splitlines()]
        return Answer(204, {}, b"")


@pytest.fixture
def collector(monkeypatch, settings):
    made = Collector()
    monkeypatch.setattr(egress, "call", made.call)
    settings.AUDIT_PUSH_URL, settings.AUDIT_PUSH_TOKEN = "https://siem.example.com/in", "secret"
    return made


def test_sealed_events_are_sent_once_and_go_on_where_they_were_left(collector, auditor):
    events(3, by=auditor)
    seal()
    sent = pushing.push_all()
    assert sent == len(collector.lines) == Event.objects.count()
    assert pushing.push_all() == 0
    events(2, by=auditor)
    seal()
    assert pushing.push_all() == 2
    assert len({line["uid"] for line in collector.lines}) == len(collector.lines)


def test_a_collector_that_is_down_gets_everything_when_it_is_back(collector, auditor):
    events(3, by=auditor)
    seal()
    collector.down = True
    for _ in range(7):
        assert pushing.push_all() == 0
    assert Feed.objects.get().failures == 7
    assert any("not taken since 7 tries" in text for _, text in upkeep.troubles())
    collector.down = False
    assert pushing.push_all() == Event.objects.count()
    assert (Feed.objects.get().failures, Feed.objects.get().last_error) == (0, "")


def test_nothing_is_sent_where_no_collector_is_named(auditor):
    events(1, by=auditor)
    seal()
    assert pushing.push_all() == 0
    assert not Feed.objects.exists()


# --- Files ------------------------------------------------------------------------------------------------------------


def test_lines_of_an_export_are_the_bytes_that_were_sealed(auditor, tmp_path):
    events(4, by=auditor)
    (made,) = seal()
    call_command("audit_export", output=tmp_path / "trail.jsonl", stderr=StringIO())
    lines = (tmp_path / "trail.jsonl").read_bytes().splitlines()
    assert canonical.split(bytes(made.leaves)) == [canonical.leaf(line) for line in lines[: made.count]]
    # Its own row is on record before the first byte, and so is among them.
    assert json.loads(lines[-1])["action"] == "event.exported"


def test_a_cell_that_a_spreadsheet_would_calculate_is_defused(auditor, tmp_path):
    audit.record("job.opened", by=auditor, purpose="=HYPERLINK(1)")
    call_command("audit_export", format="csv", output=tmp_path / "trail.csv", stderr=StringIO())
    rows = list(csv.DictReader((tmp_path / "trail.csv").open()))
    assert "'=HYPERLINK(1)" in [row["purpose"] for row in rows]


def test_an_export_takes_the_days_that_were_asked_for_and_overwrites_nothing(auditor, tmp_path):
    events(2, by=auditor)
    path = tmp_path / "none.jsonl"
    call_command("audit_export", until="2001-01-01", output=path, stderr=StringIO())
    assert path.read_text() == ""
    with pytest.raises(CommandError, match="File exists"):
        call_command("audit_export", output=path, stderr=StringIO())
    with pytest.raises(CommandError, match="is no day"):
        call_command("audit_export", since="yesterday", stderr=StringIO())


def test_a_piece_ends_where_the_seals_end():
    assert exporting.piece(Cursor()).events == []
    assert exporting.piece(Cursor(5, 5)).cursor == Cursor(5, 5)
