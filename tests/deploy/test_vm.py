"""What deploy/vm puts onto a machine, read by the tools that will read it there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.machine import settings_of
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"
UNITS = sorted((VM / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
SCRIPTS = sorted(
    path
    for folder in (VM, ROOT / "deploy/scripts", VM / "supervisor", VM / "certbot")
    for path in folder.iterdir()
    if path.is_file() and path.read_text().startswith(("#!/usr/bin/env bash", "# shellcheck shell=bash"))
)


def test_shellcheck_finds_nothing_in_any_script():
    assert len(SCRIPTS) >= 15
    assert {VM / "common", VM / "manage", VM / "release"} <= set(SCRIPTS)
    done = run("deploy/scripts/scanner", "shellcheck", "--exclude=SC2329", *SCRIPTS)
    assert done.returncode == 0, done.stdout


# --- systemd ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units over this checkout, so that the programs they start are there."""
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/hrassist/current", str(ROOT)))
    return tmp_path


def test_systemd_has_nothing_to_say_about_the_units(units):
    needs("systemd-analyze")
    done = run("systemd-analyze", "verify", *sorted(units.iterdir()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_say_it_of_a_word_that_it_does_not_know(units):
    needs("systemd-analyze")
    web = units / "hrassist-web.service"
    web.write_text(web.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in run("systemd-analyze", "verify", web).stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_exposed_below_two_of_ten(path):
    needs("systemd-analyze")
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", path)
    assert done.returncode == 0, done.stdout[-2000:]
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found[1]) < 2


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_has_its_secrets_as_credentials_and_those_of_the_owner_for_backups_alone(path):
    text = path.read_text()
    assert "LoadCredential=app:/etc/hrassist/secrets/app\n" in text
    as_owner = {"hrassist-backup.service", "hrassist-backup-files.service", "hrassist-drill.service"}
    assert ("secrets/owner" in text) == (path.name in as_owner)
    assert not re.search(r"^Environment=.*(KEY|SECRET|PASSWORD|URL)", text, re.MULTILINE)


def test_only_the_worker_and_what_proves_the_trail_have_its_key():
    having = {path.name for path in SERVICES if "secrets/worker" in path.read_text()}
    assert having == {
        "hrassist-worker@.service", "hrassist-audit-verify.service", "hrassist-storage-doctor.service",
        "hrassist-fsck.service", "hrassist-fsck-files.service", "hrassist-drill.service",
    }  # fmt: skip


def test_every_program_that_a_unit_starts_is_one_of_ours(units):
    """A command that manage.py does not have would be seen only at night."""
    commands = {
        found for path in SERVICES for found in re.findall(r"manage\.py (\w+)", path.read_text()) if found != "metrics"
    }
    assert commands == {
        "procrastinate", "audit_verify", "storage_doctor", "read_bounces", "backup", "backup_status", "drill", "fsck",
    }  # fmt: skip
    known = run(".venv/bin/python", "manage.py", "help", "--commands", HRASSIST_ENV="development")
    assert known.returncode == 0, known.stderr
    assert commands <= set(known.stdout.split())


def test_every_timer_starts_a_service_and_is_switched_on_by_the_installation():
    timers = {path.stem for path in UNITS if path.suffix == ".timer"}
    assert timers <= {path.stem for path in SERVICES}
    enabled = set(re.findall(r"(hrassist-[\w-]+)\.timer", (VM / "install").read_text()))
    assert enabled == timers
    # After an installation nobody starts the machine again, and what is enabled alone starts with the machine.
    assert set(re.findall(r"(hrassist-[\w-]+)\.timer", (VM / "systemd/hrassist.target").read_text())) == timers


def test_the_backups_are_looked_at_every_five_minutes_and_the_promises_every_night(units):
    """As systemd itself reads the timers: how long it is from one time to the next."""
    needs("systemd-analyze")
    most = {
        "hrassist-backup-status": 300,
        "hrassist-fsck": 86400,
        "hrassist-backup": 86400,
        "hrassist-drill": 7 * 86400,
    }
    for name, seconds in most.items():
        found = re.search(r"OnCalendar=(.*)", (units / f"{name}.timer").read_text())
        assert found is not None
        said = run("systemd-analyze", "calendar", "--iterations=2", found[1]).stdout
        first, second = (
            time.strptime(one, "%Y-%m-%d %H:%M:%S")
            for one in re.findall(r"(?:Next elapse|Iter\S* #2): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", said)
        )
        assert time.mktime(second) - time.mktime(first) == seconds, name


# --- install ----------------------------------------------------------------------------------------------------------


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


def test_installing_twice_changes_nothing_and_trying_changes_nothing_at_all(tmp_path):
    where = tmp_path / "machine"
    tried = run(VM / "install", "--dry-run", "hr.acme.org", DESTDIR=str(where))
    assert tried.returncode == 0, tried.stderr
    assert "/etc/systemd/system/hrassist-web.service" in tried.stdout
    assert not where.exists()

    done = run(VM / "install", "hr.acme.org", DESTDIR=str(where))
    assert done.returncode == 0, done.stderr
    first = tree(where)
    again = run(VM / "install", "hr.acme.org", DESTDIR=str(where))
    assert again.returncode == 0
    assert tree(where) == first
    assert "/etc/" not in again.stdout.partition("Next, as")[0]

    site = (where / "etc/nginx/conf.d/hrassist.conf").read_text()
    assert "server_name hr.acme.org;" in site
    assert "example.com" not in site
    key = where / "etc/hrassist/secrets/app/SECRET_KEY"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text()) > 80
    assert {(where / "etc/hrassist/secrets" / name).stat().st_mode & 0o777 for name in ("app", "worker", "owner")} == {
        0o700
    }


def test_settings_and_secrets_that_are_there_are_kept(tmp_path):
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    settings, key = tmp_path / "etc/hrassist/env", tmp_path / "etc/hrassist/secrets/app/SECRET_KEY"
    settings.write_text(settings.read_text() + "HRASSIST_LOG_LEVEL=DEBUG\n")
    kept = settings.read_text(), key.read_text()
    unit = tmp_path / "etc/systemd/system/hrassist-web.service"
    unit.write_text("stale")
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    assert (settings.read_text(), key.read_text()) == kept
    assert unit.read_text() != "stale"


def test_monit_comes_only_where_it_is_asked_for_and_beside_debians_own_settings(tmp_path):
    needs("monit")
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    assert not (tmp_path / "etc/monit").exists()
    done = run(VM / "install", "--monit", "no address", "hr.acme.org", DESTDIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "MAIL is no address. Name who is told, for example it@example.com.\n")
    assert run(VM / "install", "--monit", "it@acme.org", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    assert "example.com" not in (tmp_path / "etc/monit/conf.d/hrassist").read_text()
    control = tmp_path / "monitrc"
    text = Path("/etc/monit/monitrc").read_text().replace("/etc/monit/conf.d", f"{tmp_path}/etc/monit/conf.d")
    control.write_text(text.replace("/var/lib/monit", str(tmp_path)))
    control.chmod(0o600)
    done = run("monit", "-t", "-c", control)
    assert (done.returncode, "Control file syntax OK" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("name", ["hr", "hr acme.org", "hr.acme.org;rm", "-x.org"])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    done = run(VM / "install", name, DESTDIR=str(tmp_path))
    assert done.returncode == 1
    assert not (tmp_path / "etc").exists()


# --- What guards and cleans up ----------------------------------------------------------------------------------------


def lines(*asked: tuple[str, str, int]) -> str:
    """The log as nginx writes it (tests/deploy/test_nginx.py proves that it does)."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return "".join(
        f'{{"ts":"{now}","request_id":"9f86d081884c7d659a2feaa0c55ad015","ip":"198.51.100.7","method":"{method}",'
        f'"path":"{path}","status":{status},"bytes":5120,"seconds":0.210}}\n'
        for method, path, status in asked
    )


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
    log.write_text(lines(asked))
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


def test_who_is_named_runs_a_command_of_a_release_with_the_groups_of_the_application(tmp_path):
    """pgBackRest is the server's: its user makes the way back before a migration."""
    if os.geteuid() != 0:
        pytest.skip("Root alone becomes others.")
    (tmp_path / "etc/hrassist").mkdir(parents=True)
    (tmp_path / "etc/hrassist/env").write_text("")
    script = f"source {VM}/common; cd /; in_release / app id; RUN_AS=nobody in_release / app id"
    done = run("bash", "-c", script, DESTDIR=str(tmp_path), HRASSIST_USER="daemon")
    own, other = done.stdout.splitlines()
    assert "(daemon) gid=1(daemon)" in own
    assert "(nobody) gid=1(daemon)" in other


def test_the_journal_keeps_thirty_days_and_leaves_room_on_the_disk():
    needs("systemd-analyze")
    journal = settings_of((VM / "journald/hrassist.conf").read_text().partition("[Journal]\n")[2])
    said = run("systemd-analyze", "timespan", journal["MaxRetentionSec"]).stdout
    assert re.search(r"μs: (\d+)", said)[1] == str(30 * 86400 * 10**6)
    assert journal["Storage"] == "persistent"
    assert {"SystemMaxUse", "SystemKeepFree"} <= set(journal)
    # journald passes over what it does not know: the distribution's own file names all of it.
    known = re.findall(r"^#(\w+)=", Path("/etc/systemd/journald.conf").read_text(), re.MULTILINE)
    assert set(journal) <= set(known)


def test_the_folder_of_the_sockets_is_made_anew_at_each_start_of_the_machine(tmp_path):
    needs("systemd-tmpfiles")
    if os.geteuid() != 0:
        pytest.skip("Folders of others are made by root.")
    (tmp_path / "etc/tmpfiles.d").mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nhrassist:x:4711:4712::/:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\nhrassist:x:4712:\n")
    shutil.copy(VM / "tmpfiles/hrassist.conf", tmp_path / "etc/tmpfiles.d")
    done = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", "hrassist.conf")
    assert (done.returncode, done.stderr) == (0, "")
    made = (tmp_path / "run/hrassist").stat()
    assert (made.st_uid, made.st_gid, oct(made.st_mode)) == (4711, 4712, "0o40755")


def test_the_certificate_is_fetched_once(tmp_path):
    done = run(VM / "certificate", "--dry-run", "hr.acme.invalid", "it@acme.invalid")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("would run: certbot certonly") == 2
    assert "--webroot-path /var/www/certbot" in done.stdout
