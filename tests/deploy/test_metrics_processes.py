"""What gunicorn's processes count is added up over all of them, over their ends and under a flood."""

# ruff: noqa: S310  addresses of this machine

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import run, started, wait_for

pytestmark = [pytest.mark.deploy, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@dataclass
class Site:
    web: str
    figures: str
    process: Any
    folder: Path

    def ask(self, path: str) -> int:
        try:
            with urlopen(self.web + path, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def ask_once(self, path: str) -> int | str:
        """The status, or why there was none: on a connection of its own, so nobody closed it before it was used."""
        try:
            return self.ask(path)
        except (OSError, HTTPException) as error:
            return repr(error)

    def text(self) -> str:
        with urlopen(f"{self.figures}/metrics", timeout=20) as answer:
            return str(answer.read().decode())

    def value(self, series: str) -> float:
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.text(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def workers(self) -> list[int]:
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in listed.stdout.split()]


def serve(folder: Path, *options: str) -> Iterator[Site]:
    web, figures = free_port(), free_port()
    (folder / "storage").mkdir()
    environment = environment_of_the_test(folder / "storage") | {
        "HRASSIST_METRICS_DIR": str(folder / "metrics"),
        "HRASSIST_METRICS_SECONDS": "0",
        "HRASSIST_WEB_BIND": f"127.0.0.1:{web}",
        "HRASSIST_WEB_LOG_LEVEL": "error",
    }
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", *options, "hrassist.wsgi"]
    exporter = [sys.executable, "manage.py", "metrics", "--bind", f"127.0.0.1:{figures}"]
    with (
        started(gunicorn, log=folder / "web.log", env=environment) as process,
        started(exporter, log=folder / "figures.log", env=environment),
    ):
        one = Site(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{figures}", process, folder / "metrics")
        wait_for(lambda: one.ask("/livez") == 200, seconds=120, why="the site does not answer")
        wait_for(one.text, seconds=120, why="the exporter does not answer")
        yield one


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Site]:
    """One for all tests: each looks at what it adds."""
    yield from serve(tmp_path_factory.mktemp("site"))


@pytest.fixture
def recycling(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    yield from serve(tmp_path, "--max-requests", "150")


ME = 'hrassist_http_requests_total{process="web"}'


def test_no_request_is_lost_when_workers_are_recycled(recycling):
    """Two thousand and one requests over twelve ends of workers, none asked twice, and no file is left behind."""
    with ThreadPoolExecutor(4) as pool:
        answers = Counter(pool.map(recycling.ask_once, ["/api/v1/me"] * 2001))
    assert answers == {401: 2001}
    wait_for(
        lambda: recycling.value('hrassist_worker_exits_total{how="planned",process="web"}') >= 12,
        seconds=30,
        why="too few workers were recycled",
    )
    assert recycling.value(ME) == 2001
    assert recycling.value('hrassist_worker_exits_total{how="abnormal",process="web"}') == 0
    [folder] = recycling.folder.glob("web-*")
    wait_for(
        # The master's, the two workers' and that of all former ones.
        lambda: len(list(folder.glob("counter_*.db"))) <= 4,
        seconds=20,
        why=f"files are left: {sorted(file.name for file in folder.iterdir())}",
    )


def test_workers_that_are_killed_are_told_from_those_that_are_stopped(site):
    def exits(how: str) -> float:
        return site.value(f'hrassist_worker_exits_total{{how="{how}",process="web"}}')

    killed, stopped, counted = exits("abnormal"), exits("planned"), site.value(ME)
    assert site.ask("/api/v1/me") == 401
    first = site.workers()
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: exits("abnormal") == killed + 1, seconds=60, why="not told")
    wait_for(lambda: len(site.workers()) == 2, seconds=60, why="no new worker")
    os.kill(first[1], signal.SIGTERM)
    wait_for(lambda: exits("planned") == stopped + 1, seconds=60, why="not told")
    assert exits("abnormal") == killed + 1
    assert site.value(ME) == counted + 1, "what the dead had counted is kept"
    assert site.value('hrassist_http_requests_running{process="web"}') == 0


def test_promtool_has_nothing_to_say_of_the_figures(site):
    for path in ("/api/v1/me", "/nothing-here", "/careers/?q=Grace+Hopper"):
        site.ask(path)
    text = site.text()
    done = run("promtool", "check", "metrics", text=text)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert "Grace" not in text
    assert "nothing-here" not in text
    assert 'hrassist_processes{process="web"} 1.0' in text


def test_the_folder_of_a_server_that_is_gone_goes_with_the_next_start(site):
    stale = site.folder / "web-ofyesterday"
    stale.mkdir()
    (stale / "counter_1.db").write_bytes(b"")
    [held] = [folder for folder in site.folder.glob("web-*") if folder != stale]
    code = f"""
from pathlib import Path
from hrassist.metrics import files
root = Path({str(site.folder)!r})
files.begin("worker", root)
print(sorted(path.name for path in root.iterdir() if path.is_dir()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert held.name in done.stdout
    assert "ofyesterday" not in done.stdout


def test_the_exporter_answers_get_of_one_address(site):
    for path, method, status in (("/", "GET", 404), ("/metrics", "POST", 405), ("/admin/", "GET", 404)):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(site.figures + path, method=method, data=b"" if method == "POST" else None), timeout=10)
        assert refused.value.code == status
