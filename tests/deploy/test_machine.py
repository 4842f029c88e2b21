"""The single machine of deploy/vm: a real nginx, gunicorn behind a passed socket, the scripts as they are shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from candidates.models import Candidate
from hrassist import databases
from hrassist.ops.backup import keys, servers
from tests.audit.sealing import conninfo
from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import NAME, NGINX, Proxy, free_port
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


@pytest.fixture
def new_machine(tmp_path: Path, own_store: Path, of_production: None) -> Iterator[Callable[..., Machine]]:
    """Installed machines over the test's database, by name."""
    at = connection.settings_dict
    owner = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)
    (tmp_path / "var").mkdir()
    own_store.mkdir(exist_ok=True)
    made: list[Machine] = []

    def make(name: str, **more: str) -> Machine:
        one = Machine(
            tmp_path / name,
            settings={
                "HRASSIST_ENV": "production",
                "ALLOWED_HOSTS": NAME,
                "HRASSIST_TRUSTED_PROXIES": "1",
                "HRASSIST_STORAGE_DIR": str(own_store),
                "HRASSIST_VAR_DIR": str(tmp_path / "var"),
                "HRASSIST_REQUIRE_MFA": "off",
                "HRASSIST_WEB_WORKERS": "2",
                "HRASSIST_API_REQUESTS_PER_MINUTE": "1000000",
                # As deploy/environments/production.env says it: what waits longer for a lock fails.
                "HRASSIST_DB_STATEMENT_TIMEOUT": "5",
                **more,
            },
            secrets={
                "DATABASE_URL": environment_of_the_test(own_store)["DATABASE_URL"],
                "HRASSIST_DB_OWNER_URL": owner,
                "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
            },
            environment=Path(sys.prefix),
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def machine(new_machine: Callable[..., Machine]) -> Machine:
    return new_machine("machine")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected once for all releases of these tests; uncompressed, as development does it."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=os.environ | {"HRASSIST_ENV": "development", "HRASSIST_STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture
def before(nginx_folder: Callable[[], Proxy], machine: Machine) -> Iterator[Proxy]:
    with nginx_before(nginx_folder(), machine) as one:
        yield one


@contextmanager
def nginx_before(one: Proxy, machine: Machine) -> Iterator[Proxy]:
    """nginx before the machine's socket; a flood is allowed, because this test is one."""
    path = one.folder / "hrassist.conf"
    text = path.read_text().replace(f"{one.folder}/web.sock", str(machine.web_socket))
    path.write_text(text.replace("rate=30r/s", "rate=100000r/s"))
    process = subprocess.Popen([str(NGINX), "-c", f"{one.folder}/nginx.conf", "-p", str(one.folder)])
    time.sleep(0.5)
    assert process.poll() is None, (one.folder / "error.log").read_text()
    yield one
    process.terminate()
    process.wait(20)


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


# --- Releases that bring migrations -----------------------------------------------------------------------------------

# What a migration may cost those who ask meanwhile: no request, and nobody waits longer than for one lock that was not
# to be had (hrassist.ops.migrating.steps.LOCK_TIMEOUT) and for the answer that comes after it.
FAILED_REQUESTS = 0
LONGEST_REQUEST = 5.0

MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("candidates", "{after}")]
    operations = [
        migrations.AddField("candidate", "{column}", models.CharField(max_length=20, blank=True, db_default="")),
        {more}
    ]
"""


def brings(tree: Path, number: int, column: str, more: str = "") -> None:
    """A further migration of candidates, which widens the table that the load writes into."""
    folder = tree / "candidates/migrations"
    after = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / f"{number}_{column}.py").write_text(MIGRATION.format(after=after, column=column, more=more))


def reads_it(tree: Path, column: str) -> None:
    """The code of that release knows the column."""
    path = tree / "candidates/models/candidate.py"
    field = f'    {column} = models.CharField(max_length=20, blank=True, db_default="")\n'
    text = path.read_text().replace("    # What is left then", f"{field}    # What is left then")
    text = text.replace('"id", "country",', f'"id", "{column}", "country",')
    assert text.count(column) == 2
    path.write_text(text)


def widens(tree: Path) -> None:
    brings(tree, 9001, "later_one")
    reads_it(tree, "later_one")


def widens_and_fails(tree: Path) -> None:
    """Its first migration is in when its second one fails, half done."""
    widens(tree)
    brings(tree, 9002, "later_two")
    brings(tree, 9003, "later_three", more='migrations.RunSQL("SELECT 1/0", ""),')


def columns() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'candidates_candidate'::regclass")
        return {name for (name,) in cursor.fetchall() if name.startswith("later_")}


def migrated() -> list[str]:
    return sorted(name for _, name in MigrationRecorder(connection).applied_migrations() if name.startswith("9"))


def unmigrate() -> None:
    with connection.cursor() as cursor:
        for column in sorted(columns()):
            cursor.execute(f"ALTER TABLE candidates_candidate DROP COLUMN {column}")
        cursor.execute("DELETE FROM django_migrations WHERE name LIKE '9%'")


@pytest.fixture
def schema_as_before() -> Iterator[None]:
    yield
    unmigrate()


@pytest.fixture
def of_staging(new_machine: Callable[..., Machine], schema_as_before: None, backed_up: dict[str, str]) -> Machine:
    """A machine of staging, where backups are set up."""
    databases.claim(environment="staging")
    return new_machine("staging", HRASSIST_ENV="staging", **backed_up)


@pytest.fixture
def backed_up(tmp_path: Path) -> dict[str, str]:
    keys.generate(tmp_path / "backup.key")
    (tmp_path / "place").mkdir()
    return {
        "HRASSIST_BACKUP_KEY_FILE": str(tmp_path / "backup.key"),
        "HRASSIST_BACKUP_A": str(tmp_path / "place"),
        # Of the embedded server, which the machine's own pg_dump is too old for.
        "HRASSIST_PG_BIN": str(Path(servers.program("pg_dump", server=servers.own())).parent),
    }


def held_until_somebody_waited(found: list[float]) -> None:
    """Read from the table of the people and do not end until an ALTER gave up waiting for it once."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE relation = 'candidates_candidate'::regclass AND NOT granted"
        " AND mode = 'AccessExclusiveLock'"
    )
    with psycopg.connect(**conninfo()) as holder, psycopg.connect(**conninfo(), autocommit=True) as watcher:

        def waits() -> bool:
            return bool(watcher.execute(waiting).fetchone() != (0,))

        holder.execute("SELECT * FROM candidates_candidate LIMIT 1")
        until = time.monotonic() + 200
        while not waits() and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()
        while waits() and time.monotonic() < until:
            time.sleep(0.01)
        found.append(time.monotonic() - began)


def test_the_release_before_runs_on_the_schema_after_and_a_migration_that_fails_half_way_costs_no_request(
    of_staging, nginx_folder, static, tmp_path
):
    machine = of_staging
    token = api_token(UserFactory(role="Recruiter"))
    done = machine.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr + machine.log.read_text()[-3000:]
    second = archive(tmp_path, "1.1.0", static=static, change=widens)
    third = archive(tmp_path, "1.2.0", static=static, change=widens_and_fails)
    waited: list[float] = []
    with nginx_before(nginx_folder(), machine) as before, Load(before.tls, token=token) as load:
        load.wait_for(50)

        # Somebody's long statement is in its way at first: the release before answers, while it waits and tries again.
        held = threading.Thread(target=held_until_somebody_waited, args=(waited,))
        held.start()
        done = machine.script("release", str(second), "1.1.0")
        held.join()
        assert done.returncode == 0, done.stdout + done.stderr
        assert before.ask("/livez").body == b"ok 1.1.0\n"
        assert columns() == {"later_one"}
        load.wait_for(50)

        # Code N-1 on schema N, under its own load.
        done = machine.script("rollback")
        assert done.returncode == 0, done.stdout + done.stderr
        assert before.ask("/livez").body == b"ok 1.0.0\n"
        assert columns() == {"later_one"}
        written = load.found["POST 201"]
        load.wait_for(100)
        assert load.found["POST 201"] > written

        # Nothing restarts in this one: how long anybody waited is the migrations' doing alone.
        load.slowest = 0.0
        done = machine.script("release", str(third), "1.2.0")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "candidates.9003_later_three failed: DataError: division by zero" in done.stderr
        assert "The database is as it was (1 reversed)." in done.stderr
        assert "Release 1.2.0 was not migrated to; release 1.0.0 still answers." in done.stderr
        slowest = load.slowest
        load.wait_for(50)
        assert before.ask("/livez").body == b"ok 1.0.0\n"
        assert columns() == {"later_one"}
        assert migrated() == ["9001_later_one"]

    answered = load.found["GET 200"] + load.found["POST 201"]
    assert load.total - answered <= FAILED_REQUESTS, load.found
    assert slowest < LONGEST_REQUEST
    assert 1.5 < waited[0] < 3.5
    # Nothing was lost, and nothing was done twice.
    assert Candidate.objects.filter(full_name__startswith="Load ").count() == load.found["POST 201"]


def unwell_with_it(tree: Path) -> None:
    """Its migration makes the release that answers say that it is not ready."""
    touch = "__import__('django.conf').conf.settings.DRAIN_FILE"
    forth, back = f"lambda *_: {touch}.touch()", f"lambda *_: {touch}.unlink()"
    brings(tree, 9001, "later_one", more=f"migrations.RunPython({forth}, {back}),")


def test_a_migration_after_which_the_release_that_answers_is_not_well_is_taken_back(of_staging, static, tmp_path):
    done = of_staging.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    second = archive(tmp_path, "1.1.0", static=static, change=unwell_with_it)
    done = of_staging.script("release", str(second), "1.1.0")
    assert done.returncode == 1
    assert "9001_later_one failed: after it the service was not well: the probe gave 22" in done.stderr
    assert "The database is as it was (1 reversed)." in done.stderr
    assert (columns(), migrated()) == (set(), [])


def test_production_migrates_with_the_receipt_of_the_very_archive_that_staging_had(
    of_staging, new_machine, backed_up, static, tmp_path
):
    receipt = tmp_path / "receipt.json"
    first = archive(tmp_path, "1.1.0", static=static, change=widens)
    done = of_staging.script("release", "--receipt-to", str(receipt), str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert migrated() == ["9001_later_one"]
    # A second machine of staging has nothing left to migrate, and vouches for the same.
    receipt.unlink()
    done = of_staging.script("release", "--receipt-to", str(receipt), str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(receipt.read_text())
    assert (said["environment"], said["migrations"]) == ("staging", [])
    of_staging.stop()

    # The tables of production are those of the release before.
    unmigrate()
    databases.claim(environment="production")
    production = new_machine("production", **backed_up)
    dumps = tmp_path / "place/database"
    made = len(list(dumps.iterdir()))
    done = production.script("release", str(first), "1.1.0")
    assert done.returncode == 1
    assert "Production needs the receipt of staging." in done.stderr
    assert "Release 1.1.0 was not migrated to; release none still answers." in done.stderr
    other = archive(
        tmp_path, "1.2.0", static=static, change=lambda tree: [widens(tree), brings(tree, 9002, "later_two")]
    )
    done = production.script("release", "--receipt", str(receipt), str(other), "1.2.0")
    assert done.returncode == 1
    assert f"commit {said['commit'][:12]}; this is" in done.stderr
    assert columns() == set()
    assert len(list(dumps.iterdir())) == made

    done = production.script("release", "--receipt", str(receipt), str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr + production.log.read_text()[-3000:]
    assert migrated() == ["9001_later_one"]
    assert len(list(dumps.iterdir())) == made + 1


def test_without_backups_the_migration_has_no_way_back_and_that_is_said(machine, schema_as_before, static, tmp_path):
    done = machine.script("release", str(archive(tmp_path, "1.1.0", static=static, change=widens)), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr + machine.log.read_text()[-3000:]
    assert "WITHOUT A WAY BACK: backups are not set up here" in done.stderr
    assert migrated() == ["9001_later_one"]

    # Commands are those of the release that answers, with its settings and secrets.
    done = machine.script("manage", "fsck", "--only", "I11")
    assert (done.returncode, "holds   I11" in done.stdout) == (0, True), done.stdout + done.stderr
    done = machine.script("manage", "--as-owner", "migrate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    done = machine.script("manage")
    assert (done.returncode, "usage:" in done.stderr) == (1, True)


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
