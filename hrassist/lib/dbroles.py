"""The database roles: one owns the tables and migrates, the other is what the application connects as and owns nothing.

The application reads and writes rows everywhere, except where the legal record lies: there it reads and adds, and that
is all. Nothing here knows Django: the development database makes its roles with it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql

SCHEMA = "public"
# The legal record: rows are added and read, by the application for ever. Every new table of the trail belongs here.
APPEND_ONLY = ("audit_event", "audit_seal", "audit_anchor")
# What only migrations write.
READ_ONLY = ("django_migrations",)


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom a connection speaks, and what that would let somebody do who took it over."""

    role: str
    is_superuser: bool
    owns: int
    rewrites: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        return not (self.is_superuser or self.owns or self.rewrites)

    def in_words(self) -> str:
        if self.is_superuser:
            return f"{self.role} is a superuser of the database"
        if self.owns:
            return f"{self.role} owns {self.owns} tables"
        if self.rewrites:
            return f"{self.role} may change or delete rows of {', '.join(self.rewrites)}"
        return f"{self.role} owns nothing and only adds to the audit trail"


def standing(cursor: Any, *, role: str = "") -> Standing:
    """What a role may do to the legal record; by default that of this connection."""
    cursor.execute(
        """
        SELECT role.rolname::text, role.rolsuper,
          (SELECT count(*) FROM pg_class t
           WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
             AND pg_has_role(role.oid, t.relowner, 'USAGE')),
          ARRAY(SELECT t.relname::text FROM pg_class t
                WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY(%s)
                  AND has_table_privilege(role.oid, t.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') ORDER BY 1)
        FROM pg_roles role WHERE role.rolname = coalesce(nullif(%s, ''), current_user)
        """,
        [list(APPEND_ONLY), role],
    )
    name, is_superuser, owns, rewrites = cursor.fetchone()
    return Standing(role=name, is_superuser=is_superuser, owns=owns, rewrites=tuple(rewrites))


def exists(cursor: Any, role: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    return cursor.fetchone() is not None


def create(cursor: Any, *, role: str, password: str) -> None:
    """A role that signs in and has no other power; its password is set anew if it is there already."""
    verb = "ALTER" if exists(cursor, role) else "CREATE"
    attributes = "LOGIN NOCREATEDB NOCREATEROLE" if verb == "CREATE" else "LOGIN"
    cursor.execute(
        sql.SQL("{} ROLE {} {} PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.SQL(attributes), sql.Literal(password)
        )
    )


def may_grant(cursor: Any, role: str) -> bool:
    """Whether this connection owns the tables and the role is there and another one."""
    if not role:
        return False
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s) AND current_user <> %s"
        " AND coalesce((SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class"
        " WHERE oid = to_regclass('public.audit_event')), false)",
        [role, role],
    )
    return bool(cursor.fetchone()[0])


def is_granted(cursor: Any, *, role: str) -> bool:
    """Whether the role has exactly what `grant` gives, in every table that is there now."""
    cursor.execute(
        """
        WITH asked AS (SELECT %s::name AS role, %s::text[] AS append_only, %s::text[] AS read_only)
        SELECT coalesce(bool_and(CASE
            WHEN t.relkind = 'S' THEN has_sequence_privilege(role, t.oid, 'USAGE')
            WHEN NOT has_table_privilege(role, t.oid, 'SELECT') THEN false
            WHEN t.relname = ANY(append_only) THEN has_table_privilege(role, t.oid, 'INSERT')
                AND NOT has_table_privilege(role, t.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
            WHEN t.relname = ANY(read_only)
                THEN NOT has_table_privilege(role, t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
            ELSE has_table_privilege(role, t.oid, 'INSERT') AND has_table_privilege(role, t.oid, 'UPDATE')
                AND has_table_privilege(role, t.oid, 'DELETE')
        END), false)
        FROM asked, pg_class t WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p', 'S')
        """,
        [role, list(APPEND_ONLY), list(READ_ONLY)],
    )
    return bool(cursor.fetchone()[0])


def grant(cursor: Any, *, role: str) -> None:
    """Give the role what the application needs in this database, and nothing else; may be repeated.

    Call it in a transaction: the legal record is never open in between.
    """
    named = {"role": sql.Identifier(role), "schema": sql.Identifier(SCHEMA)}
    for statement in (
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        # Not UPDATE on sequences: a number that was given is not given again.
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        # What a migration makes before this runs again.
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ):
        cursor.execute(sql.SQL(statement).format(**named))
    for table in _present(cursor, APPEND_ONLY):
        _restrict(cursor, table, role, "UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")
    for table in _present(cursor, READ_ONLY):
        _restrict(cursor, table, role, "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")


def _present(cursor: Any, tables: tuple[str, ...]) -> list[str]:
    cursor.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)",
        [list(tables)],
    )
    return [name for (name,) in cursor.fetchall()]


def _restrict(cursor: Any, table: str, role: str, rights: str) -> None:
    cursor.execute(
        sql.SQL("REVOKE {} ON {} FROM {}, PUBLIC").format(
            sql.SQL(rights), sql.Identifier(SCHEMA, table), sql.Identifier(role)
        )
    )
