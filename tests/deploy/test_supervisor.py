"""What starts the site and its nights where there is no systemd: supervisor, cron and the wrapper of both."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import wait_for
from tests.deploy.tools import SBIN, needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"

SUPERVISED = {
    "/opt/hrassist/current/deploy/vm/supervisor/run": "{folder}/run",
    "/opt/hrassist/current": "{current}",
    "/var/log/hrassist": "{folder}",
    "startsecs=5": "startsecs=1",
}


@contextmanager
def supervised(folder: Path, text: str, *, current: Path, **variables: str) -> Iterator[Callable[..., str]]:
    """A supervisord with our configuration over other folders; ask it as supervisorctl does."""
    needs("supervisord", "supervisorctl")
    for old, new in SUPERVISED.items():
        assert old in text
        text = text.replace(old, new.format(folder=folder, current=current))
    configuration = folder / "supervisord.conf"
    configuration.write_text(
        f"[supervisord]\nlogfile={folder}/supervisord.log\npidfile={folder}/pid\nuser=root\n"
        f"[unix_http_server]\nfile={folder}/sock\n[supervisorctl]\nserverurl=unix://{folder}/sock\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        + text
    )
    command = ["supervisord", "--nodaemon", "-c", configuration]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={"PATH": SBIN, **variables})
    try:
        yield lambda *words: run("supervisorctl", "-c", configuration, *words).stdout
    finally:
        daemon.terminate()
        daemon.wait(60)


def test_supervisord_reads_its_configuration_and_starts_what_it_says(tmp_path):
    """The real one, with a program in place of ours that tells how it was called."""
    (tmp_path / "run").write_text('#!/bin/sh\necho "$*"\nexec sleep 60\n')
    (tmp_path / "run").chmod(0o755)
    with supervised(tmp_path, (VM / "supervisor/hrassist.conf").read_text(), current=tmp_path) as asked:
        wait_for(lambda: asked("status").count("RUNNING") == 4, seconds=20, why="not all four run")
    assert (tmp_path / "web.log").read_text().startswith("app web .venv/bin/gunicorn --config config/gunicorn.conf.py")
    assert (
        (tmp_path / "worker.log").read_text().startswith("app worker .venv/bin/python manage.py procrastinate worker")
    )
    # What is called there is what the other files call.
    unit = (VM / "systemd/hrassist-web.service").read_text()
    assert "--config config/gunicorn.conf.py hrassist.wsgi:application" in unit


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_the_site_itself_and_a_task_of_the_night_run_where_there_is_no_systemd(own_store, tmp_path):
    """Through the wrapper, with nothing but what it reads: settings, and secrets that are root's."""
    needs("curl", "flock", "logger")
    of_test, etc = environment_of_the_test(own_store), tmp_path / "etc/hrassist"
    for kind in ("app", "worker"):
        (etc / "secrets" / kind).mkdir(parents=True, mode=0o700)
    names = {"HRASSIST_ENV", "HRASSIST_STORAGE_DIR"}
    own = {"ALLOWED_HOSTS": "hr.example.com", "HRASSIST_TRUSTED_PROXIES": "1", "HRASSIST_WEB_WORKERS": "1"}
    own |= {name: of_test[name] for name in names} | {"HRASSIST_METRICS_DIR": str(tmp_path / "figures")}
    (etc / "env").write_text("".join(f"{name}={value}\n" for name, value in own.items()))
    for name in ("DATABASE_URL", "SECRET_KEY"):
        (etc / "secrets/app" / name).write_text(of_test[name])
    variables = {"DESTDIR": str(tmp_path), "HRASSIST_USER": getpass.getuser()}
    (tmp_path / "run").symlink_to(VM / "supervisor/run")
    port = free_port()
    text = (VM / "supervisor/hrassist.conf").read_text().replace("/run/hrassist/web.sock", f"{tmp_path}/web.sock")
    text = text.replace("9108", str(port)).replace("autorestart=true", "autorestart=true\nautostart=false")
    with supervised(tmp_path, text, current=ROOT, **variables) as asked:
        wait_for(lambda: "STOPPED" in asked("status"), seconds=20, why="supervisord does not answer")
        asked("start", "hrassist:web", "hrassist:metrics")
        head = ("curl", "-s", "-H", "Host: hr.example.com", "-H", "X-Forwarded-Proto: https", "--unix-socket")

        def log() -> str:
            return (tmp_path / "web.log").read_text()[-2000:] + (tmp_path / "metrics.log").read_text()[-2000:]

        def ready() -> bool:
            return '"database": "ok"' in run(*head, tmp_path / "web.sock", "http://localhost/readyz").stdout

        wait_for(ready, seconds=120, why=f"the site does not answer {log()}")
        figures = ("curl", "-s", f"http://127.0.0.1:{port}/metrics")
        wait_for(lambda: "hrassist_queue_tasks" in run(*figures).stdout, seconds=120, why=f"no figures {log()}")
    (line,) = (one for one in jobs() if one["name"] == "hrassist-backup-status")
    written = tmp_path / "backup.prom"
    command = line["command"]
    for old, new in {
        "/opt/hrassist/current": str(ROOT),
        "/run/lock": str(tmp_path),
        "/etc/hrassist/backup.key": str(etc / "env"),
        "/var/lib/hrassist-figures/backup.prom": str(written),
    }.items():
        assert old in command
        command = command.replace(old, new)
    done = run("bash", "-c", command, **variables)
    assert (done.returncode, "hrassist_backup" in written.read_text()) == (0, True), done.stderr


def jobs() -> list[dict[str, str]]:
    form = r"(?P<when>(?:\S+ ){5})root (?P<command>.* \| logger --tag (?P<name>\S+))\n"
    return [found.groupdict() for found in re.finditer(form, (VM / "supervisor/cron").read_text())]


def as_cron_says_it(calendar: str) -> str:
    """A time of systemd in cron's five fields; those that our timers have."""
    found = re.fullmatch(r"(?:(\w{3}) )?(?:\*-\*-\* )?(\*|\d\d):(\d\d|0/5|00/5)(?::00)?", calendar)
    assert found is not None, calendar
    day, hour, minute = found.groups()
    return f"{'*/5' if '/' in minute else int(minute)} {hour if hour == '*' else int(hour)} * * {(day or '*').lower()} "


def test_what_timers_do_cron_does_where_there_is_no_systemd():
    """At the same times with the same secrets; delays by chance are left out."""
    wanted = {}
    for timer in (VM / "systemd").glob("*.timer"):
        of_unit = dict(re.findall(r"^(\w+)=(.*)$", timer.with_suffix(".service").read_text(), re.MULTILINE))
        sets = re.findall(r"^LoadCredential=(\w+):", timer.with_suffix(".service").read_text(), re.MULTILINE)
        calendar = re.search(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)
        assert calendar is not None
        only = ""
        if there := of_unit.get("ConditionPathExists"):
            only = f"[[ -e {there} ]] && "
        if folder := of_unit.get("ConditionDirectoryNotEmpty"):
            only = f"[[ -n $(ls --almost-all {folder} 2> /dev/null) ]] && "
        wanted[timer.stem] = {
            "name": timer.stem,
            "when": as_cron_says_it(calendar[1]),
            "command": f"cd {of_unit['WorkingDirectory']} && umask {of_unit['UMask']} && {only}"
            f"flock --nonblock /run/lock/{timer.stem} "
            f"nice -n {of_unit['Nice']} timeout {of_unit['TimeoutStartSec'].removesuffix('in')} "
            f'deploy/vm/supervisor/run "{" ".join(sets)}" '
            f"{of_unit['ExecStart'].removeprefix('/opt/hrassist/current/')} 2>&1 | logger --tag {timer.stem}",
        }
    assert len(wanted) >= 9
    assert {one["name"]: one for one in jobs()} == wanted


def test_a_machine_without_systemd_gets_its_programs_and_its_nights_and_releases_restart_them(tmp_path):
    done = run(VM / "install", "--dry-run", "--supervisor", "hr.acme.org")
    assert done.returncode == 0, done.stderr
    assert "systemctl" not in done.stdout
    assert run(VM / "install", "--supervisor", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    for name, to in {"hrassist.conf": "supervisor/conf.d/hrassist.conf", "cron": "cron.d/hrassist"}.items():
        assert (tmp_path / "etc" / to).read_text() == (VM / "supervisor" / name).read_text()
    assert (tmp_path / "var/log/hrassist").is_dir()
    restarted = run("/bin/bash", "-c", f"source {VM}/common; restart_services", PATH=str(tmp_path), DRY_RUN="yes")
    assert restarted.stdout == "would run: supervisorctl restart hrassist:\\*\n", restarted.stderr
    restarted = run("/bin/bash", "-c", f"source {VM}/common; restart_services", DRY_RUN="yes")
    assert "supervisorctl" not in restarted.stdout


def test_the_wrapper_of_supervisor_becomes_the_user_of_the_application(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("Only root becomes somebody else.")
    (tmp_path / "etc/hrassist/secrets/app").mkdir(parents=True, mode=0o700)
    (tmp_path / "etc/hrassist/secrets/app/SECRET_KEY").write_text("of root")
    (tmp_path / "etc/hrassist/env").write_text("ONE=1\n")
    told = ("sh", "-c", 'echo "$(id -un) $SECRET_KEY"')
    done = run(VM / "supervisor/run", "app", *told, DESTDIR=str(tmp_path), HRASSIST_USER="nobody")
    assert (done.returncode, done.stdout) == (0, "nobody of root\n"), done.stderr
    assert (tmp_path / "run/hrassist").owner() == "nobody"


def test_the_wrapper_of_supervisor_hands_over_settings_without_letting_a_shell_read_them(tmp_path):
    (tmp_path / "etc/hrassist/secrets/app").mkdir(parents=True)
    (tmp_path / "etc/hrassist/env").write_text(
        '# a comment\nONE=a b $(touch /tmp/never)\nTWO="quoted value"\nexport X=1\n'
    )
    (tmp_path / "etc/hrassist/secrets/app/SECRET_KEY").write_text("line one\nline two\n")
    done = run(VM / "supervisor/run", "app", "env", DESTDIR=str(tmp_path), HRASSIST_USER=getpass.getuser())
    assert "ONE=a b $(touch /tmp/never)\n" in done.stdout
    assert "TWO=quoted value\n" in done.stdout
    assert "SECRET_KEY=line one\nline two\n" in done.stdout
    assert "X=1" not in done.stdout
    # Where systemd's units count as well: in memory, and swept out by whoever starts.
    assert f"HRASSIST_METRICS_DIR={tmp_path}/run/hrassist/metrics\n" in done.stdout
