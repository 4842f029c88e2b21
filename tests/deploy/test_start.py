"""Every process is really started with a wrong configuration, and has to end with what to do.

Which configuration is wrong say hrassist/checks.py and hrassist/ops/start.py.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import connection

from hrassist import databases
from tests.browser.conftest import environment_of_the_test
from tests.deploy.tools import SBIN, needs
from tests.repo.sources import ROOT

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]
WEB = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py", "hrassist.wsgi:application"]
STREAM = [*WEB[:-1], "--worker-class", "asgi", "--workers", "1", "hrassist.asgi:application"]
WORKER = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
WRONG = 78


@pytest.fixture
def right(own_store: Path, tmp_path: Path, of_production: None) -> dict[str, str]:
    """Settings that production starts with."""
    return {
        "PATH": SBIN,
        "HRASSIST_ENV": "production",
        "DATABASE_URL": environment_of_the_test(own_store)["DATABASE_URL"],
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "ALLOWED_HOSTS": "hr.example.com",
        "HRASSIST_VAR_DIR": str(tmp_path),
        "HRASSIST_STORAGE_DIR": str(own_store),
        "HRASSIST_WEB_BIND": f"unix:{tmp_path}/web.sock",
        "HRASSIST_WEB_WORKERS": "1",
    }


def ended(command: list[str], settings: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


def test_a_worker_starts_with_the_right_configuration(right):
    code, said = ended(WORKER, right)
    assert code == 0, said
    assert "does not start" not in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Set it in the environment; config/env.example explains it."),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set. Set it as config/env.example shows."),
        ({"SECRET_KEY_FILE": "/nowhere", "SECRET_KEY": ""}, "SECRET_KEY_FILE names /nowhere, which cannot be read"),
        ({"HRASSIST_ENV": "prod"}, "HRASSIST_ENV is 'prod'. Use one of: development, staging, production."),
        ({"SECRET_KEY": "ab" * 40}, "hrassist.E002"),
        (
            {"HRASSIST_ENV": "staging", "AWS_S3_BUCKET_NAME": "resumes", "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:1"},
            "hrassist.E012: Staging would write into resumes",
        ),
    ],
    ids=lambda value: "+".join(f"{k}={v[:12]}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_ends_the_worker_with_what_to_do(right, changed, said):
    code, error = ended(WORKER, right | changed)
    assert code == WRONG, error
    assert "hrassist does not start:" in error
    assert said in error
    assert "Traceback" not in error


def test_everything_that_is_wrong_is_told_at_once(right):
    """One start each would take a minute; that each alone is an error is in tests/hrassist/test_checks.py."""
    wrong = {
        "DEBUG": ("on", "hrassist.E001: DEBUG is on outside development. Unset DEBUG"),
        "SECRET_KEY": ("short", "hrassist.E002: SECRET_KEY is shorter than 50 characters"),
        "ALLOWED_HOSTS": ("*", "hrassist.E003: ALLOWED_HOSTS is empty or *. Name the hosts"),
        "SESSION_COOKIE_SECURE": ("off", "hrassist.E004"),
        "HRASSIST_SECRET_KEY_FALLBACKS": ("old", "hrassist.E005"),
        "CORS_ORIGINS": ("*", "hrassist.E006"),
        "AWS_ACCESS_KEY_ID": ("only-one", "hrassist.E010: One of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        "GOOGLE_API_KEY": ("x", "hrassist.E030"),
    }
    code, error = ended(WORKER, right | {name: value for name, (value, _) in wrong.items()})
    assert code == WRONG, error
    assert [said for _, said in wrong.values() if said not in error] == []
    assert "Traceback" not in error


@pytest.mark.parametrize("command", [WEB, STREAM], ids=["web", "stream"])
@pytest.mark.parametrize("changed", [{"DEBUG": "on"}, {"SECRET_KEY": ""}], ids=["debug", "no key"])
def test_the_other_processes_end_in_the_same_words(right, command, changed):
    code, error = ended(command, right | changed)
    assert code == WRONG, error
    assert "hrassist does not start:" in error


def test_only_the_web_process_goes_through_a_pooler(right):
    """What streams and workers listen for would be lost there, and nothing would say so."""
    pooled = right | {"HRASSIST_DB_POOLED": "on"}
    for command in (STREAM, WORKER):
        code, error = ended(command, pooled)
        assert code == WRONG, error
        assert "hrassist.E074: HRASSIST_DB_POOLED is on, and this process listens for notifications" in error
    checked = [sys.executable, "-c", "import hrassist.wsgi"]
    code, error = ended(checked, pooled)
    assert code == 0, error


def test_a_clock_that_is_wrong_ends_it(right):
    needs("faketime")
    code, error = ended(["faketime", "-f", "+20m", *WORKER], right)
    assert code == WRONG, error
    assert "hrassist.E073: The clock of this machine is 20 minutes from that of the database" in error
    assert "timedatectl set-ntp true" in error


def test_the_database_of_another_environment_ends_it_until_it_was_claimed(right):
    staging = right | {"HRASSIST_ENV": "staging"}
    code, error = ended(WORKER, staging)
    assert code == WRONG
    assert "hrassist.E070: This database belongs to production, and this is staging." in error

    claim = [sys.executable, "manage.py", "claim_database", "--from"]
    code, error = ended([*claim, "production"], staging)
    assert code == 1
    assert "Only the owner of the tables can do that" in error
    at = connection.settings_dict
    owner = staging | {"HRASSIST_DB_OWNER_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)}
    code, error = ended([*claim, "development"], owner)
    assert code == 1
    assert "It belongs to production, not to development." in error
    assert ended([*claim, "production"], owner)[0] == 0
    assert databases.environment() == "staging"
    code, error = ended(WORKER, staging)
    assert code == 0, error


def test_a_first_migration_says_whose_the_database_is_and_a_later_one_keeps_it(of_production, settings):
    databases.mark_after_migrate()
    assert databases.environment() == "production"
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS NULL")
    assert databases.environment() == ""
    settings.ENVIRONMENT = "staging"
    databases.mark_after_migrate()
    assert databases.environment() == "staging"


# --- The store, as a stranger finds it --------------------------------------------------------------------------------


class Store(ThreadingHTTPServer):
    """Answers as an object store answers somebody without a key; what S3 servers say is in tests/storage."""

    status = 403
    headers: dict[str, str]
    behind = datetime.timedelta()


class Answering(BaseHTTPRequestHandler):
    server: Store

    def do_GET(self) -> None:
        self.send_response_only(self.server.status)
        self.send_header(
            "Date", format_datetime(datetime.datetime.now(tz=datetime.UTC) - self.server.behind, usegmt=True)
        )
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at the process."""


@pytest.fixture
def store() -> Iterator[Store]:
    one = Store(("127.0.0.1", 0), Answering)
    one.headers = {}
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def with_store(right: dict[str, str], store: Store) -> dict[str, str]:
    return right | {
        "AWS_S3_BUCKET_NAME": "resumes",
        "AWS_S3_REGION": "eu-central-1",
        "AWS_S3_ENDPOINT_URL": f"http://127.0.0.1:{store.server_port}",
        "HRASSIST_S3_ADDRESSING_STYLE": "path",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
    }


def test_a_bucket_that_is_closed_lets_it_start(with_store, store):
    store.headers = {"x-amz-bucket-region": "eu-central-1"}
    code, error = ended(WORKER, with_store)
    assert code == 0, error


def test_a_bucket_that_anybody_can_list_ends_it(with_store, store):
    store.status = 200
    code, error = ended(WORKER, with_store)
    assert code == WRONG
    assert "hrassist.E071: Anybody can list the bucket resumes" in error


def test_a_bucket_in_another_region_ends_it(with_store, store):
    store.headers = {"x-amz-bucket-region": "us-west-2"}
    code, error = ended(WORKER, with_store)
    assert code == WRONG
    assert "Set AWS_S3_REGION=us-west-2." in error


def test_a_store_whose_clock_is_another_ends_it(with_store, store):
    # By its own clock at the time it is asked: how long a start takes changes nothing.
    store.behind = datetime.timedelta(minutes=16)
    code, error = ended(WORKER, with_store)
    assert code == WRONG
    assert "The clock of this machine is 16 minutes from that of the object store" in error


def test_a_store_that_is_away_does_not_keep_it_from_starting(with_store):
    """It comes back; /readyz says meanwhile that it does not answer."""
    code, error = ended(WORKER, with_store | {"AWS_S3_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert code == 0, error
