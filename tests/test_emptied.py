"""What a test that committed leaves behind is gone before the next, and what it took away is there again."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import TransactionTestCase

from audit.actions.events import record
from audit.models import Event
from candidates.models import Candidate
from hrassist import databases
from hrassist.lib import dbroles
from hrassist.models import User
from tests import emptied, factories
from tests.conftest import _flush_despite_append_only

pytestmark = pytest.mark.django_db(transaction=True)


def after_a_test() -> None:
    case = TransactionTestCase()
    case.databases = {"default"}
    _flush_despite_append_only(case)


@pytest.mark.parametrize("is_filled_anew", [False, True])
def test_no_row_stays_not_even_of_the_audit_trail(monkeypatch: pytest.MonkeyPatch, is_filled_anew: bool) -> None:
    if is_filled_anew:
        # As where a table grew large: every table is emptied, and roles are made again.
        monkeypatch.setattr(emptied, "_filled", [])
    factories.UserFactory(role="Recruiter")
    record("database.migrated", target=factories.CandidateFactory(), applied=[])
    assert Event.objects.exists()
    after_a_test()
    assert [Candidate.objects.count(), User.objects.count(), Event.objects.count()] == [0, 0, 0]


def test_kinds_permissions_and_groups_are_the_same_rows_afterwards() -> None:
    before = emptied._content()
    factories.UserFactory(role="Recruiter")
    after_a_test()
    assert emptied._content() == before


def test_a_waiting_task_is_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status)"
            " VALUES ('default', 'x', 0, '{}', 'todo')"
        )
        after_a_test()
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("taken", ["a group", "a permission", "a permission of a group"])
def test_what_a_test_took_from_the_roles_is_there_again(taken: str) -> None:
    def held() -> set[tuple[str, str]]:
        return set(Group.objects.values_list("name", "permissions__codename"))

    before = held()
    if taken == "a group":
        Group.objects.get(name="Recruiter").delete()
    elif taken == "a permission":
        Permission.objects.filter(group__name="Recruiter").first().delete()
    else:
        Group.objects.get(name="Recruiter").permissions.clear()
    assert held() != before
    after_a_test()
    assert held() == before
    # From here on rows are deleted again.
    assert emptied.forget_rows()


def test_a_right_of_the_application_that_a_test_took_is_there_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON candidates_candidate FROM {settings.DB_APP_ROLE}")
        assert not dbroles.is_granted(cursor, role=settings.DB_APP_ROLE)
        after_a_test()
        assert dbroles.is_granted(cursor, role=settings.DB_APP_ROLE)


def test_whose_the_database_is_stays_known() -> None:
    was = databases.environment()
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS NULL")
    after_a_test()
    assert databases.environment() == was


def test_a_table_that_held_many_rows_is_made_small_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_session (session_key, session_data, expire_date)"
            " SELECT 'k' || n, repeat('x', 200), now() FROM generate_series(1, 5000) n"
        )
        after_a_test()
        cursor.execute("SELECT count(*), pg_relation_size('django_session') FROM django_session")
        assert cursor.fetchone() == (0, 0)


def test_what_another_connection_is_about_to_commit_is_waited_for() -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO django_session VALUES ('late', 'x', now())")
        late = threading.Timer(0.5, other.connection.commit)
        late.start()
        after_a_test()
        late.join()
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
