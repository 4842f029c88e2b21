"""The image, really built by buildah and really run: not as root, over a root that is read only, until TERM ends it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from audit.sealing import keys
from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import free_port
from tests.deploy.tools import SBIN, needs, run
from tests.repo.sources import ROOT

pytestmark = [pytest.mark.image, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
# HRASSIST_TEST_IMAGE names one that was built before: deploy/container/build NAME.
BUILT = os.environ.get("HRASSIST_TEST_IMAGE", "")
IMAGE = BUILT or "localhost/hrassist:test"
BUILDAH = ("buildah", "--storage-driver", "vfs")
CONTAINER = ROOT / "deploy" / "container"


@pytest.fixture(scope="module")
def image() -> dict[str, object]:
    """Built once; what it says of itself."""
    needs("buildah", "debootstrap", "unshare", "setpriv")
    if os.geteuid() != 0:
        pytest.skip("Building in a chroot needs root.")
    if not BUILT:
        done = run(CONTAINER / "build", IMAGE, timeout=1500, VERSION="1.2.3")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    found: dict[str, object] = json.loads(run(*BUILDAH, "inspect", "--type", "image", IMAGE).stdout)["Docker"]
    return found


@pytest.fixture(scope="module")
def root(image: dict[str, object]) -> Iterator[Path]:
    """The file system of the image."""
    name = run(*BUILDAH, "from", IMAGE).stdout.strip()
    yield Path(run(*BUILDAH, "mount", name).stdout.strip())
    run(*BUILDAH, "umount", name)
    run(*BUILDAH, "rm", name)


class Container:
    """A process of the image as an engine starts it: its own mounts, its user, no rights, a root that is read only."""

    def __init__(self, root: Path, image: dict[str, object], data: Path, *command: str, **settings: str) -> None:
        config = image["config"]
        assert isinstance(config, dict)
        self.check = config["Healthcheck"]["Test"][1:]
        environment = self.environment = dict(line.split("=", 1) for line in config["Env"]) | settings
        user = config["User"].split(":")[0]
        script = f"""
set -e
mount --bind {root} {root}
mount --bind {data} {root}/var/lib/hrassist
mount -t proc proc {root}/proc
mount -t tmpfs -o mode=1777 tmp {root}/{"tmp"}
mkdir -p {root}/dev
mount --rbind /dev {root}/dev
mount -o remount,bind,ro {root}
exec {shutil.which("chroot", path=SBIN)} {root} /usr/bin/setpriv --reuid {user} --regid {user} --clear-groups \\
  --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
"""
        os.chown(data, int(user), int(user))
        self.output = data.parent / f"{data.name}.log"
        with self.output.open("wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script, "bash",
                 *config["Entrypoint"], *command],
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def first(self) -> int:
        """The process that the container is: it has the number 1 in there."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def within(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command in there, as who runs it and with what it was given: `docker exec`."""
        into = ("nsenter", "--mount", "--pid", "--root", "--wd", f"--target={self.first}", "--setuid=10001")
        return subprocess.run(
            [*into, "--setgid=10001", *command],
            env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @property
    def is_healthy(self) -> bool:
        """What the engine asks every 15 seconds."""
        return self.within(*self.check).returncode == 0

    def signal_all(self, number: signal.Signals) -> None:
        """To the process and what it started."""
        children = Path(f"/proc/{self.first}/task/{self.first}/children").read_text().split()
        for one in (self.first, *map(int, children)):
            os.kill(one, number)

    def wait_for(self, url: str, host: str, *, seconds: float = 120) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.output.read_text()[-3000:]
            asked = (
                "curl",
                "--silent",
                "--fail",
                "--header",
                f"Host: {host}",
                "--header",
                "X-Forwarded-Proto: https",
                url,
            )
            done = run(*asked)
            if done.returncode == 0:
                return done.stdout
            time.sleep(0.5)
        raise AssertionError(self.output.read_text()[-3000:])

    def end(self) -> int:
        os.kill(self.first, signal.SIGTERM)
        return self.process.wait(120)


@pytest.fixture
def settings_of_it(own_store: Path, of_production: None) -> dict[str, str]:
    return {
        "HRASSIST_ENV": "production",
        "DATABASE_URL": environment_of_the_test(own_store)["DATABASE_URL"],
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "ALLOWED_HOSTS": "hr.example.com",
        "HRASSIST_TRUSTED_PROXIES": "1",
        "HRASSIST_WEB_WORKERS": "1",
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for one in (tmp_path, *tmp_path.parents):
        if one != Path("/tmp") and one != Path("/"):  # noqa: S108
            one.chmod(one.stat().st_mode | 0o011)
    return folder


def test_hadolint_finds_nothing_in_its_recipe():
    done = run("deploy/scripts/scanner", "hadolint", CONTAINER / "Dockerfile")
    assert done.returncode == 0, done.stdout


def test_it_says_what_it_is_and_who_runs_it(image):
    config = image["config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.version"] == ("1.2.3" if not BUILT else "0")
    assert "STOPSIGNAL" not in config or config["StopSignal"] == "SIGTERM"
    assert not [line for line in config["Env"] if "SECRET" in line or "PASSWORD" in line or "DATABASE_URL" in line]


def test_it_holds_what_runs_and_nothing_else(root):
    assert (root / "opt/hrassist/static/staticfiles.json").exists()
    for absent in ("tests", "docs", ".git", "requirements-dev.txt", ".venv/bin/pip", "deploy/vm"):
        assert not (root / "opt/hrassist" / absent).exists(), absent
    for tool in ("gcc", "make", "git", "curl"):
        assert not (root / "usr/bin" / tool).exists(), tool
    # Nothing of ours can be changed by who runs it, and nothing lets somebody become root.
    found = run("find", root / "opt/hrassist", "-uid", "10001")
    assert found.stdout == ""
    writable = run("find", root / "opt", "-perm", "-o+w", "-not", "-type", "l")
    assert writable.stdout == ""


def test_the_web_process_answers_reads_only_and_ends_on_term_with_zero(root, image, data, settings_of_it):
    port = free_port()
    one = Container(root, image, data, HRASSIST_WEB_BIND=f"127.0.0.1:{port}", **settings_of_it)
    try:
        ready = json.loads(one.wait_for(f"http://127.0.0.1:{port}/readyz", "hr.example.com"))
        assert ready["database"] == "ok"
        status = Path(f"/proc/{one.first}/status").read_text()
        assert "Uid:\t10001\t10001\t10001\t10001" in status
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        assert "Read-only file system" in one.within("touch", "/opt/hrassist/here").stderr
        assert one.within("touch", "/var/lib/hrassist/here").returncode == 0
        page = one.wait_for(f"http://127.0.0.1:{port}/login/", "hr.example.com")
        assert "/static/" in page
    finally:
        code = one.end()
    assert code == 0, one.output.read_text()[-2000:]


@pytest.mark.parametrize(
    ("command", "path", "says"),
    [
        ((), "/livez", "ok"),
        (("stream",), "/livez", "ok"),
        (("metrics", "--bind", "127.0.0.1:{port}"), "/metrics", "hrassist_"),
    ],
    ids=["web", "stream", "metrics"],
)
def test_each_part_is_healthy_while_it_answers_and_not_when_it_stands_still(
    root, image, data, settings_of_it, command, path, says
):
    port = free_port()
    where = {"HRASSIST_WEB_BIND": f"127.0.0.1:{port}", "HRASSIST_STREAM_PORT": str(port)}
    one = Container(root, image, data, *(word.format(port=port) for word in command), **where, **settings_of_it)
    try:
        assert says in one.wait_for(f"http://127.0.0.1:{port}{path}", "hr.example.com")
        assert one.is_healthy
        one.signal_all(signal.SIGSTOP)
        assert not one.is_healthy
        one.signal_all(signal.SIGCONT)
        assert one.is_healthy
    finally:
        code = one.end()
    assert code == 0, one.output.read_text()[-2000:]
    with pytest.raises(OSError, match="Connection refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_timers_are_healthy_while_they_turn_end_on_term_and_have_what_a_backup_needs(root, image, data, settings_of_it):
    """A real backup and a real drill of the test's database, by the programs and the user of the image."""
    (data / "backups").mkdir()
    (data / "backup.key").write_text("hrbk1:" + base64.b64encode(b"k" * 32).decode() + "\n")
    (data / "backup.key").chmod(0o600)
    # A drill proves the seals of what came back.
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", data / "audit.key")
    for path in (data / "backups", data / "backup.key", data / "audit.key"):
        os.chown(path, 10001, 10001)
    at = connection.settings_dict
    owner = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)
    given = settings_of_it | {
        "HRASSIST_DB_OWNER_URL": owner,
        "HRASSIST_AUDIT_KEY_FILE": "/var/lib/hrassist/audit.key",
        "HRASSIST_BACKUP_KEY_FILE": "/var/lib/hrassist/backup.key",
        "HRASSIST_BACKUP_A": "/var/lib/hrassist/backups",
        "HRASSIST_ERASURE_LEDGER": "/var/lib/hrassist/ledger",
        "HRASSIST_PG_BIN": "/opt/postgresql/bin",
    }
    one = Container(root, image, data, "timers", **given)
    try:
        alive = data / "timers/alive"
        until = time.monotonic() + 180
        while not alive.exists():
            assert one.process.poll() is None, one.output.read_text()
            assert time.monotonic() < until, one.output.read_text()
            time.sleep(0.2)
        assert one.is_healthy
        one.signal_all(signal.SIGSTOP)
        os.utime(alive, (0, 0))
        assert not one.is_healthy
        one.signal_all(signal.SIGCONT)
        time.sleep(3)
        assert one.is_healthy
        manage = ("/opt/hrassist/.venv/bin/python", "/opt/hrassist/manage.py")
        for words in (("backup",), ("drill", "--each")):
            done = one.within(*manage, *words)
            assert done.returncode == 0, done.stdout + done.stderr
        assert "Passed: " in done.stdout
        assert "NOTHING IS BACKED UP" not in one.output.read_text()
    finally:
        code = one.end()
    assert code == 0, one.output.read_text()[-2000:]
    for folder in ("ledger", "var/lib/hrassist-figures", "var/lib/hrassist-watching"):
        assert (root / folder).stat().st_uid == 10001, folder


def test_secrets_come_as_a_folder_for_each_set_as_the_chart_mounts_them(root, image, data, settings_of_it):
    port = free_port()
    folder = data / "credentials"
    for name in ("DATABASE_URL", "SECRET_KEY"):
        (folder / "app").mkdir(parents=True, exist_ok=True)
        (folder / "app" / name).write_text(settings_of_it.pop(name) + "\n")
    given = settings_of_it | {"CREDENTIALS_DIRECTORY": "/var/lib/hrassist/credentials"}
    one = Container(root, image, data, HRASSIST_WEB_BIND=f"127.0.0.1:{port}", **given)
    try:
        ready = json.loads(one.wait_for(f"http://127.0.0.1:{port}/readyz", "hr.example.com"))
        assert ready["database"] == "ok"
    finally:
        assert one.end() == 0
    (folder / "app/SECRET_KEY").unlink()
    one = Container(root, image, data, HRASSIST_WEB_BIND=f"127.0.0.1:{port}", **given)
    assert one.process.wait(180) != 0
    assert "SECRET_KEY" in one.output.read_text()


def alive() -> int:
    """Workers that said that they are at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def test_a_worker_ends_on_term_with_zero(root, image, data, settings_of_it):
    one = Container(root, image, data, "worker", **settings_of_it, HRASSIST_AUDIT_KEY=keys.generate().as_pem())
    until = time.monotonic() + 180
    while not alive():
        assert one.process.poll() is None, one.output.read_text()
        assert time.monotonic() < until, one.output.read_text()
        time.sleep(0.2)
    # It has no address: it is healthy while its process lives.
    assert one.is_healthy
    assert one.end() == 0, one.output.read_text()


def test_a_wrong_configuration_ends_the_container_with_what_to_do(root, image, data, settings_of_it):
    one = Container(root, image, data, **settings_of_it | {"DEBUG": "on"})
    assert one.process.wait(180) == 78
    assert "hrassist.E001" in one.output.read_text()


def test_a_command_is_one_of_manage_py(root, image, data, settings_of_it):
    one = Container(root, image, data, "check", "--deploy", "--fail-level", "ERROR", **settings_of_it)
    assert one.process.wait(180) == 0, one.output.read_text()


def test_its_list_of_what_is_inside_has_packages_of_both_kinds(root, tmp_path):
    path = tmp_path / "image.cdx.json"
    done = run(
        "deploy/scripts/scanner",
        "syft",
        "scan",
        f"dir:{root}",
        "--quiet",
        "--output",
        f"cyclonedx-json={path}",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = {part["purl"].split("?")[0] for part in json.loads(path.read_text())["components"] if "purl" in part}
    assert any(purl.startswith("pkg:pypi/django@5.2") for purl in found)
    assert any(purl.startswith("pkg:deb/debian/libc6@") for purl in found)
    locked = (ROOT / "requirements.txt").read_text().count("==")
    assert len([purl for purl in found if purl.startswith("pkg:pypi/")]) > locked * 0.8
