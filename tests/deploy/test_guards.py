"""What guards a machine and cleans up after it, read by the tools of Debian that will read it there."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.machine import settings_of
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"
NGINX = ROOT / "deploy/nginx/hrassist.conf"


def line(method: str, path: str, status: int) -> str:
    """One of the log as nginx would write it: by the format that is shipped, with what it puts there."""
    shipped = re.search(r"^log_format hrassist escape=json\n((?:\s+'.*'\n?;?)+)", NGINX.read_text(), re.MULTILINE)
    assert shipped is not None
    values = {
        "time_iso8601": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "request_id": "9f86d081884c7d659a2feaa0c55ad015", "remote_addr": "198.51.100.7", "request_method": method,
        "logged_path": path, "status": str(status), "body_bytes_sent": "5120", "request_time": "0.210",
    }  # fmt: skip
    text = "".join(re.findall(r"'(.*)'", shipped[1]))
    # escape=json: as a string of JSON has it.
    return re.sub(r"\$(\w+)", lambda found: json.dumps(values[found[1]])[1:-1], text) + "\n"


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        (("POST", "/login/", 200), True),
        (("POST", "/login/", 429), True),
        (("POST", "/login/", 302), False),
        (("GET", "/login/", 200), False),
        (("GET", "/.env", 404), True),
        (("GET", "/old/wp-login.php", 302), True),
        (("GET", "/candidates/candidate/", 404), False),
        (("POST", '/x","method":"POST","path":"/login/', 200), False),
        (("GET", "/static/hrassist/app.css", 200), False),
    ],
)
def test_fail2ban_counts_wrong_sign_ins_and_who_looks_for_doors(tmp_path, asked, matched):
    needs("fail2ban-regex")
    log = tmp_path / "hrassist.log"
    log.write_text(line(*asked))
    assert json.loads(log.read_text())["path"] == asked[1]
    done = run("fail2ban-regex", log, VM / "fail2ban/filter.d/hrassist.conf")
    assert done.returncode in {0, 255}, done.stdout + done.stderr
    found = re.search(r"Lines: 1 lines, 0 ignored, (\d) matched", done.stdout)
    assert found is not None, done.stdout
    assert found[1] == ("1" if matched else "0")
    if matched:
        dates = re.search(r"\[(\d+)\] \"ts\":", done.stdout)
        assert dates is not None, "the date was not found: such lines count for nothing"
        assert dates[1] == "1"


def test_fail2ban_accepts_the_jail(tmp_path):
    needs("fail2ban-client")
    etc = tmp_path / "fail2ban"
    subprocess.run(["cp", "--recursive", "/etc/fail2ban", etc], check=True)
    for kind in ("filter.d", "jail.d"):
        (etc / kind / "hrassist.conf").write_text((VM / "fail2ban" / kind / "hrassist.conf").read_text())
    (etc / "jail.d/hrassist.conf").write_text(
        (VM / "fail2ban/jail.d/hrassist.conf").read_text().replace("/var/log/nginx/hrassist.log", f"{tmp_path}/log")
    )
    (tmp_path / "log").write_text("")
    done = run("fail2ban-client", "--conf", etc, "--test")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = run("fail2ban-client", "--conf", etc, "--dp").stdout
    assert "['set', 'hrassist', 'maxretry', 10]" in shown


def test_logrotate_would_keep_thirty_days(tmp_path):
    needs("logrotate")
    configuration = tmp_path / "hrassist"
    configuration.write_text(
        (VM / "logrotate/hrassist")
        .read_text()
        .replace("/var/log/nginx", str(tmp_path))
        .replace("www-data adm", "root root")
    )
    configuration.chmod(0o644)
    (tmp_path / "hrassist.log").write_text("line\n")
    done = run("logrotate", "--debug", "--state", tmp_path / "state", configuration)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower()
    assert "(30 rotations)" in done.stderr


def test_apt_reads_the_settings_of_unattended_upgrades():
    needs("apt-config")
    done = run("apt-config", "--config-file", VM / "apt/52hrassist", "dump", "--no-empty", "Unattended-Upgrade")
    assert done.returncode == 0, done.stderr
    assert 'Unattended-Upgrade::Automatic-Reboot-Time "04:00";' in done.stdout
    assert 'Unattended-Upgrade::Package-Blacklist:: "postgresql-";' in done.stdout
    assert (
        "APT::Periodic::Unattended-Upgrade" in run("apt-config", "--config-file", VM / "apt/52hrassist", "dump").stdout
    )


def test_the_firewall_opens_three_ports(tmp_path):
    done = run(VM / "firewall", "--dry-run", DESTDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    opened = re.findall(r"ufw (?:allow|limit) (\S+/tcp)", done.stdout)
    assert opened == ["22/tcp", "80/tcp", "443/tcp"]
    assert done.stdout.index("deny") < done.stdout.index("enable")


def test_ufw_accepts_each_rule_of_the_firewall(tmp_path):
    needs("ufw")
    said = run(VM / "firewall", "--dry-run", DESTDIR=str(tmp_path)).stdout
    rules = [
        line.removeprefix("would run: ") for line in said.splitlines() if re.search(r"ufw (allow|limit|default)", line)
    ]
    assert len(rules) == 5
    for rule in rules:
        done = run("bash", "-c", rule.replace("ufw ", "ufw --dry-run ", 1))
        assert done.returncode == 0, rule + done.stdout + done.stderr


@pytest.mark.parametrize("path", ["vm/journald/hrassist.conf", "compose/journald.conf"])
def test_the_journal_keeps_thirty_days_and_leaves_room_on_the_disk(path):
    needs("systemd-analyze")
    journal = settings_of((VM.parent / path).read_text().partition("[Journal]\n")[2])
    said = run("systemd-analyze", "timespan", journal["MaxRetentionSec"]).stdout
    assert re.search(r"μs: (\d+)", said)[1] == str(30 * 86400 * 10**6)
    assert journal["Storage"] == "persistent"
    assert {"SystemMaxUse", "SystemKeepFree"} <= set(journal)
    # journald passes over what it does not know: the distribution's own file names all of it.
    known = re.findall(r"^#(\w+)=", Path("/etc/systemd/journald.conf").read_text(), re.MULTILINE)
    assert set(journal) <= set(known)
