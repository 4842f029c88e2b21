"""Who is told by what an operator fills in: by mail, by Slack, by both; and that a real Alertmanager tells them."""

from __future__ import annotations

import io
import json
import os
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command

from hrassist.ops import watching
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import _Mailbox, get, receiving, run, slack, started, tool, wait_for
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
OWN = ROOT / "deploy" / "monitoring" / "own.toml"
Render = Callable[..., Path]
# What each of them reaches: a warning, what cannot wait, and what is worth a look.
MAIL, POST = {"email_configs"}, {"slack_configs"}


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """The file of Alertmanager as a machine's own settings make it; what was said stands in `said`."""

    def make(own: str, *, strict: bool = False) -> Path:
        (tmp_path / "alerts.toml").write_text(own)
        said = io.StringIO()
        try:
            call_command(
                "alert_rules", own=tmp_path / "alerts.toml", output=tmp_path / "made", strict=strict,
                stdout=io.StringIO(), stderr=said,
            )  # fmt: skip
        finally:
            (tmp_path / "said").write_text(said.getvalue())
        return tmp_path / "made/alertmanager/alertmanager.yml"

    return make


def own(*lines: str) -> str:
    """What `prepare` and `install` leave, with these lines instead of the names of nobody."""
    return "\n".join(["[scrape]", 'public = ["https://hr.acme.org/livez"]', "[notify]", *lines, ""])


def receivers(path: Path) -> dict[str, set[str]]:
    return {one["name"]: set(one) - {"name"} for one in yaml.safe_load(path.read_text())["receivers"]}


@pytest.mark.parametrize(
    ("by_mail", "by_slack", "people", "at_once"),
    [(True, True, MAIL, MAIL | POST), (True, False, MAIL, MAIL), (False, True, POST, POST)],
    ids=["both", "mail", "slack"],
)
def test_each_way_of_telling_stands_alone(render, tmp_path, by_mail, by_slack, people, at_once):
    if by_slack:
        (tmp_path / "slack_url").write_text("https://hooks.slack.com/services/T/B/x")
    mail = ['mail_to = "it@acme.org"', 'mail_from = "hr@acme.org"'] if by_mail else ['mail_to = ""', 'mail_from = ""']
    path = render(own(*mail, f'slack_url_file = "{tmp_path}/slack_url"'), strict=True)
    assert receivers(path) == {"people": people, "at-once": at_once, "heartbeat": set()}
    # It is named, so that its absence is told.
    assert ("Slack is not told" in (tmp_path / "said").read_text()) == (not by_slack)
    done = run("amtool", "check-config", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    for severity, receiver in {"critical": "at-once", "warning": "people", "info": "people", "new": "people"}.items():
        words = ("config", "routes", "test", f"--config.file={path}", f"--verify.receivers={receiver}")
        done = run("amtool", *words, "alertname=Any", f"severity={severity}")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "slack" not in path.read_text() or by_slack
    assert "smtp" not in path.read_text() or by_mail


def test_with_neither_nothing_is_rendered_and_it_is_said_what_to_do(render, tmp_path):
    with pytest.raises(CommandError, match=r"has neither mail_to nor slack_url_file\. Write one of them"):
        render(own('mail_to = ""', f'slack_url_file = "{tmp_path}/none"'))
    assert "there is no" in (tmp_path / "said").read_text()
    assert not (tmp_path / "made").exists()


def test_slack_is_told_once_its_file_is_there_and_what_is_shipped_waits_for_nobody(render, tmp_path, settings):
    """As it stands in config/alerts.toml, so that a machine needs no line of its own for it."""
    text = settings.ALERTS_CONFIG.read_text()
    settings.ALERTS_CONFIG = tmp_path / "alerts-of-the-release.toml"
    settings.ALERTS_CONFIG.write_text(text.replace("/etc/prometheus/", f"{tmp_path}/"))
    told = own('mail_to = "it@acme.org"', 'mail_from = "hr@acme.org"')
    assert receivers(render(told))["at-once"] == MAIL
    assert (tmp_path / "said").read_text() == ""
    (tmp_path / "slack_url").write_text("https://hooks.slack.com/services/T/B/x")
    assert receivers(render(told))["at-once"] == MAIL | POST
    call_command("alert_rules", output=tmp_path / "shipped", stdout=io.StringIO(), stderr=io.StringIO())
    assert receivers(tmp_path / "shipped/alertmanager/alertmanager.yml")["at-once"] == MAIL


def test_where_nobody_is_named_yet_a_strict_one_is_refused(render):
    """The service of the compose file: whoever sees that it failed reads why."""
    with pytest.raises(CommandError, match=r"Nobody is told: mail_to, mail_from, public still name example\.com"):
        render(OWN.read_text(), strict=True)
    assert receivers(render(OWN.read_text()))["people"] == MAIL


def test_who_signs_in_at_the_mail_server_needs_the_password_there(render, tmp_path):
    mail = ['mail_to = "it@acme.org"', 'mail_from = "hr@acme.org"', 'smtp = "mail.acme.org:587"', "smtp_tls = true"]
    mail += ['smtp_user = "hr"', f'smtp_password_file = "{tmp_path}/smtp_password"']
    with pytest.raises(CommandError, match="has neither"):
        render(own(*mail))
    assert "Mail cannot be sent as hr" in (tmp_path / "said").read_text()
    (tmp_path / "smtp_password").write_text("secret of the relay")
    path = render(own(*mail))
    done = run("amtool", "check-config", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    told = yaml.safe_load(path.read_text())["global"]
    assert (told["smtp_smarthost"], told["smtp_require_tls"]) == ("mail.acme.org:587", True)
    assert (told["smtp_auth_username"], told["smtp_auth_password_file"]) == ("hr", f"{tmp_path}/smtp_password")


class _Relay(_Mailbox):
    """One that lets nobody send who does not sign in."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            elif verb == b"AUTH":
                self.server.signed_in = line.split()[2].decode()  # type: ignore[attr-defined]
                self.wfile.write(b"235 come in\r\n")
                self.take()
                return
            else:
                self.wfile.write(b"530 sign in first\r\n")


@contextmanager
def alertmanager(path: Path, folder: Path) -> Iterator[str]:
    """A real one with this file: its address."""
    port = free_port()
    command = [
        tool("prometheus-alertmanager"), f"--config.file={path}", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=", f"--storage.path={folder}/alerts",
    ]  # fmt: skip
    # No proxy of this machine's comes between.
    with started(command, log=folder / "log", env={"PATH": os.environ["PATH"]}):
        address = f"http://127.0.0.1:{port}/api/v2"
        wait_for(lambda: get(f"{address}/status")["cluster"], seconds=60, why="it does not start")
        yield address


def post(address: str, body: Any) -> None:
    asked = Request(address, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(asked, timeout=10) as answer:  # noqa: S310  an address of this machine
        assert answer.status == 200


def test_a_real_alertmanager_mails_through_a_relay_that_wants_a_password_and_posts_to_slack(render, tmp_path):
    with receiving(socketserver.ThreadingTCPServer, _Relay) as relay, slack() as posts:
        (tmp_path / "slack_url").write_text(f"http://127.0.0.1:{posts.server_address[1]}/services/T/B/x")
        (tmp_path / "smtp_password").write_text("of-the-relay")
        path = render(
            own(
                'mail_to = "it@acme.org"', 'mail_from = "hr@acme.org"', f'smtp = "127.0.0.1:{relay.server_address[1]}"',
                'smtp_user = "hr"', f'smtp_password_file = "{tmp_path}/smtp_password"', 'group_wait = "1s"',
                f'slack_url_file = "{tmp_path}/slack_url"',
            )
        )  # fmt: skip
        with alertmanager(path, tmp_path) as address:
            alert = {
                "labels": {"alertname": "BackupOld", "severity": "critical"},
                "annotations": {
                    "summary": "There is no backup.",
                    "runbook": "docs/infrastructure/alerts/backup-old.md",
                },
            }
            quiet = {"labels": {"alertname": "CpuHigh", "severity": "warning"}, "annotations": {"summary": "Busy."}}
            post(f"{address}/alerts", [alert, quiet])
            log = (tmp_path / "log").read_text
            wait_for(lambda: len(relay.got) >= 2, seconds=60, why=f"no two mails {log()[-2000:]}")
            wait_for(lambda: posts.got, seconds=60, why=f"nothing in Slack {log()[-2000:]}")
    mails = "".join(relay.got)
    assert "To: it@acme.org" in mails
    assert "BackupOld: firing" in mails
    assert "docs/infrastructure/alerts/backup-old.md" in mails
    assert relay.signed_in == "AGhyAG9mLXRoZS1yZWxheQ=="
    # A warning is no matter for Slack while there is mail.
    assert "BackupOld" in json.dumps(posts.got)
    assert "CpuHigh" not in json.dumps(posts.got)
    assert posts.got[0]["channel"] == "#hrassist-alerts"


# Where one thing explains others: the alerts that tell it, in this order, and which they keep quiet.
OURS, OTHERS = {"alertname": "TargetDown", "job": "hrassist"}, {"alertname": "TargetDown", "job": "node"}
NO_WORKER = {"alertname": "NoWorker"}
EXPLAINED = {
    "no figures of ours come": ([OURS], {"BackupOld", "DrillOld", "DrillLate"}),
    "there is no worker": ([NO_WORKER], {"QueueStuck"}),
    # The second is known to it, so the first is as well.
    "figures of others do not come": ([OTHERS, NO_WORKER], {"QueueStuck"}),
}


@pytest.mark.parametrize("why", EXPLAINED)
def test_a_real_alertmanager_is_quiet_about_what_another_alert_explains_and_about_nothing_else(render, tmp_path, why):
    sources, quiet = EXPLAINED[why]
    known = {one.name for one in watching.load(settings.ALERTS_CONFIG).alerts} - {"TargetDown", "NoWorker"}
    # Each as an exporter of ours, or of another machine, has it.
    others = [{"alertname": name, "job": job, "severity": "warning"} for name in known for job in ("hrassist", "node")]
    path = render(own('mail_to = "it@acme.org"', 'mail_from = "hr@acme.org"', 'smtp = "127.0.0.1:1"'))
    with alertmanager(path, tmp_path) as address:
        for one in [*others, *sources]:
            post(f"{address}/alerts", [{"labels": one}])

        def held_back() -> list[str]:
            found = get(f"{address}/alerts")
            assert len(found) == len(others) + len(sources)
            return sorted(one["labels"]["alertname"] for one in found if one["status"]["inhibitedBy"])

        wait_for(lambda: held_back() == sorted([*quiet, *quiet]), seconds=20, why=f"not {quiet} alone")
