"""After an upgrade the planner knows of what came with it, however the migration was run."""

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import Candidate
from hrassist.lib import planner
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db
TABLE = "candidates_candidate"


def unknown():
    with connection.cursor() as cursor:
        return planner.unknown(cursor)


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def known_columns():
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname::text FROM pg_stats WHERE tablename = %s", [TABLE])
        return {name for (name,) in cursor.fetchall()}


def analyzed(queries):
    return [query["sql"] for query in queries if query["sql"].startswith("ANALYZE")]


@pytest.fixture
def known_people():
    CandidateFactory.create_batch(3)
    # A table is not altered while checks of its rows wait for the end of the transaction.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ANALYZE {TABLE}")
    assert TABLE not in unknown()


def test_a_new_column_of_a_table_with_rows_is_known_after_migrate(known_people):
    run(f"ALTER TABLE {TABLE} ADD COLUMN shoe_size smallint NOT NULL DEFAULT 42")
    assert TABLE in unknown()
    call_command("migrate", verbosity=0)
    assert "shoe_size" in known_columns()
    assert TABLE not in unknown()


def test_a_new_index_over_an_expression_is_known_after_migrate(known_people):
    run(f"CREATE INDEX shouted ON {TABLE} (md5(full_name), city)")
    assert TABLE in unknown()
    call_command("migrate", verbosity=0)
    assert TABLE not in unknown()


def test_what_is_known_already_costs_no_second_look(known_people):
    call_command("migrate", verbosity=0)
    with CaptureQueriesContext(connection) as taken:
        call_command("migrate", verbosity=0)
    # Tables whose rows were taken back by tests before this one keep their pages, and hold nothing to learn from.
    assert [statement for statement in analyzed(taken) if f'"{TABLE}"' in statement] == []


def test_an_empty_table_waits_until_it_has_rows():
    run("CREATE TABLE nothing_in_it (one integer)")
    assert "nothing_in_it" not in unknown()
    run("INSERT INTO nothing_in_it VALUES (1)")
    assert "nothing_in_it" in unknown()


def test_a_table_of_somebody_else_is_left_to_them(known_people):
    run(f"ALTER TABLE {TABLE} ADD COLUMN shoe_size smallint")
    run("SET LOCAL ROLE pg_read_all_data")
    assert unknown() == []
    assert Candidate.objects.count() == 3


def test_a_flush_looks_at_nothing(known_people):
    run(f"ALTER TABLE {TABLE} ADD COLUMN shoe_size smallint")
    with CaptureQueriesContext(connection) as taken:
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert analyzed(taken) == []
