"""What deploy/vm puts onto a machine, read by the tools that will read it there."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from audit.sealing import keys as audit_keys
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"
UNITS = sorted((VM / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
SCRIPTS = sorted(
    path
    for path in (ROOT / "deploy").rglob("*")
    if path.is_file() and path.read_text().startswith(("#!/usr/bin/env bash", "#!/bin/sh", "# shellcheck shell=bash"))
)


def test_shellcheck_finds_nothing_in_any_script():
    folders = {str(path.parent.relative_to(ROOT)) for path in SCRIPTS}
    assert folders >= {
        "deploy/compose",
        "deploy/container",
        "deploy/helm",
        "deploy/nginx",
        "deploy/scripts",
        "deploy/vm",
    }
    assert folders >= {"deploy/vm/certbot", "deploy/vm/supervisor"}
    assert {VM / "common", VM / "manage", VM / "release"} <= set(SCRIPTS)
    executable = {path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.stat().st_mode & 0o111}
    # That one is Python's, and read by the linters as such.
    assert executable - set(SCRIPTS) == {ROOT / "deploy/container/healthy"}
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
def test_a_service_has_its_share_of_memory_and_is_restarted_where_it_would_be_reloaded(path):
    text = path.read_text()
    least, most = (re.findall(rf"^{name}=(\d+)([MG])$", text, re.MULTILINE) for name in ("MemoryHigh", "MemoryMax"))
    assert (len(least), len(most)) == (1, 1)
    in_megabytes = [int(number) * {"M": 1, "G": 1024}[unit] for number, unit in (*least, *most)]
    assert 0 < in_megabytes[0] < in_megabytes[1]
    # gunicorn has its code loaded before it forks: at a HUP the former release would go on.
    assert "ExecReload" not in text


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_has_its_secrets_as_credentials_and_those_of_the_owner_for_backups_alone(path):
    text = path.read_text()
    assert "LoadCredential=app:/etc/hrassist/secrets/app\n" in text
    as_owner = {"hrassist-backup.service", "hrassist-backup-files.service", "hrassist-drill.service"}
    assert ("secrets/owner" in text) == (path.name in as_owner)
    assert not re.search(r"^Environment=.*(KEY|SECRET|PASSWORD|URL)", text, re.MULTILINE)


def test_what_counts_and_what_adds_it_up_share_a_folder_in_memory_that_no_stop_takes_away(tmp_path):
    """tests/machine asks the exporter of a booted machine, and what lies below the folder."""
    counting = {
        "hrassist-web.service",
        "hrassist-stream.service",
        "hrassist-worker@.service",
        "hrassist-metrics.service",
    }
    shared = (
        "Environment=HRASSIST_METRICS_DIR=/run/hrassist/metrics\n"
        "RuntimeDirectory=hrassist/metrics\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=yes\n"
    )
    assert {path.name for path in SERVICES if shared in path.read_text()} == counting
    # By systemd's own rule another unit with the same one, and without the last line, would empty it for all.
    assert {path.name for path in SERVICES if "RuntimeDirectory" in path.read_text()} == counting
    # What is called by hand and by supervisor is told of the same one, where the settings name no other.
    settings = tmp_path / "etc/hrassist/env"
    settings.parent.mkdir(parents=True)
    for said, folder in {
        "": f"{tmp_path}/run/hrassist/metrics",
        "HRASSIST_METRICS_DIR=/elsewhere\n": "/elsewhere",
    }.items():
        settings.write_text(said)
        asked = f"source {VM}/common; in_release / app printenv HRASSIST_METRICS_DIR"
        done = run("bash", "-c", asked, DESTDIR=str(tmp_path), HRASSIST_USER="root")
        assert done.stdout == f"{folder}\n", done.stderr


def test_only_the_worker_and_what_proves_the_trail_have_its_key():
    having = {path.name for path in SERVICES if "secrets/worker" in path.read_text()}
    assert having == {
        "hrassist-worker@.service", "hrassist-audit-verify.service", "hrassist-storage-doctor.service",
        "hrassist-fsck.service", "hrassist-fsck-files.service", "hrassist-drill.service",
    }  # fmt: skip


def test_the_key_of_backups_and_what_writes_to_their_places_are_handed_to_those_alone_who_make_and_prove_them():
    """tests/machine asks each process of a booted machine what it can read."""
    handed = {
        path.name.removeprefix("hrassist-").removesuffix(".service"): set(
            re.findall(r"^LoadCredential=(key|backup):", path.read_text(), re.MULTILINE)
        )
        for path in SERVICES
    }
    assert {name: sets for name, sets in handed.items() if sets} == {
        "backup": {"key", "backup"}, "backup-files": {"key", "backup"}, "drill": {"key", "backup"},
        "backup-status": {"key"}, "fsck-files": {"key"},
    }  # fmt: skip
    hidden = (
        "InaccessiblePaths=-/etc/hrassist/backup.key -/etc/hrassist/secrets -/etc/pgbackrest.conf -/etc/pgbackrest\n"
    )
    assert {path.name for path in SERVICES if hidden not in path.read_text()} == {
        f"hrassist-{name}.service" for name, sets in handed.items() if sets
    }


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
    seals = where / "etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY"
    assert seals.stat().st_mode & 0o777 == 0o600
    audit_keys.parse(seals.read_text()).require_signer()
    assert {
        (where / "etc/hrassist/secrets" / name).stat().st_mode & 0o777 for name in ("app", "worker", "owner", "backup")
    } == {0o700}


def test_settings_and_secrets_that_are_there_are_kept(tmp_path):
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    settings, key = tmp_path / "etc/hrassist/env", tmp_path / "etc/hrassist/secrets/app/SECRET_KEY"
    settings.write_text(settings.read_text() + "HRASSIST_LOG_LEVEL=DEBUG\n")
    seals = tmp_path / "etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY"
    kept = settings.read_text(), key.read_text(), seals.read_text()
    unit = tmp_path / "etc/systemd/system/hrassist-web.service"
    unit.write_text("stale")
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    assert (settings.read_text(), key.read_text(), seals.read_text()) == kept
    # Who hands the key of the seals over in another way is given no other one.
    seals.unlink()
    settings.write_text(settings.read_text() + "HRASSIST_AUDIT_KEY_FILE=/run/keys/audit\n")
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    assert not seals.exists()
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


def accepted(machine: Path) -> None:
    """By the tools of those who will read it."""
    for command in (
        ("promtool", "check", "config", machine / "etc/prometheus/prometheus.yml"),
        ("amtool", "check-config", machine / "etc/prometheus/alertmanager.yml"),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_is_set_up_and_what_a_machine_says_otherwise_outlives_installations_and_releases(tmp_path):
    needs("promtool", "amtool")
    told = ("--prometheus", "it@acme.org", "hr.acme.org")
    assert run(VM / "install", *told, DESTDIR=str(tmp_path)).returncode == 0
    accepted(tmp_path)
    etc = tmp_path / "etc/prometheus"
    assert "example.com" not in (etc / "prometheus.yml").read_text() + (etc / "alertmanager.yml").read_text()
    assert (etc / "rules.yml").read_text() == (ROOT / "deploy/monitoring/prometheus/rules.yml").read_text()
    assert (tmp_path / "var/lib/prometheus/node-exporter/hrassist-backup.prom").readlink() == Path(
        "/var/lib/hrassist-figures/backup.prom"
    )
    # The first release says the same as the installation did.
    (tmp_path / "etc/hrassist/secrets/app/DATABASE_URL").write_text("postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "opt/hrassist/current").symlink_to(ROOT)
    machine = {"DESTDIR": str(tmp_path), "HRASSIST_USER": "root"}
    before = tree(etc)
    done = run(VM / "watch", **machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tree(etc) == before

    own = tmp_path / "etc/hrassist/alerts.toml"
    own.write_text(own.read_text().replace("it@acme.org", "night@acme.org") + OTHERWISE)
    for command in ((VM / "watch",), (VM / "install", *told)):
        done = run(*command, **machine)
        assert done.returncode == 0, done.stderr
        accepted(tmp_path)
        assert "night@acme.org" in (etc / "alertmanager.yml").read_text()
        assert "hrassist_database_bytes) > 20000000000" in (etc / "rules.yml").read_text()
    # What cannot be read is put nowhere.
    before = tree(etc)
    own.write_text(own.read_text().replace("ScaleDatabase", "ScaleDatabsae"))
    done = run(VM / "watch", **machine)
    assert done.returncode == 1
    assert "there is no alert ScaleDatabsae" in done.stderr
    assert tree(etc) == before


OTHERWISE = """
[[alert]]
name = "ScaleDatabase"
threshold = 20000000000
"""


@pytest.mark.parametrize("name", ["hr", "hr acme.org", "hr.acme.org;rm", "-x.org"])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    done = run(VM / "install", name, DESTDIR=str(tmp_path))
    assert done.returncode == 1
    assert not (tmp_path / "etc").exists()


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
    counted = (tmp_path / "run/hrassist/metrics").stat()
    assert (counted.st_uid, counted.st_gid, oct(counted.st_mode)) == (4711, 4712, "0o40700")


def test_the_certificate_is_fetched_once(tmp_path):
    done = run(VM / "certificate", "--dry-run", "hr.acme.invalid", "it@acme.invalid")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("would run: certbot certonly") == 2
    assert "--webroot-path /var/www/certbot" in done.stdout
