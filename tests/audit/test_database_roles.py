"""What the application's database role may do, asked as that role over a connection of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from pytest_django.fixtures import Settings

from hrassist import databases
from hrassist.lib import dbroles

pytestmark = pytest.mark.django_db(transaction=True)


def conninfo(**other: str) -> dict[str, str]:
    at = connection.settings_dict
    mine = {
        "host": at["HOST"],
        "port": at["PORT"],
        "dbname": at["NAME"],
        "user": at["USER"],
        "password": at["PASSWORD"],
    }
    return {name: str(value) for name, value in {**mine, **other}.items() if value}


@pytest.fixture
def app_role() -> Iterator[str]:
    """A role as `database_role` makes it, in this test's database alone."""
    name, owner = f"app_{secrets.token_hex(4)}", conninfo()
    with psycopg.connect(**owner) as made, made.cursor() as cursor:  # type: ignore[arg-type]
        dbroles.create(cursor, role=name, password="made-for-one-test")
        dbroles.grant(cursor, role=name)
    yield name
    with psycopg.connect(**owner, autocommit=True) as gone:  # type: ignore[arg-type]
        gone.execute(sql.SQL("DROP OWNED BY {name}; DROP ROLE {name}").format(name=sql.Identifier(name)))


@pytest.fixture
def app(app_role: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**conninfo(user=app_role, password="made-for-one-test"), autocommit=True) as made:  # type: ignore[arg-type]
        yield made


EMPTY = [
    "code", "reason_code", "actor_id", "actor_display", "impersonator_id", "auth_method", "token_id", "session_hash",
    "target_type", "target_id", "target_version", "subject_ref", "job_id", "purpose", "user_agent", "request_id",
    "trace_id", "method", "route", "node", "app_version",
]  # fmt: skip
INSERT = (
    f"INSERT INTO audit_event (uid, ts, action, outcome, actor_type, changes, schema_version, tx, {', '.join(EMPTY)})"
    " VALUES (gen_random_uuid(), '2001-01-01', 'job.opened', 'allow', 'service', '{}', 2, 7" + ", ''" * len(EMPTY) + ")"
)


def test_the_application_adds_events_and_reads_them(app: psycopg.Connection) -> None:
    app.execute(INSERT)
    row = app.execute("SELECT now() - ts < '1 minute', tx <> 7 FROM audit_event ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (True, True), "the time and the transaction are the database's, whatever the application says"


@pytest.mark.parametrize("table", dbroles.APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN mine text",
        "ALTER TABLE {table} OWNER TO CURRENT_USER",
        "DROP TABLE {table}",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION audit_stamp()",
        "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "GRANT UPDATE ON {table} TO CURRENT_USER",
    ],
)
def test_the_application_cannot_rewrite_the_trail(app: psycopg.Connection, table: str, statement: str) -> None:
    column = "place" if table == "audit_anchor" else "node" if table == "audit_event" else "kind"
    said = statement.format(table=table, column=column)
    if statement.startswith("GRANT"):
        # Not an error in PostgreSQL but a warning, and nothing is granted.
        app.execute(said)  # type: ignore[call-overload]
        assert app.execute("SELECT has_table_privilege(%s, 'UPDATE')", [table]).fetchone() == (False,)
        return
    with pytest.raises(InsufficientPrivilege):
        app.execute(said)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "DROP FUNCTION audit_stamp()",
        "CREATE OR REPLACE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "ALTER TABLE candidates_candidate DISABLE TRIGGER audit_unrecorded",
        "ALTER TABLE hrassist_user DISABLE TRIGGER ALL",
        "SELECT setval('audit_event_id_seq', 1)",
        "CREATE TABLE public.mine ()",
        "UPDATE django_migrations SET app = ''",
    ],
)
def test_the_application_cannot_switch_off_what_watches_it(app: psycopg.Connection, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        app.execute(statement)  # type: ignore[call-overload]


def test_pgtriggers_own_way_around_a_trigger_does_not_help_it(app: psycopg.Connection) -> None:
    app.execute(INSERT)
    app.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_append_only_7d947}', false)")
    with pytest.raises(InsufficientPrivilege):
        app.execute("DELETE FROM audit_event")


def test_a_table_of_tomorrow_is_the_applications_to_use(app: psycopg.Connection, app_role: str) -> None:
    with psycopg.connect(**conninfo(), autocommit=True) as owner:  # type: ignore[arg-type]
        owner.execute("CREATE TABLE tomorrow (id bigserial PRIMARY KEY)")
        try:
            app.execute("INSERT INTO tomorrow DEFAULT VALUES")
            app.execute("DELETE FROM tomorrow")
            with pytest.raises(InsufficientPrivilege):
                app.execute("DROP TABLE tomorrow")
        finally:
            owner.execute("DROP TABLE tomorrow")


def test_who_owns_the_trail_is_said_and_who_does_not(app: psycopg.Connection) -> None:
    with app.cursor() as cursor:
        safe = dbroles.standing(cursor)
    assert safe.is_safe
    assert safe.in_words().endswith("owns nothing and only adds to the audit trail")
    owner = databases.standing()
    assert not owner.is_safe
    assert "superuser" in owner.in_words()


def test_rights_that_somebody_took_or_gave_are_noticed(app_role: str) -> None:
    with connection.cursor() as cursor:
        assert dbroles.is_granted(cursor, role=app_role)
        cursor.execute(f'GRANT DELETE ON audit_seal TO "{app_role}"')
        assert not dbroles.is_granted(cursor, role=app_role)
        assert dbroles.standing(cursor, role=app_role).rewrites == ("audit_seal",)
        dbroles.grant(cursor, role=app_role)
        assert dbroles.is_granted(cursor, role=app_role)


def test_the_check_warns_in_production_where_the_owner_serves(settings: Settings) -> None:
    settings.DEVELOPMENT, settings.AS_OWNER = False, False
    found = [one.id for one in run_checks(databases=["default"]) if one.id.startswith("hrassist.W04")]
    assert found == ["hrassist.W040"]
    assert [one for one in run_checks() if one.id == "hrassist.W040"] == []


def test_the_command_makes_the_role_and_says_what_it_has(settings: Settings) -> None:
    name, out = f"app_{secrets.token_hex(4)}", StringIO()
    settings.DB_APP_ROLE, settings.DB_APP_PASSWORD = name, "made-for-one-test"
    try:
        call_command("database_role", stdout=out)
        call_command("database_role", stdout=StringIO())
        assert out.getvalue() == f"{name} owns nothing and only adds to the audit trail.\n"
        with psycopg.connect(**conninfo(user=name, password="made-for-one-test"), autocommit=True) as made:  # type: ignore[arg-type]
            made.execute(INSERT)
    finally:
        with psycopg.connect(**conninfo(), autocommit=True) as owner:  # type: ignore[arg-type]
            owner.execute(sql.SQL("DROP OWNED BY {name}; DROP ROLE {name}").format(name=sql.Identifier(name)))


def test_one_role_for_everything_is_refused_by_the_command(settings: Settings) -> None:
    settings.DB_APP_ROLE = ""
    with pytest.raises(CommandError, match="name the same role"):
        call_command("database_role")
