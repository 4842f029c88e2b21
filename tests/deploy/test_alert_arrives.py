"""A running site, a real Prometheus that scrapes it, a real Alertmanager: what breaks reaches people."""

# ruff: noqa: S310  addresses of this machine

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from django.core.management import call_command
from django.db import connection

from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import get, mailbox, slack, started, tool, wait_for
from tests.factories import UserFactory, api_token

pytestmark = [pytest.mark.deploy, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
# Every duration a fiftieth: five minutes are six seconds, and a scrape comes each 300 ms.
SCALE = 0.02
ME = "/api/v1/me"


@dataclass
class Watched:
    web: str
    prometheus: str
    alertmanager: str
    mails: list[str]
    posts: list[Any]
    token: str

    def query(self, expression: str) -> list[Any]:
        return list(get(f"{self.prometheus}/api/v1/query?query={quote(expression)}")["data"]["result"])

    def alerts(self) -> set[str]:
        """Those that Alertmanager has."""
        return {one["labels"]["alertname"] for one in get(f"{self.alertmanager}/api/v2/alerts")}

    def visit(self, path: str) -> int:
        try:
            asked = Request(self.web + path, headers={"Authorization": f"Bearer {self.token}"})
            with urlopen(asked, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code


@pytest.fixture
def watched(tmp_path: Path, own_store: Path, transactional_db: None) -> Iterator[Watched]:
    web, figures, prometheus, alertmanager = (free_port() for _ in range(4))
    own_store.mkdir(exist_ok=True)
    environment = environment_of_the_test(own_store) | {
        "HRASSIST_METRICS_DIR": str(tmp_path / "metrics"),
        "HRASSIST_METRICS_SECONDS": "0",
        "HRASSIST_WEB_BIND": f"127.0.0.1:{web}",
        "HRASSIST_BACKUP_STATUS_FILE": str(tmp_path / "backup.json"),
    }
    programs = tool("prometheus"), tool("prometheus-alertmanager")
    with mailbox() as mails, slack() as posts:
        (tmp_path / "slack_url").write_text(f"http://127.0.0.1:{posts.server_address[1]}/hook")
        call_command(
            "alert_rules",
            output=tmp_path,
            scale=SCALE,
            target=[f"hrassist=127.0.0.1:{figures}", f"alertmanager=127.0.0.1:{alertmanager}"],
            notify=[f"smtp=127.0.0.1:{mails.server_address[1]}", f"slack_url_file={tmp_path / 'slack_url'}"],
        )
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "hrassist.wsgi:application"]
        exporter = [sys.executable, "manage.py", "metrics", "--bind", f"127.0.0.1:{figures}"]
        with (
            started(gunicorn, log=tmp_path / "web.log", env=environment),
            started(exporter, log=tmp_path / "figures.log", env=environment),
            started(
                [programs[1], f"--config.file={tmp_path}/alertmanager/alertmanager.yml",
                 f"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address=",
                 f"--storage.path={tmp_path}/alerts"],
                log=tmp_path / "alertmanager.log",
            ),
            started(
                [programs[0], f"--config.file={tmp_path}/prometheus/prometheus.yml",
                 f"--web.listen-address=127.0.0.1:{prometheus}", f"--storage.tsdb.path={tmp_path}/tsdb",
                 # What came before Alertmanager was there comes again at once, not after a minute.
                 "--rules.alert.resend-delay=1s"],
                log=tmp_path / "prometheus.log",
            ),
        ):  # fmt: skip
            one = Watched(
                web=f"http://127.0.0.1:{web}",
                prometheus=f"http://127.0.0.1:{prometheus}",
                alertmanager=f"http://127.0.0.1:{alertmanager}",
                mails=mails.got,
                posts=posts.got,
                token=api_token(UserFactory(role="Recruiter")),
            )
            wait_for(lambda: one.visit("/livez") == 200, seconds=60, why="the site does not answer")
            wait_for(lambda: one.query('up{job="hrassist"} == 1'), seconds=60, why="nothing is scraped")
            yield one


class _Stay(HTTPRedirectHandler):
    """Follows nobody."""

    def redirect_request(self, *_args: Any) -> None:
        return None


def test_requests_are_scraped_and_a_queue_that_stands_still_reaches_people(watched):
    # The address that everybody reaches shows no figures.
    with pytest.raises(HTTPError) as refused:
        build_opener(_Stay).open(f"{watched.web}/metrics", timeout=20)
    assert refused.value.code == 302
    assert refused.value.headers["Location"] == "/login/?next=/metrics"

    for _ in range(20):
        assert watched.visit(ME) == 200
    wait_for(
        lambda: [one for one in watched.query("sum(hrassist_http_requests_total)") if float(one["value"][1]) >= 20],
        seconds=20,
        why="twenty requests are not counted",
    )
    wait_for(lambda: "Watchdog" in watched.alerts(), seconds=20, why="the watchdog does not come")
    assert "QueueStuck" not in watched.alerts()

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('ingest', 'x', '{}', 'todo', now() - interval '20 minutes')"
        )
        # A worker tells that it lives, so that it is the queue alone that is amiss.
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour')")
    wait_for(lambda: "QueueStuck" in watched.alerts(), seconds=30, why="the alert does not fire")
    mail = wait_for(
        lambda: [one for one in watched.mails if "QueueStuck" in one], seconds=30, why=f"no mail in {watched.mails}"
    )[0]
    assert "Background work stands still." in mail
    assert "docs/infrastructure/alerts/queue-stuck.md" in mail
    wait_for(lambda: [post for post in watched.posts if "QueueStuck" in str(post)], seconds=30, why="nothing in Slack")


def test_a_worker_that_does_not_run_is_missed_and_answers_that_fail_fire_until_they_are_mended(watched):
    assert "NoWorker" in wait_for(
        lambda: (found := watched.alerts()) and "NoWorker" in found and found, seconds=60, why="no worker is not told"
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE hrassist_apitoken RENAME TO hrassist_apitoken_away")
    try:
        until = time.monotonic() + 40
        while "ErrorsHigh" not in watched.alerts():
            assert watched.visit(ME) == 500
            assert time.monotonic() < until, "the alert does not fire"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE hrassist_apitoken_away RENAME TO hrassist_apitoken")
    wait_for(lambda: "ErrorsHigh" not in watched.alerts(), seconds=60, why="the alert does not end")
    assert watched.visit(ME) == 200
