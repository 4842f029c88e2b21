"""Who may have the figures, where they are given out, and what of them a process tells."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from prometheus_client import CollectorRegistry

from hrassist.metrics import exporter


def asked(path: str = "/metrics", *, method: str = "GET", token: str = "", given: str = "") -> tuple[str, bytes]:
    said: list[str] = []
    answer = exporter.application(CollectorRegistry(), token=token)
    body = answer(
        {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_AUTHORIZATION": given},
        lambda status, _h: said.append(status),
    )
    return said[0], b"".join(body)


def test_a_token_is_asked_for_where_there_is_one():
    assert asked()[0] == "200 OK"
    assert asked(token="s3cret")[0] == "401 Unauthorized"
    assert asked(token="s3cret", given="Bearer other")[0] == "401 Unauthorized"
    assert asked(token="s3cret", given="Bearer s3cret")[0] == "200 OK"
    assert asked("/metrics/x")[0] == "404 Not Found"
    assert asked(method="POST")[0] == "405 Method Not Allowed"


@pytest.mark.parametrize(
    ("host", "internal"),
    [("127.0.0.1", True), ("10.0.0.7", True), ("::1", True), ("0.0.0.0", False), ("8.8.8.8", False), ("hr", False)],  # noqa: S104  nobody binds here
)
def test_which_addresses_are_internal(host, internal):
    assert exporter.is_internal(host) is internal


@pytest.mark.parametrize("bind", ["9108", ":9108", "127.0.0.1:web", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_refused(bind):
    with pytest.raises(CommandError, match="Write HOST:PORT"):
        call_command("metrics", bind=bind)


@pytest.mark.parametrize(
    ("only", "state", "processes"), [("processes", False, True), ("state", True, False), ("backups", False, False)]
)
def test_a_pod_tells_of_its_processes_alone(db, one_thread, settings, tmp_path, only, state, processes):
    settings.METRICS_DIR, settings.BACKUP_STATUS_FILE = tmp_path, tmp_path / "backup-status.json"
    out = io.StringIO()
    call_command("metrics", once=True, only=only, stdout=out)
    assert ("hrassist_queue_workers" in out.getvalue()) is state
    assert ("hrassist_processes" in out.getvalue()) is processes
    assert ("hrassist_backup_read_timestamp_seconds" in out.getvalue()) is (only == "backups")


def test_the_figures_can_be_printed_once(db, one_thread):
    out = io.StringIO()
    call_command("metrics", once=True, stdout=out)
    assert "hrassist_build_info{" in out.getvalue()
