"""The operators' page says what lies in the places, to those who run the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Event
from hrassist.admin.security import Level
from hrassist.models import User
from hrassist.ops.backup import checks, keys, manifests, pages, places
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.status import Status

pytestmark = pytest.mark.django_db

ClientAs = Callable[[User | None], Client]


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_runs_the_machine_opens_it_and_it_is_on_record(
    role: str, request: pytest.FixtureRequest, client_as: ClientAs, events: Callable[..., list[Event]]
) -> None:
    page = client_as(request.getfixturevalue(role)).get("/backups/")
    assert page.status_code == 200
    assert b"Nothing is backed up" in page.content
    assert b'href="/backups/"' in page.content
    assert len(events("backup.viewed")) == 1


@pytest.mark.parametrize("role", ["recruiter", "hiring_manager", "interviewer", "outsider"])
def test_nobody_else_does(role: str, request: pytest.FixtureRequest, client_as: ClientAs) -> None:
    client = client_as(request.getfixturevalue(role))
    assert client.get("/backups/").status_code == 403
    assert b"/backups/" not in client.get("/").content


def _manifest(place: places.Place, kind: str, ring: Ring, /, *, hours: float, **said: object) -> None:
    moment = timezone.now() - timedelta(hours=hours)
    under = {"database": manifests.DATABASE, "drill": manifests.DRILLS, "files": manifests.FILES}[kind]
    body = {"kind": kind, "moment": moment.isoformat(), **said}
    manifests.write(place, body, name=f"{under}{moment:{manifests.STAMP}}/{manifests.NAME}", ring=ring)


def test_it_shows_ages_sizes_and_what_the_last_drill_measured(
    place: FolderPlace, ring: Ring, client_as: ClientAs, operator: User, assert_queries: Any
) -> None:
    _manifest(place, "database", ring, hours=28, rows={"a": 1200}, size=5_000_000)
    _manifest(place, "drill", ring, hours=3, passed=True, rpo_seconds=90, rto_seconds=150, rows=1200, place="A")
    client = client_as(operator)
    with assert_queries("backups"):
        text = client.get("/backups/").content.decode()
    assert "1,200 rows, 5.0 MB encrypted" in text
    assert "28 hours old" in text
    assert "90 seconds of work" in text
    assert "2 minutes" in text
    assert "Somebody has to act" in text
    assert "Place A has no copy of files." in text


def test_its_findings_stand_on_the_security_page_with_a_link(
    place: FolderPlace, ring: Ring, client_as: ClientAs, operator: User
) -> None:
    _manifest(place, "drill", ring, hours=1, passed=False, why="chunk 3 is not what was written")
    found = pages.load()
    assert ("The last drill failed: chunk 3 is not what was written", Level.SERIOUS) in [
        (one.what, one.level) for one in found
    ]
    assert b"The last drill failed" in client_as(operator).get("/security/").content


def test_what_was_read_is_kept_for_a_minute_and_no_longer_believed_after(place: FolderPlace, ring: Ring) -> None:
    first = pages.read()
    assert isinstance(first, Status)
    _manifest(place, "database", ring, hours=0, rows={}, size=1)
    assert pages.read().age("database") is None
    cache.clear()
    assert pages.read().age("database") is not None


# --- The system checks ------------------------------------------------------------------------------------------------


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Settings:
    """As a production with two buckets and a key."""
    settings.DEVELOPMENT = False
    settings.BACKUP_KEY_FILE = str(tmp_path / "backup.key")
    keys.generate(tmp_path / "backup.key")
    settings.BACKUP_PLACES = {
        name: {"where": f"s3://backups-{name.lower()}/", "endpoint_url": f"https://{name}.example.com", "region": "r",
               "access_key": f"key-{name}", "secret_key": "s"}
        for name in ("A", "B")
    }  # fmt: skip
    return settings


def found() -> set[str]:
    return {one.id.removeprefix("hrassist.") for one in checks.check_backups() if one.id}


def test_two_locked_buckets_with_a_key_are_safe(production: Settings) -> None:
    del production
    assert found() == set()


def test_each_combination_that_is_no_backup_is_named(production: Settings, tmp_path: Path) -> None:
    good = {name: dict(said) for name, said in production.BACKUP_PLACES.items()}

    def with_places(**changed: dict[str, str]) -> set[str]:
        production.BACKUP_PLACES = {name: {**good[name], **changed.get(name, {})} for name in good}
        return found()

    assert with_places(A={"where": ""}, B={"where": ""}) == {"W090"}
    production.BACKUP_ENGINE = "pgbackrest"
    assert with_places(A={"where": ""}, B={"where": ""}) == {"W096"}
    production.BACKUP_ENGINE = "dump"
    assert with_places(B={"where": ""}) == {"W091"}
    assert with_places(B={"where": good["A"]["where"], "endpoint_url": good["A"]["endpoint_url"]}) == {"E091"}
    one_store = {"endpoint_url": good["A"]["endpoint_url"]}
    # A prefix makes no other place of a bucket, and a bucket of its own none where one key opens both.
    assert with_places(A={"where": "s3://b/x"}, B={"where": "s3://b/y/", **one_store}) == {"E091"}
    assert with_places(A={"where": "s3://b/x"}, B={"where": "s3://b/y"}) == set()
    assert with_places(B={**one_store, "access_key": good["A"]["access_key"]}) == {"W097"}
    assert with_places(B={"access_key": good["A"]["access_key"]}) == set()
    assert with_places(A={"access_key": ""}, B={**one_store, "access_key": ""}) == set()
    assert with_places(A={"where": "/mnt/a"}, B={"where": "/mnt/b"}) == {"W092"}
    assert with_places(A={"where": str(tmp_path)}) == {"E092"}
    production.STORAGE_BACKEND, production.AWS_S3_BUCKET_NAME = "s3", "resumes"
    production.AWS_S3_ENDPOINT_URL, production.AWS_ACCESS_KEY_ID = good["A"]["endpoint_url"], "key-A"
    assert with_places(A={"where": "s3://resumes/backups"}) == {"E096"}
    assert with_places() == {"W094"}
    production.STORAGE_BACKEND = "disk"
    production.BACKUP_LOCK_MODE = "off"
    assert with_places() == {"W093"}
    production.BACKUP_LOCK_MODE = "GOVERNANCE"
    assert with_places() == {"W098"}
    production.BACKUP_LOCK_DAYS = 5
    assert with_places() == {"W098", "E095"}
    production.BACKUP_LOCK_MODE = "COMPLIANCE"
    assert with_places() == {"E095"}
    production.BACKUP_LOCK_DAYS = 30
    (tmp_path / "backup.key").chmod(0o644)
    assert with_places() == {"E094"}
    production.BACKUP_KEY_FILE = str(tmp_path / "absent.key")
    assert with_places() == {"E093"}
    production.BACKUP_KEY_FILE = ""
    assert with_places() == {"E090"}
    # Who looks has what proves, and needs no more.
    production.BACKUP_PUBLIC_KEY_FILE = str(tmp_path / "backup.key.pub")
    assert with_places() == set()


@pytest.mark.parametrize(
    ("host", "is_pooled", "refused"),
    [
        ("ep-cool-1.eu-central-1.aws.neon.tech", False, False),
        ("ep-cool-1-pooler.eu-central-1.aws.neon.tech", False, True),
        ("aws-0-eu-central-1.pooler.supabase.com", False, True),
        ("db.example-pooler.com", False, False),
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
    ],
)
def test_a_pooler_is_no_address_for_backups(production: Settings, host: str, is_pooled: bool, refused: bool) -> None:
    production.DB_OWNER_HOST, production.DB_OWNER_IS_POOLED = host, is_pooled
    assert found() == ({"E097"} if refused else set())
    production.BACKUP_ENGINE = "pgbackrest"
    assert found() == set(), "nothing is dumped"


@pytest.mark.parametrize(
    ("owner", "pooled", "said"),
    [
        ("postgresql://o@10.0.0.1:6432/hr", "1", "10.0.0.1 True"),
        ("postgresql://o@10.0.0.1:5432/hr", "1", "10.0.0.1 False"),
        ("postgresql://o@10.0.0.2:6432/hr", "1", "10.0.0.2 False"),
        ("", "1", "10.0.0.1 True"),
        ("", "", "10.0.0.1 False"),
    ],
)
def test_the_settings_say_where_the_owner_connects_to(owner: str, pooled: str, said: str) -> None:
    script = "from django.conf import settings as s; print(s.DB_OWNER_HOST, s.DB_OWNER_IS_POOLED)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=configured.BASE_DIR, capture_output=True, text=True, check=True,
        env={
            "PATH": os.environ["PATH"], "HRASSIST_ENV": "development", "DJANGO_SETTINGS_MODULE": "hrassist.settings",
            "DATABASE_URL": "postgresql://a@10.0.0.1:6432/hr", "HRASSIST_DB_OWNER_URL": owner,
            "HRASSIST_DB_POOLED": pooled,
        },
    )  # fmt: skip
    assert done.stdout.strip() == said


def test_a_key_is_made_by_the_command_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup_key", new=tmp_path / "k" / "backup.key")
    assert "Keep a copy away from this machine" in capsys.readouterr().out
