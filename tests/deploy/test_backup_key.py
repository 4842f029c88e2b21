"""Who holds the key of backups on a machine of deploy/vm, and what follows a release that goes back."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from hrassist.ops.backup import keys
from tests.deploy.tools import SBIN, needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"


@pytest.fixture
def running(tmp_path: Path) -> dict[str, str]:
    """A machine in a folder on which this checkout answers: nothing of it is started, and what is asked is ready."""
    (tmp_path / "etc/hrassist/secrets/app").mkdir(parents=True)
    (tmp_path / "etc/hrassist/env").write_text("HRASSIST_ENV=development\nALLOWED_HOSTS=hr.acme.org\n")
    (tmp_path / "etc/hrassist/secrets/app/DATABASE_URL").write_text("postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "opt/hrassist/releases/1.1.0").mkdir(parents=True)
    (tmp_path / "opt/hrassist/releases/1.0.0").symlink_to(ROOT)
    (tmp_path / "opt/hrassist/current").symlink_to("releases/1.0.0")
    (tmp_path / "bin").mkdir()
    for program in ("systemctl", "curl"):
        (tmp_path / "bin" / program).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / program).chmod(0o755)
    return {"DESTDIR": str(tmp_path), "HRASSIST_USER": getpass.getuser(), "PATH": f"{tmp_path}/bin:{SBIN}"}


def test_what_watches_a_machine_follows_the_release_that_it_goes_back_to(tmp_path, running):
    needs("promtool", "amtool")
    current = tmp_path / "opt/hrassist/current"
    current.unlink()
    current.symlink_to("releases/1.1.0")
    (tmp_path / "etc/hrassist/alerts.toml").write_text(
        (ROOT / "deploy/monitoring/own.toml").read_text().replace("example.com", "acme.org")
    )
    rules = tmp_path / "etc/prometheus/rules.yml"
    rules.parent.mkdir()
    rules.write_text("of a release that is no more")
    done = run(VM / "rollback", "1.0.0", **running)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert current.readlink() == Path("releases/1.0.0")
    assert rules.read_text() == (ROOT / "deploy/monitoring/prometheus/rules.yml").read_text()

    # What cannot be read keeps nobody from going back.
    current.unlink()
    current.symlink_to("releases/1.1.0")
    (tmp_path / "etc/hrassist/alerts.toml").write_text("no toml")
    done = run(VM / "rollback", "1.0.0", **running)
    assert (done.returncode, current.readlink()) == (0, Path("releases/1.0.0"))
    assert "What watches this machine is as it was before" in done.stderr


def test_the_key_of_backups_is_made_for_root_alone_and_its_public_half_for_everybody(tmp_path, running):
    key, public = tmp_path / "etc/hrassist/backup.key", tmp_path / "etc/hrassist/backup.key.pub"
    refused = run(VM / "backup-key", "--rotate", **running)
    assert (refused.returncode, key.exists()) == (1, False)
    made = run(VM / "backup-key", **running)
    assert made.returncode == 0, made.stderr
    first = key.read_text()
    assert (key.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o600, 0o644)
    ring = keys.parse(first)
    assert public.read_text() == keys.public_halves(ring)
    assert first.strip() not in made.stdout + made.stderr
    again = run(VM / "backup-key", **running)
    assert (again.returncode, key.read_text()) == (1, first)
    rotated = run(VM / "backup-key", "--rotate", **running)
    assert rotated.returncode == 0, rotated.stderr
    assert key.read_text().splitlines()[1:] == first.splitlines()
    assert public.read_text() == keys.public_halves(keys.parse(key.read_text()))
    assert key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in key.parent.iterdir()) == ["backup.key", "backup.key.pub", "env", "secrets"]


def test_an_operators_commands_of_backups_are_handed_the_key_and_no_other_command_is(tmp_path, running):
    """A manage.py that says what it was handed."""
    release = tmp_path / "opt/hrassist/releases/1.1.0"
    (release / ".venv/bin").mkdir(parents=True)
    told = '#!/bin/sh\necho "$(id -un) $* ${HRASSIST_BACKUP_KEY:-none} ${HRASSIST_BACKUP_A_SECRET_ACCESS_KEY:-none}"\n'
    (release / ".venv/bin/python").write_text(told)
    (release / ".venv/bin/python").chmod(0o755)
    current = tmp_path / "opt/hrassist/current"
    current.unlink()
    current.symlink_to("releases/1.1.0")
    etc = tmp_path / "etc/hrassist"
    (etc / "backup.key").write_text("of-root\n")
    (etc / "backup.key").chmod(0o600)
    (etc / "secrets/backup").mkdir()
    for folder, text in (("app", "reads"), ("backup", "writes")):
        (etc / "secrets" / folder / "HRASSIST_BACKUP_A_SECRET_ACCESS_KEY").write_text(text)

    def said(*command: str) -> list[str]:
        done = run(VM / "manage", *command, **running)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    me = running["HRASSIST_USER"]
    assert said("add_user", "ada") == [f"{me} manage.py add_user ada none reads"]
    for command in ("backup", "backup_key", "backup_status", "drill", "fsck", "restore", "safe_migrate"):
        assert said(command, "--x") == [f"{me} manage.py {command} --x of-root writes"]
    if os.geteuid() != 0:
        return
    # pgBackRest is the server's, and the files are the application's.
    text = (etc / "env").read_text()
    (etc / "env").write_text(f"{text}HRASSIST_BACKUP_ENGINE=pgbackrest\n")
    (tmp_path / "bin/setpriv").write_text('#!/bin/sh\nuser=$2\nshift 6\nexec "$@" | sed "s/^[a-z]*/$user/"\n')
    (tmp_path / "bin/setpriv").chmod(0o755)
    running["HRASSIST_USER"] = "hrassist"
    handed = "of-root writes"
    assert said("drill", "--each") == [f"postgres manage.py drill --each {handed}"]
    assert said("restore", "--data-directory", "/x")[0].startswith("postgres ")
    assert said("restore", "--files") == [f"hrassist manage.py restore --files {handed}"]
    assert said("backup", "--kind", "files") == [f"hrassist manage.py backup --kind files {handed}"]
    assert said("backup") == [
        f"postgres manage.py backup --kind database {handed}", f"hrassist manage.py backup --kind files {handed}",
    ]  # fmt: skip
    assert said("backup_key") == [f"hrassist manage.py backup_key {handed}"]


def test_a_key_that_the_application_could_read_is_taken_from_it_by_the_next_installation(tmp_path):
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).returncode == 0
    key = tmp_path / "etc/hrassist/backup.key"
    key.write_text("hrbk1:…\n")
    key.chmod(0o640)
    writes = tmp_path / "etc/hrassist/secrets/app/HRASSIST_BACKUP_B_SECRET_ACCESS_KEY"
    writes.write_text("of the writer")
    done = run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path))
    assert (done.returncode, key.stat().st_mode & 0o777) == (0, 0o600)
    assert "Every process here has HRASSIST_BACKUP_B_SECRET_ACCESS_KEY." in done.stderr
    (tmp_path / "etc/hrassist/secrets/backup" / writes.name).write_text("of the writer")
    assert run(VM / "install", "hr.acme.org", DESTDIR=str(tmp_path)).stderr == ""
