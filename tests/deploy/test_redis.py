"""With a real Redis, without one, and with one that dies in between."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hrassist.checks import check_redis
from hrassist.lib import redis_server, throttle
from hrassist.lib.redis_server import DegradingCache
from tests.deploy.conftest import free_port
from tests.deploy.tools import needs
from tests.factories import UserFactory

pytestmark = [pytest.mark.deploy, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


class Server:
    """A redis-server that can die and come back."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1", "--dir", self.folder],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(100):
            if redis_server.answers():
                return
            time.sleep(0.05)
        pytest.fail("redis-server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path, settings) -> Iterator[Server]:
    needs("redis-server")
    one = Server(tmp_path)
    url = f"redis://127.0.0.1:{one.port}/0"
    settings.REDIS_URL = url
    settings.CACHES = {"default": {"BACKEND": "hrassist.lib.redis_server.DegradingCache", "LOCATION": url}}
    one.start()
    yield one
    one.kill()
    redis_server.forget()


def rested() -> None:
    """The pause after a failure is over."""
    redis_server._rests_until = 0.0


def allowed(count: int, *, who: str = "user:1") -> int:
    return sum(throttle.take("test", who, limit=5, per=60).allowed for _ in range(count))


def test_values_are_kept_in_it(server):
    cache = caches["default"]
    assert isinstance(cache, DegradingCache)
    cache.set("a", {"b": 1}, 60)
    assert cache.get("a") == {"b": 1}
    assert cache.get_many(["a", "c"]) == {"a": {"b": 1}}
    assert redis_server.client().dbsize() == 1


def test_it_counts_limits_and_the_database_is_not_asked(server):
    with CaptureQueriesContext(connection) as asked:
        first = throttle.take("test", "user:1", limit=5, per=60)
    assert (first.allowed, first.remaining, first.reset) == (True, 4, 12)
    assert len(asked) == 0
    assert allowed(10) == 4
    refused = throttle.take("test", "user:1", limit=5, per=60)
    assert not refused.allowed
    assert 1 <= refused.reset <= 12
    assert allowed(1, who="user:2") == 1
    throttle.forgive("test", "user:1")
    assert allowed(10) == 5


def test_a_limit_holds_for_many_at_once(server):
    def take(_number: int) -> bool:
        try:
            return throttle.take("test", "user:1", limit=20, per=3600).allowed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(take, range(100))) == 20


def test_a_mark_goes_away_by_itself_and_holds_no_name(server):
    throttle.take("test", "user:ada@example.com", limit=5, per=60)
    (key,) = redis_server.client().keys("*")
    assert b"ada" not in key
    assert 11_000 <= redis_server.client().pttl(key) <= 12_000


def test_both_ways_of_counting_say_the_same(server, settings):
    with_redis = [throttle.take("test", "user:1", limit=3, per=30) for _ in range(5)]
    settings.REDIS_URL = ""
    without = [throttle.take("test", "user:1", limit=3, per=30) for _ in range(5)]
    assert [one.allowed for one in with_redis] == [one.allowed for one in without] == [True] * 3 + [False] * 2
    assert [one.remaining for one in with_redis] == [one.remaining for one in without]


def test_when_it_dies_limits_still_hold_and_caches_are_empty(server):
    assert allowed(10) == 5
    caches["default"].set("a", 1)
    server.kill()
    began = time.monotonic()
    assert caches["default"].get("a", "nothing") == "nothing"
    # The database counts from here on: a whole limit once more, and not one more than that.
    assert allowed(10) == 5
    assert allowed(10) == 0
    # One failure, then it is left alone: a dead Redis does not slow every page down.
    assert time.monotonic() - began < 3
    assert redis_server.is_resting()
    assert check_redis()[0].id == "hrassist.W080"
    server.start()
    rested()
    caches["default"].set("a", 2)
    assert caches["default"].get("a") == 2
    assert check_redis() == []


def test_one_that_says_nothing_costs_a_moment_once(settings, tmp_path):
    """A connection that opens and stays silent is the worst of all."""
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.REDIS_URL = url
        options = {"socket_connect_timeout": 0.25, "socket_timeout": 0.5}
        settings.CACHES = {
            "default": {"BACKEND": "hrassist.lib.redis_server.DegradingCache", "LOCATION": url, "OPTIONS": options}
        }
        began = time.monotonic()
        for _ in range(20):
            assert caches["default"].get("a") is None
        assert time.monotonic() - began < 2.5
    redis_server.forget()


@pytest.mark.parametrize("state", ["there", "dead"])
def test_people_sign_in_and_see_pages_either_way(server, state, sign_in_by_form):
    if state == "dead":
        server.kill()
    client = sign_in_by_form()
    assert client.get("/").status_code == 200


@pytest.fixture
def sign_in_by_form() -> Callable[[], Client]:
    def sign_in() -> Client:
        user = UserFactory(role="Recruiter")
        user.set_password("a long enough pass phrase")
        user.save()
        client = Client()
        sent = {"username": user.get_username(), "password": "a long enough pass phrase"}
        assert client.post("/login/", sent).status_code == 302
        return client

    return sign_in


def test_the_settings_use_it_only_where_it_is_named():
    from tests.hrassist.test_settings import settings_with

    (caches_with,) = settings_with("CACHES", REDIS_URL="redis://127.0.0.1:1/0")
    assert "DegradingCache" in str(caches_with)
    (caches_without,) = settings_with("CACHES", REDIS_URL="")
    assert "locmem" in str(caches_without)
