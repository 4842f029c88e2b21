"""Every process is really started with a wrong configuration, and has to end with what to do.

Which configuration is wrong say hrassist/checks.py, hrassist/ops/start.py and hrassist/ops/own_buckets.py; that all
four processes ask for it is in test_start_of_each.py.
"""

from __future__ import annotations

import datetime
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from audit.sealing import keys
from hrassist import databases
from tests.deploy import stand_in_store
from tests.deploy.monitoring import wait_for
from tests.deploy.stand_in_store import Store
from tests.deploy.starting import STREAM, WORKER, WRONG, ended, settings_of_production, settings_of_store
from tests.deploy.test_exporters import pooler
from tests.deploy.tools import needs

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]
MARKS = ["/resumes/clean/environment", "/resumes/incoming/environment"]


@pytest.fixture
def right(own_store: Path, tmp_path: Path, of_production: None) -> dict[str, str]:
    return settings_of_production(own_store, tmp_path)


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
        "HRASSIST_ERASURE_LEDGER_KEY": ("abc", "hrassist.E014: HRASSIST_ERASURE_LEDGER_KEY is shorter"),
        "HRASSIST_RECEIPT_KEY": ("abc", "hrassist.E014: HRASSIST_RECEIPT_KEY is shorter"),
        "HRASSIST_METRICS_TOKEN": ("a", "hrassist.E015"),
        "AWS_ACCESS_KEY_ID": ("only-one", "hrassist.E010: One of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        "GOOGLE_API_KEY": ("x", "hrassist.E030"),
    }
    code, error = ended(WORKER, right | {name: value for name, (value, _) in wrong.items()})
    assert code == WRONG, error
    assert [said for _, said in wrong.values() if said not in error] == []
    assert "Traceback" not in error


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


def test_a_web_process_that_is_not_told_of_its_pooler_ends_with_what_to_do(right):
    # Under /tmp itself: the pooler becomes nobody, who has to find its settings.
    with tempfile.TemporaryDirectory() as name, pooler(Path(name)) as port:
        wait_for(lambda: socket.create_connection(("127.0.0.1", port)).close() or True, seconds=30, why="no pooler")
        through = right | {"DATABASE_URL": f"postgresql://hrassist_app:one@127.0.0.1:{port}/hrassist"}
        code, error = ended([sys.executable, "-c", "import hrassist.wsgi"], through)
    assert code == WRONG, error
    assert "hrassist.E079: DATABASE_URL leads to a pooler" in error
    assert "Set HRASSIST_DB_POOLED=on and HRASSIST_DB_STATEMENT_TIMEOUT=0" in error


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


@pytest.fixture
def store() -> Iterator[Store]:
    with stand_in_store.running() as one:
        yield one


@pytest.fixture
def with_store(right: dict[str, str], store: Store) -> dict[str, str]:
    return right | settings_of_store(store)


def test_a_bucket_that_is_closed_lets_it_start(with_store, store):
    store.headers = {"x-amz-bucket-region": "eu-central-1"}
    code, error = ended(WORKER, with_store)
    assert code == 0, error


def test_a_bucket_that_anybody_can_list_ends_it(with_store, store):
    store.status = 200
    code, error = ended(WORKER, with_store)
    assert code == WRONG
    assert "hrassist.E071: Anybody can list the bucket resumes" in error


def test_a_bucket_whose_files_anybody_can_read_ends_it_though_nobody_can_list_it(with_store, store):
    store.is_readable = True
    code, error = ended(WORKER, with_store)
    assert code == WRONG, error
    for folder in ("incoming", "clean"):
        assert f"hrassist.E071: Anybody can read the files in resumes/{folder} whose names they know" in error
    assert "Anybody can list" not in error


def test_the_first_start_says_whose_the_files_are_and_later_ones_write_nothing(with_store, store):
    # Of a queue in which nothing is: the task that marks again every six hours may be due just now.
    starts = [*WORKER, "--queues", "nobody"]
    code, error = ended(starts, with_store)
    assert code == 0, error
    assert store.objects == dict.fromkeys(MARKS, b"hrassist: production\n")
    assert ended(starts, with_store)[0] == 0
    assert sorted(store.puts) == MARKS
    # What the store did not say is said, and keeps nobody from starting.
    assert "did not say its public access block (501), its policy (501), its list of access (501)" in error


def test_who_is_wrong_elsewhere_makes_no_file_its_own(with_store, store):
    code, error = ended(WORKER, with_store | {"HRASSIST_ENV": "staging", "HRASSIST_S3_PREFIX": "staging"})
    assert code == WRONG
    assert "hrassist.E070" in error
    assert store.puts == []


def test_the_files_of_another_environment_end_it_until_they_were_claimed(with_store, store):
    store.belongs_to("staging")
    code, error = ended(WORKER, with_store)
    assert code == WRONG
    assert "hrassist.E075: The files in resumes/clean belong to staging, and this is production." in error
    claim = [sys.executable, "manage.py", "claim_bucket", "--from"]
    code, error = ended([*claim, "development"], with_store)
    assert code == 1
    assert "resumes/incoming belongs to staging, not to development. Nothing was changed." in error
    assert store.puts == []
    assert ended([*claim, "staging"], with_store)[0] == 0
    assert sorted(store.puts) == MARKS
    code, error = ended(WORKER, with_store)
    assert code == 0, error


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
    assert "The bucket resumes does not answer" in error


# --- What the worker alone has ----------------------------------------------------------------------------------------


def public_half() -> str:
    ring = keys.generate()
    return keys.Ring(signer=None, trusted=ring.trusted).as_pem()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "There is no key that signs the seals of the audit trail."),
        (public_half(), "There is no key that signs the seals of the audit trail."),
        ("rubbish", "The audit key is no Ed25519 key in PEM."),
    ],
    ids=["none", "public half", "rubbish"],
)
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_worker_that_could_not_seal_does_not_start(right, environment, key, said, tmp_path):
    databases.claim(environment=environment)
    settings = {name: value for name, value in right.items() if name != "HRASSIST_AUDIT_KEY_FILE"}
    code, error = ended(WORKER, settings | {"HRASSIST_ENV": environment, "HRASSIST_AUDIT_KEY": key})
    assert code == WRONG, error
    assert f"hrassist.E076: {said}" in error
    assert "manage.py audit_key --new FILE" in error


def test_a_ledger_of_erasures_that_cannot_be_written_is_said_at_the_start_of_a_worker(right):
    code, error = ended(WORKER, right | {"HRASSIST_ERASURE_LEDGER": "/dev/null/ledger"})
    assert code == 0, error
    assert "The ledger of erasures cannot be written in /dev/null/ledger" in error
