"""What the planner knows of the tables: a column or an expression that it has never looked at, it guesses wrongly.

Autovacuum looks at a table when enough of its rows change. A migration that adds a column or an index changes none, so
that until somebody says ANALYZE the planner takes the new column for a rare one, and reads a million rows to find ten.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

# Tables with rows of which a column, or an expression of an index, was never looked at.
UNKNOWN = """
SELECT DISTINCT t.relname::text
FROM pg_class t
JOIN (
  SELECT oid AS known, oid AS relid FROM pg_class
  UNION ALL
  SELECT indexrelid, indrelid FROM pg_index WHERE indexprs IS NOT NULL AND indisvalid
) part ON part.relid = t.oid
JOIN pg_attribute a ON a.attrelid = part.known
LEFT JOIN pg_index i ON i.indexrelid = part.known
WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget IS DISTINCT FROM 0 AND a.attgenerated <> 'v'
  AND (i.indexrelid IS NULL OR i.indkey[a.attnum - 1] = 0)
  AND NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = 'public' AND s.attname = a.attname
                  AND s.tablename = (SELECT relname FROM pg_class WHERE oid = part.known))
  AND pg_relation_size(t.oid) > 0
  AND pg_has_role(t.relowner, 'USAGE')
ORDER BY 1
"""


def unknown(cursor: Any) -> list[str]:
    """Tables that this role owns and of which the planner lacks something."""
    cursor.execute(UNKNOWN)
    return [table for (table,) in cursor.fetchall()]


def learn(cursor: Any, tables: list[str]) -> None:
    """Have the planner look at a sample of these tables; some hundred milliseconds each, however long they are."""
    for table in tables:
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
