"""What was seen and done is on record, and the record is sealed: I5 and I6."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.urls import Resolver404, resolve
from psycopg import sql

from audit.actions import seals
from audit.models import Event
from audit.sealing import checking, keys
from audit.sealing.keys import BadKey, NoKey
from hrassist.ops.fsck.broken import Asked, Broken, batches

# What is put on record of them.
ACCESSES = ("resume.downloaded", "resume.page_viewed")
# An answer's line is written when it ended: a large file to a slow reader takes minutes.
LONGEST_ANSWER = timedelta(minutes=15)
# How far the web server's clock may be off, and how long it waits for a process before it asks another one.
SKEW = timedelta(minutes=1)
LONGEST_SILENCE = timedelta(minutes=2)
# The addresses whose answers are bytes of somebody's resume, by the name of their route.
BYTES = {"files:original", "files:page", "api:resume-file"}


def every_access_is_on_record(asked: Asked) -> Iterator[Broken]:
    """I5: no bytes without a row before them, and no access twice; with the web servers' logs, both ways."""
    yield from _guards()
    for log in asked.access_logs:
        for lines in batches(log):
            yield from _compare(lines)
    yield from _without_an_answer(asked.access_logs)


def _guards() -> Iterator[Broken]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname::text FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass AND tgenabled = 'D'"
            " AND NOT tgisinternal"
        )
        for (name,) in cursor.fetchall():
            yield Broken(
                f"The trigger {name} of the audit trail is switched off: rows could be rewritten.",
                "As the owner: ALTER TABLE audit_event ENABLE TRIGGER …; then manage.py audit_verify --anchors.",
                _switch_on(name),
            )
        cursor.execute(
            "SELECT count(*) FROM pg_index WHERE indrelid = 'audit_event'::regclass AND indisunique AND indisvalid"
            " AND indexrelid = to_regclass('event_one_per_access')"
        )
        if not cursor.fetchone()[0]:
            yield Broken(
                "Nothing keeps an access from being on record twice: event_one_per_access is gone or not valid.",
                "As the owner: manage.py migrate audit, or make the constraint again.",
            )


def _switch_on(name: str) -> Any:
    def switch_on() -> str:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("ALTER TABLE audit_event ENABLE TRIGGER {}").format(sql.Identifier(name)))
        return f"the trigger {name} is on"

    return switch_on


def _compare(lines: Iterable[str]) -> Iterator[Broken]:
    given = {
        said["request_id"]: said["path"]
        for said in _said(lines)
        if said.get("method") == "GET" and said.get("status") in {200, 206} and said.get("bytes") and _is_bytes(said)
    }
    rows = Event.objects.filter(request_id__in=list(given), action__in=ACCESSES, outcome="allow")
    counted = Counter(rows.values_list("request_id", flat=True))
    for request_id, path in given.items():
        if counted[request_id] != 1:
            times = "not on record" if not counted[request_id] else f"on record {counted[request_id]} times"
            yield Broken(
                f"The answer to {path} (request {request_id}) is {times}.",
                "Bytes left without their row: treat it as a breach (docs/security.md), manage.py breach_report.",
            )


def _without_an_answer(logs: Sequence[Sequence[str]]) -> Iterator[Broken]:
    """Accesses on record of which no web server wrote a line, of the time that all of the logs tell of.

    The line says by its status what became of the answer. One that failed or that nobody waited for is none that is
    missing: the row stands before the first byte, whether or not there is a second. HEAD has no row and needs no line,
    what a web server refused by itself has a line and needs no row.
    """
    since, until, answered = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), set[str]()
    for log in logs:
        moments = []
        for said in _said(log):
            if moment := _moment(said):
                moments.append(moment)
            if said.get("method") == "GET" and _is_bytes(said):
                answered.add(str(said.get("request_id")))
        if not moments:
            return
        since, until = max(since, min(moments) + SKEW), min(until, max(moments) - LONGEST_ANSWER)
    if not logs or since >= until:
        return
    told = Event.objects.filter(
        action__in=ACCESSES, outcome="allow", method="GET", ts__gte=since, ts__lt=until
    ).exclude(request_id="")  # fmt: skip
    for events in batches(told.order_by("ts", "id").iterator()):
        for event in events:
            if event.request_id not in answered and not _was_asked_again(event, answered):
                yield Broken(
                    f"{event.target_type} {event.target_id} went to {event.actor_display} at {event.ts:%Y-%m-%d %H:%M}"
                    f" (request {event.request_id}, {event.action}), and no web server answered that.",
                    "Somebody reached the application past the web server, wrote the row by hand, or cut the log: keep "
                    "both, and see in the audit log from where it came.",
                )


def _was_asked_again(event: Event, answered: set[str]) -> bool:
    """A web server that hears nothing of a process asks another one, under the same id; that one takes a new id."""
    first = Event.objects.filter(
        action=event.action, target_id=event.target_id, actor_id=event.actor_id, session_hash=event.session_hash,
        token_id=event.token_id, outcome="allow", method="GET", ts__gte=event.ts - LONGEST_SILENCE, ts__lte=event.ts,
    )  # fmt: skip
    return any(one in answered for one in first.values_list("request_id", flat=True))


def _said(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


def _moment(said: dict[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(said.get("ts")))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_bytes(said: dict[str, Any]) -> bool:
    try:
        return resolve(str(said.get("path", "")).partition("?")[0]).view_name in BYTES
    except Resolver404:
        return False


def seals_hold(asked: Asked) -> Iterator[Broken]:
    """I6: the seals verify and cover everything older than five minutes."""
    try:
        ring = keys.configured()
    except (NoKey, BadKey) as error:
        yield Broken(error.message, "manage.py audit_key --new FILE.")
        return
    for problem in checking.verify(ring=ring).problems:
        yield Broken(f"The audit trail is not whole: {problem}", "manage.py audit_verify --anchors says where.")
    # Nobody seals a copy.
    if asked.as_of is None and (late := seals.lag()).is_late:
        yield Broken(
            f"{late.unsealed} events wait for a seal for {late.seconds / 60:.0f} minutes.", "Start a worker.", _seal
        )


def _seal() -> str:
    made = 0
    while batch := seals.seal_all():
        made += len(batch)
        if not seals.lag().is_late:
            break
    return f"{made} seals were made"
