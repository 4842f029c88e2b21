"""Years of audit events, made inside the database: what the bench of the audit log searches."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from audit.models import Event
from hrassist.ops.workload.copying import quick_session, without_indexes
from hrassist.ops.workload.load import NoWorkloadHere, Progress

CHUNK = 500_000
YEARS_SECONDS = 2 * 365 * 86_400
ACTORS, PEOPLE, JOBS, ADDRESSES = 300, 1_000_000, 5_000, 4_000

# How often what happens in a hiring team's day, in thousandths; sign-ins fail and requests are denied now and then.
ACTIONS = (
    ("candidate.viewed", 300), ("resume.viewed", 160), ("resume.page_viewed", 150), ("application.viewed", 120),
    ("candidate.searched", 80), ("application.moved", 50), ("message.sent", 40), ("resume.downloaded", 30),
    ("job.pipeline_viewed", 20), ("user.logged_in", 15), ("upload.available", 14), ("candidate.updated", 10),
    ("request.not_found", 4), ("user.login_failed", 3), ("request.denied", 2), ("candidate.exported", 1),
    ("token.issued", 1),
)  # fmt: skip

INSERT = """
INSERT INTO audit_event (
    uid, ts, code, action, outcome, reason_code, actor_type, actor_id, actor_display, impersonator_id, auth_method,
    token_id, session_hash, target_type, target_id, target_version, subject_ref, job_id, purpose, ip, ip_chain_trusted,
    user_agent, request_id, trace_id, method, route, http_status, changes, node, app_version, schema_version, tx
)
SELECT
    gen_random_uuid(), %(begin)s::timestamptz + make_interval(secs => n * %(step)s), audit_code(action), action,
    CASE WHEN action IN ('user.login_failed', 'request.denied', 'request.not_found') THEN 'deny' ELSE 'allow' END,
    CASE action WHEN 'user.login_failed' THEN 'bad_password' WHEN 'request.denied' THEN 'forbidden' ELSE '' END,
    'user', actor::text, 'user' || actor, '', 'password+totp', '', md5('s' || actor || n / 1000) || md5('t' || actor),
    CASE WHEN about THEN split_part(action, '.', 1) || 's.' || split_part(action, '.', 1) ELSE '' END,
    CASE WHEN about THEN md5('t' || person)::uuid::text ELSE '' END, '',
    CASE WHEN about THEN md5('c' || person)::uuid::text ELSE '' END,
    CASE WHEN action LIKE 'application.%%' OR action LIKE 'job.%%' THEN md5('j' || job)::uuid::text ELSE '' END,
    '', ('10.' || address / 256 %% 256 || '.' || address %% 256 || '.7')::inet, true,
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0', md5('r' || n), '', 'GET',
    split_part(action, '.', 1) || '/<path:object_id>/', 200, '{}', 'web-1', '0.1.0', 2, 3
FROM (
    SELECT n, action,
        action NOT LIKE 'user.%%' AND action NOT LIKE 'request.%%' AND action <> 'candidate.searched' AS about,
        -- A few people do most of the work, and a few candidates are looked at most.
        1 + floor(%(actors)s * power(hashfloat(n, 1), 2))::int AS actor,
        1 + floor(%(people)s * power(hashfloat(n, 2), 3))::int AS person,
        1 + floor(%(jobs)s * power(hashfloat(n, 3), 2))::int AS job,
        floor(%(addresses)s * hashfloat(n, 4))::int AS address
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    CROSS JOIN LATERAL (
        SELECT action FROM unnest(%(names)s::text[], %(until)s::int[]) AS kind (action, until)
        WHERE until > hashfloat(n, 5) * 1000 ORDER BY until LIMIT 1
    ) AS kind
) AS drawn
"""
DRAW = """
CREATE FUNCTION pg_temp.hashfloat(n bigint, salt int) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(n, salt + %s) >> 11) & 9007199254740991)::double precision / 9007199254740992
$$
"""


def load_events(*, count: int, seed: int, now: datetime, progress: Progress) -> float:
    """Add so many events of the two years before `now`; the seconds it took. Raises NoWorkloadHere."""
    if not settings.DEVELOPMENT:
        raise NoWorkloadHere("A workload is for development. Set HRASSIST_ENV=development.")
    began, until, running = time.monotonic(), [], 0
    for _, share in ACTIONS:
        running += share
        until.append(running)
    step = YEARS_SECONDS / count
    values: dict[str, Any] = {
        "begin": datetime.fromtimestamp(now.timestamp() - YEARS_SECONDS, now.tzinfo), "step": step,
        "actors": ACTORS, "people": PEOPLE, "jobs": JOBS, "addresses": ADDRESSES,
        "names": [name for name, _ in ACTIONS], "until": until,
    }  # fmt: skip
    table = Event._meta.db_table
    with quick_session(), without_indexes([table]), connection.cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- a number of ours
        cursor.execute(DRAW % seed)
        for first in range(1, count + 1, CHUNK):
            last = min(first + CHUNK - 1, count)
            cursor.execute(INSERT.replace("hashfloat(", "pg_temp.hashfloat("), {**values, "first": first, "last": last})
            progress(f"{last:,} events after {time.monotonic() - began:.0f} s")
    with connection.cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- a table of our own models
        cursor.execute(f"VACUUM (ANALYZE) {table}")
    return time.monotonic() - began
