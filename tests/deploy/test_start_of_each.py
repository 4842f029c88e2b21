"""Web, stream, worker and figures, each really started with each mistake: it says what to do and serves nobody."""

from __future__ import annotations

import datetime
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection

from tests.deploy import stand_in_store
from tests.deploy.conftest import free_port
from tests.deploy.stand_in_store import Store
from tests.deploy.starting import FIGURES, STREAM, WEB, WORKER, WRONG, settings_of_production, settings_of_store
from tests.deploy.tools import needs
from tests.repo.sources import ROOT

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]


@pytest.fixture
def store() -> Iterator[Store]:
    with stand_in_store.running() as one:
        yield one


@dataclass
class Process:
    """One of the four as it runs on a machine, where it serves, and whether anybody was ever served."""

    name: str
    command: list[str]
    settings: dict[str, str]
    is_served: Callable[[], bool]
    before: list[str] = field(default_factory=list)
    served: bool = False
    code: int | None = None

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as file:
            return subprocess.Popen(
                [*self.before, *self.command], cwd=ROOT, env=self.settings, stdout=file, stderr=file
            )


def answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with closing(socket.socket(family)) as one:
        return one.connect_ex(address) == 0


def works() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM procrastinate_workers)")
        return bool(cursor.fetchone()[0])


@pytest.fixture
def processes(own_store: Path, store: Store, tmp_path: Path, of_production: None) -> list[Process]:
    """All four; nobody but the worker has the worker's key."""
    with_store = settings_of_production(own_store, tmp_path) | settings_of_store(store)
    others = {name: value for name, value in with_store.items() if name != "HRASSIST_AUDIT_KEY_FILE"}
    port = free_port()

    def by_socket(name: str, command: list[str]) -> Process:
        path = str(tmp_path / f"{name}.sock")
        settings = others | {"HRASSIST_WEB_BIND": f"unix:{path}"}
        return Process(name, command, settings, lambda: answers(socket.AF_UNIX, path))

    figures = [*FIGURES[:-1], f"127.0.0.1:{port}"]
    return [
        by_socket("web", WEB),
        by_socket("stream", STREAM),
        Process("worker", WORKER[:-1], with_store, works),
        Process("figures", figures, others, lambda: answers(socket.AF_INET, ("127.0.0.1", port))),
    ]


def watched(
    processes: list[Process], folder: Path, until: Callable[[dict[str, subprocess.Popen[bytes]]], bool]
) -> None:
    """Start all at once and ask each whether it serves, until that is so; nobody is left."""
    running = {one.name: one.start(folder / f"{one.name}.log") for one in processes}
    try:
        last = time.monotonic() + 300
        while not until(running):
            assert time.monotonic() < last, said_by(processes, folder)
            for one in processes:
                one.served = one.served or one.is_served()
            time.sleep(0.05)
    finally:
        for process in running.values():
            process.terminate()
        for one in processes:
            one.code = running[one.name].wait(60)


def said_by(processes: list[Process], folder: Path) -> dict[str, str]:
    return {one.name: (folder / f"{one.name}.log").read_text() for one in processes}


def test_with_the_right_configuration_each_serves(processes, tmp_path):
    """The way in which the table sees that nobody serves is one that sees it when somebody does."""
    watched(processes, tmp_path, lambda _running: all(one.served for one in processes))
    assert "does not start" not in str(said_by(processes, tmp_path))


Mistake = tuple[dict[str, str], Callable[[Store], object], str]
NOTHING = lambda _store: None  # noqa: E731
MISTAKES: dict[str, Mistake] = {
    "a secret is missing": ({"SECRET_KEY": ""}, NOTHING, r"SECRET_KEY is not set\. Set it in the environment"),
    "the database is missing": ({"DATABASE_URL": ""}, NOTHING, r"DATABASE_URL is not set"),
    "a key is weak": ({"SECRET_KEY": "ab" * 40}, NOTHING, r"hrassist\.E002: .* Make one: python"),
    "DEBUG is on": ({"DEBUG": "on"}, NOTHING, r"hrassist\.E001: .* Unset DEBUG"),
    "the bucket is public": (
        {}, lambda store: setattr(store, "status", 200), r"hrassist\.E071: Anybody can list .* Remove its public",
    ),
    "objects are public": (
        {}, lambda store: setattr(store, "is_readable", True),
        r"hrassist\.E071: Anybody can read the files in resumes/clean .* Remove the bucket's public policy",
    ),
    "the region is wrong": (
        {}, lambda store: store.headers.update({"x-amz-bucket-region": "us-west-2"}),
        r"hrassist\.E072: .* Set AWS_S3_REGION=us-west-2\.",
    ),
    "the clock is wrong": ({}, NOTHING, r"hrassist\.E073: .* 20 minutes from that of the database.* timedatectl"),
    "the store's clock is another": (
        {}, lambda store: setattr(store, "behind", datetime.timedelta(minutes=16)),
        r"hrassist\.E073: .* 16 minutes from that of the object store.* timedatectl",
    ),
    "the database is another's": (
        {"HRASSIST_ENV": "staging", "HRASSIST_S3_PREFIX": "staging"}, NOTHING,
        r"hrassist\.E070: This database belongs to production, and this is staging\. .* run manage\.py claim_database",
    ),
    "the bucket is another's": (
        {}, lambda store: store.belongs_to("staging"),
        r"hrassist\.E075: The files in resumes/clean belong to staging, .* run manage\.py claim_bucket",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_process_ends_with_each_mistake_and_serves_nobody(processes, store, mistake, tmp_path):
    changed, spoil, said = MISTAKES[mistake]
    spoil(store)
    for one in processes:
        one.settings = one.settings | changed
        if mistake == "the clock is wrong":
            needs("faketime")
            one.before = ["faketime", "-f", "+20m"]
    watched(processes, tmp_path, lambda running: all(one.poll() is not None for one in running.values()))
    told = said_by(processes, tmp_path)
    assert {one.name: (one.code, one.served) for one in processes} == dict.fromkeys(told, (WRONG, False)), told
    for text in told.values():
        assert "hrassist does not start:" in text
        assert re.search(said, text), text
        assert "Traceback" not in text
