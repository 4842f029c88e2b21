"""The single machine of deploy/vm: a real nginx, gunicorn behind a passed socket, the scripts as they are shipped."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from candidates.models import Candidate
from tests.deploy.conftest import NAME, free_port
from tests.deploy.load import Load
from tests.deploy.machine import Machine, archive
from tests.deploy.ssh import Machines
from tests.deploy.tools import needs, run
from tests.factories import UserFactory, api_token
from tests.repo.sources import ROOT

pytestmark = [
    pytest.mark.rollout,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]


def running_in(folder: Path) -> int:
    """How many masters of gunicorn run in releases of this machine, whoever their parents are."""
    masters = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            within = (process / "cwd").resolve().is_relative_to(folder)
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            parent_within = Path(f"/proc/{parent}/cwd").resolve().is_relative_to(folder)
        except OSError:
            continue
        masters += within and not parent_within
    return masters


def smoke(site: str, options: str) -> list[str]:
    """What does not hold, as deploy/scripts/smoke says it."""
    done = run("deploy/scripts/smoke", site, SMOKE_CURL=options)
    wrong = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert done.returncode == (1 if wrong else 0), done.stdout + done.stderr
    return wrong


def test_releases_and_their_way_back_lose_no_request(machine, before, static, tmp_path):
    token = api_token(UserFactory(role="Recruiter"))
    first = archive(tmp_path, "1.0.0", static=static)
    done = machine.script("release", str(first), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr + machine.log.read_text()[-3000:]
    assert before.ask("/livez").body == b"ok 1.0.0\n"
    assert smoke(f"https://{NAME}:{before.tls}", f"--insecure --resolve {NAME}:{before.tls}:127.0.0.1") == (
        # Asked from the machine itself, which may.
        ["WRONG  /readyz is open to everybody"]
    )
    assert len(smoke("https://127.0.0.1:1", "--insecure")) >= 8

    def broken(tree: Path) -> None:
        wsgi = tree / "hrassist/wsgi.py"
        wsgi.write_text(wsgi.read_text() + "\nraise RuntimeError('this release cannot start')\n")

    second = archive(tmp_path, "1.1.0", static=static)
    third = archive(tmp_path, "1.2.0", static=static, change=broken)
    with Load(before.tls, token=token) as load:
        load.wait_for(50)

        # A full stop, a pause and a start: what arrives waits in the socket.
        machine.stop()
        time.sleep(2)
        assert machine.start(), machine.log.read_text()[-3000:]
        load.wait_for(50)

        done = machine.script("release", str(second), "1.1.0")
        assert done.returncode == 0, done.stdout + done.stderr
        load.wait_for(50)
        assert before.ask("/livez").body == b"ok 1.1.0\n"

        # A release that cannot start is found out before anybody is led to it.
        done = machine.script("release", str(third), "1.2.0")
        assert done.returncode == 1
        assert "Release 1.2.0 is not ready; nothing was flipped and 1.1.0 still answers." in done.stderr
        assert "this release cannot start" in done.stderr
        load.wait_for(50)
        assert before.ask("/livez").body == b"ok 1.1.0\n"

        done = machine.script("rollback")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.endswith("hrassist 1.0.0 answers.\n")
        load.wait_for(50)
        assert before.ask("/livez").body == b"ok 1.0.0\n"

    # What answers is not changed beneath its name.
    done = machine.script("release", str(third), "1.0.0")
    assert done.returncode == 1
    assert "hrassist 1.0.0 answers here, out of another archive" in done.stderr

    # The trials have ended: what runs in this machine's folders is the one service.
    assert running_in(machine.folder) == 1
    assert set(load.found) == {"GET 200", "POST 201"}, load.found
    # Nothing was lost, and nothing was done twice.
    assert Candidate.objects.filter(full_name__startswith="Load ").count() == load.found["POST 201"]
    log = (machine.folder / "opt/hrassist/releases.log").read_text().splitlines()
    assert [line.split()[1:3] for line in log] == [
        ["released", "1.0.0"],
        ["released", "1.1.0"],
        ["rolled-back", "1.0.0"],
    ]


# --- Releases that do not hold ----------------------------------------------------------------------------------------


def test_a_release_that_is_only_unready_after_the_flip_is_taken_back(machine, before, static, tmp_path):
    done = machine.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr

    def only_alone(tree: Path) -> None:
        # On the socket of its trial it starts; as the service it does not.
        wsgi = tree / "hrassist/wsgi.py"
        wsgi.write_text(
            wsgi.read_text() + "\nif 'LISTEN_PID' in os.environ:\n    raise RuntimeError('not as a service')\n"
        )

    second = archive(tmp_path, "1.1.0", static=static, change=only_alone)
    done = machine.script("release", str(second), "1.1.0")
    assert done.returncode == 1
    assert "Release 1.1.0 was not ready; 1.0.0 answers again." in done.stderr
    assert before.ask("/livez").body == b"ok 1.0.0\n"
    assert str((machine.folder / "opt/hrassist/current").readlink()) == "releases/1.0.0"


@pytest.mark.parametrize("key", [None, ""])
def test_a_release_whose_worker_would_not_start_changes_nothing(machine, static, tmp_path, key):
    """Nobody would notice before the tasks lie there."""
    there = machine.folder / "etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY"
    there.unlink() if key is None else there.write_text(key)
    done = machine.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 1
    assert "No worker of release 1.0.0 would start" in done.stderr
    assert "nothing was changed" in done.stderr
    assert not (machine.folder / "opt/hrassist/current").exists()


def test_a_release_that_refuses_the_settings_changes_nothing(machine, static, tmp_path):
    (machine.folder / "etc/hrassist/secrets/app/SECRET_KEY").write_text("short")
    done = machine.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 1
    assert "hrassist.E002" in done.stderr
    assert "Release 1.0.0 refuses these settings; nothing was changed." in done.stderr
    assert not (machine.folder / "opt/hrassist/current").exists()

    # A version that nobody was led to may come again out of another archive.
    with tarfile.open(tmp_path / "anew.tar.gz", "w:gz") as file:
        file.add(ROOT / "pyproject.toml", "pyproject.toml")
    done = machine.script("release", str(tmp_path / "anew.tar.gz"), "1.0.0")
    assert done.returncode == 1
    assert "Removing 1.0.0, which came from another archive" in done.stdout
    assert "holds no manage.py at its top" in done.stderr


def test_another_archive_than_the_one_that_was_named_is_refused(machine, tmp_path):
    (tmp_path / "some.tar.gz").write_bytes(b"some")
    done = machine.script("release", "--sha256", "0" * 64, str(tmp_path / "some.tar.gz"), "1.0.0")
    assert done.returncode == 1
    assert "is not the file that was named" in done.stderr


def test_two_releases_at_once_are_refused(machine, tmp_path):
    (tmp_path / "some.tar.gz").write_bytes(b"some")
    held = subprocess.Popen(["flock", machine.folder / "opt/hrassist/.lock", "sleep", "20"])
    try:
        time.sleep(0.5)
        done = machine.script("release", str(tmp_path / "some.tar.gz"), "1.0.0")
    finally:
        held.terminate()
        held.wait()
    assert done.returncode == 1
    assert "Another release or rollback is at work" in done.stderr


def test_a_dry_run_of_a_release_changes_nothing(machine, static, tmp_path):
    path = archive(tmp_path, "1.0.0", static=static)
    found = sorted(machine.folder.rglob("*"))
    done = machine.script("release", "--dry-run", str(path), "1.0.0")
    assert done.returncode == 0, done.stderr
    assert "would run: ln" in done.stdout
    assert sorted(machine.folder.rglob("*")) == found


# --- Several of them, over ssh ----------------------------------------------------------------------------------------


@pytest.fixture
def by_ssh(new_machine: Callable[[str], Machine]) -> Iterator[Callable[[str], Machine]]:
    """Machines with the scripts of this checkout, each behind a real sshd; `.roll` is deploy/vm/roll."""
    needs("sshd", "ssh", "sudo", "unshare")
    if os.geteuid() != 0:
        pytest.skip("Machines of one's own need root.")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        network = Machines(Path(name))

        def make(host: str) -> Machine:
            one = new_machine(host)
            reached = network.add(host, port=free_port())
            told = "".join(f"export {name}={value}\n" for name, value in one.variables.items())
            for script in ("release", "rollback"):
                reached.program(f"hrassist-{script}", f'{told}exec {ROOT}/deploy/vm/{script} "$@"\n')
            return one

        make.roll = network.roll  # type: ignore[attr-defined]
        yield make
        network.end()


def asked_of(machine: Machine, found: Counter[str], ended: threading.Event) -> None:
    """What a machine answers, over and over."""
    curl = ("curl", "--silent", "--max-time", "60", "--unix-socket", machine.web_socket)
    head = ("--header", f"Host: {NAME}", "--header", "X-Forwarded-Proto: https", "--write-out", "%{http_code}")
    while not ended.is_set():
        found[run(*curl, *head, "http://localhost/livez").stdout.replace("\n", " ")] += 1
        time.sleep(0.1)


def test_a_release_that_one_machine_refuses_is_taken_back_from_those_before_it_and_they_answer(
    by_ssh, static, tmp_path
):
    one, two, three = (by_ssh(name) for name in ("one", "two", "three"))
    done = by_ssh.roll(archive(tmp_path, "1.0.0", static=static), "1.0.0", "one")
    assert done.returncode == 0, done.stdout + done.stderr + one.log.read_text()[-3000:]

    (two.folder / "etc/hrassist/secrets/app/SECRET_KEY").write_text("short")
    found: Counter[str] = Counter()
    ended = threading.Event()
    asking = threading.Thread(target=asked_of, args=(one, found, ended))
    asking.start()
    done = by_ssh.roll(archive(tmp_path, "1.1.0", static=static), "1.1.0", "one", "two", "three")
    ended.set()
    asking.join()

    assert done.returncode == 1
    assert "Release 1.1.0 refuses these settings; nothing was changed." in done.stderr
    assert "two refused 1.1.0; 1 released machines go back, and those behind it were left as they are." in done.stderr
    assert "one is back at 1.0.0." in done.stderr
    # Both releases were seen on the first machine, and never an error.
    assert set(found) == {"ok 1.0.0 200", "ok 1.1.0 200"}, found
    assert (one.folder / "opt/hrassist/current").readlink() == Path("releases/1.0.0")
    assert not (two.folder / "opt/hrassist/current").exists()
    assert not (three.folder / "opt/hrassist/releases").exists()
