"""A real Chromium against a live server, with a worker beside it where a test needs one."""

from __future__ import annotations

import copy
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import SystemRandom
from typing import Any
from urllib.request import urlopen

import pytest
from django import conf
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.fixtures import Settings

from hrassist.models import User
from tests.browser.chromium import ARGUMENTS, CHROMIUM, ROOT

# A busy machine answers late; a test that holds waits no longer for it.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session", autouse=True)
def orm_beside_playwright() -> Iterator[None]:
    """Playwright's synchronous interface runs an event loop in this thread, which Django would refuse to share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session", autouse=True)
def served_as_the_application() -> Iterator[None]:
    """The live server's connections have the rights of the application's role and no more, as `make run` has."""

    def take_the_role(*, connection: Any, **_kwargs: Any) -> None:
        if (role := conf.settings.DB_APP_ROLE) and threading.current_thread() is not threading.main_thread():
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE " + connection.ops.quote_name(role))

    connection_created.connect(take_the_role)
    yield
    connection_created.disconnect(take_the_role)


@pytest.fixture(scope="session", autouse=True)
def slow_network() -> Iterator[None]:
    """With HRASSIST_SLOW_SECONDS every request and every answer of the live server takes up to that long on its way.

    What a test or a page takes for granted about who is first shows itself then: `make test-browser SLOW=0.5`.
    """
    most = float(os.environ.get("HRASSIST_SLOW_SECONDS") or 0)

    def slowly(self: BaseHandler, request: Any, *, answer: Any = BaseHandler.get_response) -> Any:
        if threading.current_thread() is threading.main_thread():
            return answer(self, request)
        time.sleep(SystemRandom().uniform(0, most))
        response = answer(self, request)
        time.sleep(SystemRandom().uniform(0, most))
        return response

    with pytest.MonkeyPatch.context() as patch:
        if most:
            patch.setattr(BaseHandler, "get_response", slowly)
        yield


class Violations(list[str]):
    """What the content policy refused and what scripts complained about, as it happened."""


@pytest.fixture
def violations() -> Violations:
    return Violations()


@pytest.fixture
def new_context(
    browser: Browser, live_server: Any, violations: Violations, settings: Settings
) -> Iterator[Callable[..., BrowserContext]]:
    # Links that are mailed or copied lead to the server under test.
    settings.PUBLIC_URL = live_server.url
    opened: list[BrowserContext] = []

    # A function of our own: Playwright marks what it is given, which a builtin does not allow.
    def keep(said: str) -> None:
        violations.append(said)

    def keep_error(said: Any) -> None:
        if said.type == "error":
            violations.append(f"console: {said.text}")

    def make(**options: Any) -> BrowserContext:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        context = browser.new_context(base_url=live_server.url, **options)
        context.expose_function("keepViolation", keep)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => "
            "keepViolation(`${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`));"
        )
        context.on("weberror", lambda error: violations.append(f"script: {error.error}"))
        context.on("console", keep_error)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def sign_in(
    new_context: Callable[..., BrowserContext], client_as: Callable[[User], Client], live_server: Any
) -> Callable[..., Page]:
    """The start page as this user sees it, whose scripts run; options go to the browser context.

    The form to sign in has a test of its own, so that the others need not wait for it.
    """

    def sign(user: User, **options: Any) -> Page:
        context = new_context(**options)
        name = conf.settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client_as(user).cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        page.goto("/")
        return page

    return sign


def environment_of_the_test(store: Path) -> dict[str, str]:
    """What a process needs to work on this test's database, sessions and files."""
    at = dict(connection.settings_dict)
    if conf.settings.DB_APP_ROLE:
        at |= {"USER": conf.settings.DB_APP_ROLE, "PASSWORD": conf.settings.DB_APP_PASSWORD}
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)
    return {
        **os.environ,
        "HRASSIST_ENV": "development",
        "DATABASE_URL": url,
        "HRASSIST_STORAGE_DIR": str(store),
        "SECRET_KEY": conf.settings.SECRET_KEY,
    }


@pytest.fixture
def work_off(own_store: Path) -> Callable[[], None]:
    """Let a worker process of its own do every task that waits, and end."""

    def work() -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"],
            cwd=ROOT,
            env=environment_of_the_test(own_store),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]

    return work


class Stream:
    """The stream process as the Procfile starts it, on a port of its own."""

    def __init__(self, store: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._environment = environment_of_the_test(store) | {"HRASSIST_STREAM_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (line,) = (line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("stream:"))
        command = line.partition(":")[2].replace(".venv/bin/gunicorn", f"{sys.executable} -m gunicorn")
        self._process = subprocess.Popen(["/bin/sh", "-c", command], cwd=ROOT, env=self._environment)
        for _ in range(300):
            assert self._process.poll() is None, "The stream process ended at its start."
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail("The stream process does not answer.")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


@pytest.fixture
def stream(own_store: Path, live_server: Any, settings: Settings) -> Iterator[Stream]:
    """A running stream process, to which the pages of the live server listen."""
    one = Stream(own_store)
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["connect-src"] += [f"http://localhost:{one.port}"]
    settings.CONTENT_SECURITY_POLICY = policy
    settings.STREAM_PORT = one.port
    try:
        one.start()
        yield one
    finally:
        one.stop()
