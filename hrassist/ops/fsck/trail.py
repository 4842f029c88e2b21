"""What was seen and done is on record, and the record is sealed: I5 and I6."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.urls import Resolver404, resolve
from psycopg import sql

from audit.actions import seals
from audit.models import Event
from audit.sealing import checking, keys
from audit.sealing.keys import BadKey, NoKey
from hrassist.ops.fsck.broken import Asked, Broken, batches

# The addresses whose answers are bytes of somebody's resume, by the name of their route.
BYTES = {"files:original", "files:page", "api:resume-file"}


def every_access_is_on_record(asked: Asked) -> Iterator[Broken]:
    """I5: no bytes without a row before them, and no access twice; with the web server's log, both ways."""
    yield from _guards()
    for lines in batches(asked.access_log):
        yield from _compare(lines)


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
    given = {}
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if said.get("method") == "GET" and said.get("status") in {200, 206} and said.get("bytes") and _is_bytes(said):
            given[said["request_id"]] = said["path"]
    rows = Event.objects.filter(
        request_id__in=list(given), action__in=["resume.downloaded", "resume.page_viewed"], outcome="allow"
    )
    counted = Counter(rows.values_list("request_id", flat=True))
    for request_id, path in given.items():
        if counted[request_id] != 1:
            times = "not on record" if not counted[request_id] else f"on record {counted[request_id]} times"
            yield Broken(
                f"The answer to {path} (request {request_id}) is {times}.",
                "Bytes left without their row: treat it as a breach (docs/security.md), manage.py breach_report.",
            )


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
