"""Machines that are reached by a real ssh: an sshd each, with accounts, sudo and programs of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.deploy.tools import SBIN
from tests.repo.sources import ROOT

SUDOERS = ROOT / "deploy/vm/sudoers/hrassist"
# Where the accounts of each machine lie over those of this one, as are its programs and who may do what.
BEGINS = """
set -e
mount --bind {folder}/sbin /usr/local/sbin
mount --bind {folder}/sudoers.d /etc/sudoers.d
for one in passwd group shadow; do mount --bind {folder}/$one /etc/$one; done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
exec "$(command -v sshd)" -D -e -f {folder}/sshd_config
"""
SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AllowUsers deploy
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
"""


def key(path: Path) -> str:
    """A new key; its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_suffix(".pub").read_text()


class Reached:
    """One such machine. `sbin` are its programs; the user deploy may call those of deploy/vm/sudoers by sudo."""

    def __init__(self, folder: Path, *, port: int, client_key: str) -> None:
        self.folder, self.port = folder, port
        self.sbin, self.home = folder / "sbin", folder / "home"
        for one in (self.sbin, self.home, folder / "sudoers.d"):
            one.mkdir(parents=True)
        shutil.chown(self.home, 4242, 4242)
        self.public = key(folder / "host_key")
        (folder / "authorized_keys").write_text(client_key)
        (folder / "passwd").write_text(
            f"{Path('/etc/passwd').read_text()}deploy:x:4242:4242::{self.home}:/bin/bash\n",
        )
        (folder / "group").write_text(
            Path("/etc/group").read_text() + "deploy:x:4242:\nhrassist-deploy:x:4243:deploy\n"
        )
        (folder / "shadow").write_text("root:*:1::::::\ndeploy:*:1::::::\n")
        shutil.copy(SUDOERS, folder / "sudoers.d/hrassist")
        (folder / "sudoers.d/hrassist").chmod(0o440)
        (folder / "sshd_config").write_text(SSHD.format(folder=folder, port=port))
        with (folder / "sshd.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "bash", "-c", BEGINS.format(folder=folder)],
                stdout=log, stderr=log, env={"PATH": SBIN},
            )  # fmt: skip
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                assert self.process.poll() is None, (folder / "sshd.log").read_text()
                time.sleep(0.1)
            else:
                return
        raise AssertionError((folder / "sshd.log").read_text())

    def program(self, name: str, text: str) -> None:
        (self.sbin / name).write_text("#!/bin/bash\n" + text)
        (self.sbin / name).chmod(0o755)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Machines:
    """Machines by name, and the ssh of whoever brings releases to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client_key = key(folder / "client_key")
        self.reached: dict[str, Reached] = {}
        (folder / "bin").mkdir()
        for name in ("ssh", "scp"):
            (folder / "bin" / name).write_text(f'#!/bin/sh\nexec {shutil.which(name)} -F {folder}/config "$@"\n')
            (folder / "bin" / name).chmod(0o755)

    def add(self, name: str, *, port: int) -> Reached:
        one = self.reached[name] = Reached(self.folder / name, port=port, client_key=self.client_key)
        self.know(name, port=port, public=one.public)
        return one

    def know(self, name: str, *, port: int, public: str = "") -> None:
        """A line of the configuration: also of a machine that is not there."""
        with (self.folder / "config").open("a") as config:
            config.write(
                f"Host {name}\n  HostName 127.0.0.1\n  Port {port}\n  User deploy\n  IdentitiesOnly yes\n"
                f"  IdentityFile {self.folder}/client_key\n  UserKnownHostsFile {self.folder}/known_hosts\n"
            )
        with (self.folder / "known_hosts").open("a") as known:
            known.write(f"[127.0.0.1]:{port} {public}" if public else "")

    def roll(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "deploy/vm/roll", *map(str, arguments)],
            env={"PATH": f"{self.folder}/bin:{SBIN}"}, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip

    def end(self) -> None:
        for one in self.reached.values():
            one.end()
