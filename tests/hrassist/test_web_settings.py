"""The settings of the web process and its connections that measured best (docs/scaling.md)."""

import gc
import os
import runpy
from types import SimpleNamespace

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections

from hrassist.lib.storage import marks, s3
from tests.hrassist.test_env import ROOT
from tests.hrassist.test_settings import settings_with

GUNICORN = ROOT / "config/gunicorn.conf.py"
ENVIRONMENTS = sorted((ROOT / "deploy/environments").glob("*.env"))


@pytest.fixture
def gunicorn(monkeypatch):
    """The configuration as gunicorn reads it where nobody says otherwise."""
    for name in [name for name in os.environ if name.startswith("HRASSIST_WEB_")]:
        monkeypatch.delenv(name)
    return runpy.run_path(str(GUNICORN))


def test_two_processes_of_four_threads_share_the_code_that_was_loaded_once(gunicorn):
    assert (gunicorn["worker_class"], gunicorn["workers"], gunicorn["threads"]) == ("gthread", 2, 4)
    assert gunicorn["preload_app"] is True


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_what_an_installation_begins_with_says_the_same(path):
    lines = path.read_text().splitlines()
    for line in ("HRASSIST_WEB_WORKERS=2", "HRASSIST_WEB_THREADS=4", "HRASSIST_DB_CONN_MAX_AGE=600"):
        assert line in lines


def warmed(gunicorn, monkeypatch, worker_class: str) -> list[tuple[str, str]]:
    """What the master asks the application itself before it forks, with what it says to that."""
    said = []
    application = get_wsgi_application()

    def noting(environ, _start):
        return application(environ, lambda status, _headers: said.append((environ["PATH_INFO"], status)))

    monkeypatch.setattr(gc, "freeze", lambda: said.append(("gc", "frozen")))
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    monkeypatch.setattr(connections, "close_all", lambda: said.append(("connections", "closed")))
    cfg = SimpleNamespace(worker_class_str=worker_class)
    gunicorn["when_ready"](SimpleNamespace(cfg=cfg, LISTENERS=[], app=SimpleNamespace(wsgi=lambda: noting)))
    return said


def test_one_request_is_answered_before_the_workers_are_forked_and_no_connection_is_handed_on(
    db, gunicorn, monkeypatch
):
    assert warmed(gunicorn, monkeypatch, "gthread") == [
        ("gc", "frozen"),
        ("/livez", "200 OK"),
        ("connections", "closed"),
    ]
    assert warmed(gunicorn, monkeypatch, "asgi") == [("gc", "frozen")]


def test_connections_are_kept_and_the_server_binds_nothing(db):
    (databases,) = settings_with("DATABASES", DATABASE_REPLICA_URL="postgresql://nobody@127.0.0.1:1/copy")
    assert set(databases) == {"default", "audit", "replica"}
    for alias, one in databases.items():
        assert (one["CONN_MAX_AGE"], one["CONN_HEALTH_CHECKS"], one["ATOMIC_REQUESTS"]) == (600, True, False), alias
        # Django's pool would be a second one beside the threads' own connections.
        assert not {"server_side_binding", "pool"} & set(one["OPTIONS"]), alias
    assert connection.features.uses_server_side_binding is False


def test_a_process_has_one_client_of_the_store_and_makes_it_at_its_start(settings):
    settings.AWS_S3_BUCKET_NAME = settings.S3_INCOMING_BUCKET_NAME = "resumes"
    settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = "made-up"
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:1"
    one = s3.client_from_settings()
    assert s3.client_from_settings() is one
    assert s3.incoming_from_settings().bucket.client is s3.clean_from_settings().bucket.client is one
    # The start of every process looks at the buckets by these (hrassist.ops.own_buckets), before it forks.
    assert [place.bucket.client for place in marks.places()] == [one] * len(marks.places())
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:2"
    assert s3.client_from_settings() is not one
