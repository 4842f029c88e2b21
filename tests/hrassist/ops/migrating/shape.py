"""What the database is made of and what is in it, as far as a migration could change it."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from psycopg import sql

# What the database is made of: kind, whose it is, and how it is called; what it is.
Shape = dict[tuple[str, str, str], str]
# The columns of each table, and its rows.
Columns = dict[str, set[str]]
Rows = dict[str, list[dict[str, Any]]]

_PARTS = """
WITH ours AS (
    SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.reloptions FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT 'relation', relname, '', concat_ws(' ', relkind, relpersistence, reloptions::text) FROM ours
UNION ALL
SELECT 'column', ours.relname, a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
    a.attstorage, a.attcompression, a.attoptions::text, col.collname, a.attstattarget)
  FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation col ON col.oid = a.attcollation
  WHERE ours.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'index', ours.relname, x.relname, concat_ws(' ', pg_get_indexdef(x.oid), i.indisvalid, x.reloptions::text)
  FROM ours JOIN pg_index i ON i.indrelid = ours.oid JOIN pg_class x ON x.oid = i.indexrelid
UNION ALL
SELECT 'constraint', ours.relname, k.conname, concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
  FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid
UNION ALL
SELECT 'trigger', ours.relname, t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'view', relname, '', pg_get_viewdef(oid) FROM ours WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'rule', ours.relname, r.rulename, pg_get_ruledef(r.oid) FROM ours JOIN pg_rewrite r ON r.ev_class = ours.oid
UNION ALL
SELECT 'policy', ours.relname, p.polname, concat_ws(' ', p.polcmd, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)) FROM ours JOIN pg_policy p ON p.polrelid = ours.oid
UNION ALL
SELECT 'sequence', ours.relname, '', concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax)
  FROM ours JOIN pg_sequence s ON s.seqrelid = ours.oid
UNION ALL
SELECT 'statistics', ours.relname, s.stxname, pg_get_statisticsobjdef(s.oid)
  FROM ours JOIN pg_statistic_ext s ON s.stxrelid = ours.oid
UNION ALL
SELECT 'function', p.oid::regprocedure::text, '', regexp_replace(pg_get_functiondef(p.oid), '^ *--[^\n]*\n', '', 'gn')
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    -- django-pgtrigger takes a trigger away and leaves its function: one that nothing calls is no part of the schema.
    AND (p.proname !~ '^_?pgtrigger_' OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid))
UNION ALL
SELECT 'type', t.typname, '', concat_ws(' ', t.typtype,
    (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
  FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
UNION ALL
SELECT 'extension', extname, '', extversion FROM pg_extension
"""


def shape() -> Shape:
    with connection.cursor() as cursor:
        cursor.execute(_PARTS)
        return {(kind, str(whose), str(name)): text for kind, whose, name, text in cursor.fetchall()}


def columns(of: Shape) -> Columns:
    """The columns of each table; what Django notes of migrations is no row of ours."""
    found: Columns = {}
    for kind, table, name in of:
        if kind == "column" and table != "django_migrations":
            found.setdefault(table, set()).add(name)
    return found


def differs(one: Shape, other: Shape) -> set[tuple[str, str, str]]:
    """What only one of them has, or both in another way."""
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def common(first: Columns, second: Columns) -> Columns:
    """The columns that both have, of the tables that both have."""
    return {table: names & second[table] for table, names in first.items() if table in second}


def rows(of: Columns) -> Rows:
    """Every row of these tables."""
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM {} one").format(
            sql.Literal(table), sql.Identifier(table)
        )
        for table in sorted(of)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {table: json.loads(text) if isinstance(text, str) else text for table, text in cursor.fetchall()}


def part(of: Rows, wanted: Columns) -> dict[str, list[str]]:
    """These columns of these tables, a line for each row, in an order that is always the same."""
    return {
        table: sorted(json.dumps({name: row[name] for name in sorted(names)}) for row in of[table])
        for table, names in wanted.items()
    }
