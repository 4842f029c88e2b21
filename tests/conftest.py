"""What every test may ask for: people by role, clients, a still clock, a store of its own, and no network."""

from __future__ import annotations

import gc
import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from audit.models import Event
from hrassist import databases
from hrassist.models import User
from tests import emptied, factories, migrated, query_counts

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    """A still moment; `from tests.conftest import NOON` where a fixture does not reach."""
    return NOON


def pytest_collection_finish() -> None:
    """What was read in to run is no garbage; looking for some there is a twentieth of the time."""
    gc.collect()
    gc.freeze()


# --- The database -----------------------------------------------------------------------------------------------------


def _flush_despite_append_only(
    self: TransactionTestCase, *, flush: Any = TransactionTestCase._fixture_teardown
) -> None:
    if emptied.forget_rows():
        return
    # TRUNCATE of every table; the audit trail refuses that from everybody else.
    with pgtrigger.ignore("audit.Event:no_truncate", "audit.Seal:no_truncate", "audit.Anchor:no_truncate"):
        flush(self)
    # Django does not know the queue's tables as its own.
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    emptied.remember()
    # That roles were filled again is on record, and no test begins with that.
    emptied.forget_rows()


TransactionTestCase._fixture_teardown = _flush_despite_append_only


@pytest.fixture(scope="session")
def copied(request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_blocker: Any) -> bool:
    """Whether the database is a copy of one that was migrated before; with --reuse-db alone it is what it was."""
    del django_db_modify_db_settings
    if request.config.option.reuse_db and not request.config.option.create_db:
        return False
    with django_db_blocker.unblock():
        return migrated.copy()


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, copied: bool) -> bool:
    return copied or bool(request.config.option.reuse_db)


@pytest.fixture(scope="session")
def django_db_createdb(request: pytest.FixtureRequest, copied: bool) -> bool:
    return bool(request.config.option.create_db) and not copied


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_createdb: bool, copied: bool, django_db_blocker: Any
) -> None:
    """With --reuse-db a run that was killed left its rows: no test begins over them, so the first does not either."""
    del django_db_setup
    if not copied and (django_db_createdb or not django_db_keepdb):
        with django_db_blocker.unblock():
            migrated.keep()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM hrassist_user)")
        if cursor.fetchone()[0]:
            case = TransactionTestCase()
            case.databases = {"default"}
            _flush_despite_append_only(case)
        emptied.remember()


@pytest.fixture
def of_production(transactional_db: None) -> Iterator[None]:
    """The test's database is production's meanwhile: processes of another environment refuse to start over it."""
    was = databases.environment()
    databases.claim(environment="production")
    yield
    databases.claim(environment=was)


@pytest.fixture(autouse=True)
def one_connection(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the alias `audit` be the test's own connection, so that events land in its transaction and are rolled back.

    A test that proves independence asks for `separate_audit_connection` and marks itself
    `django_db(transaction=True, databases=["default", "audit"])`.
    """
    wanted = {"db", "transactional_db", "live_server", "django_db_reset_sequences"} & set(request.fixturenames)
    if not (wanted or request.node.get_closest_marker("django_db")) or (
        "separate_audit_connection" in request.fixturenames
    ):
        yield
        return
    request.getfixturevalue("db")
    own = connections["audit"]
    connections["audit"] = connections["default"]
    yield
    connections["audit"] = own


@pytest.fixture
def separate_audit_connection() -> Iterator[None]:
    yield
    connections["audit"].close()


@pytest.fixture
def assert_queries() -> Callable[..., AbstractContextManager[None]]:
    """`with assert_queries("candidate_list"):` holds the block to the number in tests/query_counts.json."""
    return query_counts.assert_queries


@pytest.fixture
def events() -> Callable[..., list[Event]]:
    """Events in the order they happened, of one action (`events("resume.downloaded")`) or a family (`"resume."`)."""

    def read(action: str = "", **columns: Any) -> list[Event]:
        rows = Event.objects.filter(action__startswith=action, **columns).order_by("id")
        return [row for row in rows if action.endswith(".") or not action or row.action == action]

    return read


@pytest.fixture
def deferred_tasks() -> Callable[[str], list[dict[str, Any]]]:
    """The arguments of the tasks of this name that wait, oldest first; `ingest_upload` finds any module's."""

    def read(name: str) -> list[dict[str, Any]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT args FROM procrastinate_jobs WHERE (task_name = %s OR task_name LIKE %s) AND status = 'todo'"
                " ORDER BY id",
                [name, f"%.{name}"],
            )
            return [_as_dict(row[0]) for row in cursor.fetchall()]

    return read


def _as_dict(value: Any) -> dict[str, Any]:
    import json

    return dict(json.loads(value) if isinstance(value, str) else value)


# --- People and clients -----------------------------------------------------------------------------------------------


@pytest.fixture
def recruiter(db: None) -> User:
    return factories.UserFactory(username="rosa", role="Recruiter")


@pytest.fixture
def coordinator(db: None) -> User:
    return factories.UserFactory(username="cora", role="Coordinator")


@pytest.fixture
def hiring_manager(db: None) -> User:
    return factories.UserFactory(username="hugo", role="Hiring manager")


@pytest.fixture
def interviewer(db: None) -> User:
    return factories.UserFactory(username="ines", role="Interviewer")


@pytest.fixture
def auditor(db: None) -> User:
    return factories.UserFactory(username="axel", role="Auditor")


@pytest.fixture
def operator(db: None) -> User:
    return factories.UserFactory(username="otto", role="Operator")


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody who may sign in and nothing else."""
    return factories.UserFactory(username="olga", role="")


@pytest.fixture
def client_as() -> Callable[[User | None], Client]:
    """A browser in which this user is signed in; None is nobody."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def api_as() -> Callable[..., APIClient]:
    """A program with a fresh token of this user, with every scope or only those given; None is without a token."""

    def make(user: User | None, *, scopes: tuple[str, ...] | None = None) -> APIClient:
        client = APIClient()
        if user is not None:
            token = factories.api_token(user, scopes=scopes)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make


# --- The world outside ------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings: Settings) -> Path:
    """A store of files and a cache for each test alone."""
    settings.DISK_STORAGE_DIR = tmp_path / "storage"
    cache.clear()
    return tmp_path / "storage"


@pytest.fixture(autouse=True)
def own_anchors(tmp_path: Path, settings: Settings) -> Path:
    """A key and a place of copies of the audit trail for each test alone."""
    settings.AUDIT_KEY_FILE = tmp_path / "audit" / "key.pem"
    settings.AUDIT_ANCHOR_DIR = str(tmp_path / "audit" / "anchors")
    return tmp_path / "audit" / "anchors"


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """No test opens a connection to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
            raise RuntimeError(f"A test tried to reach {address[0]}. Tests stay on this machine: use the fake.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
