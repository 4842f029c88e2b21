"""What systemd does with the shipped units, where no systemd runs: sockets kept open, readiness, secrets, restarts."""

from __future__ import annotations

import configparser
import ctypes
import hashlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from audit.sealing import keys
from tests.repo.sources import ROOT

UNITS = ROOT / "deploy" / "vm" / "systemd"
_PR_SET_MDWE = 65
SOURCES = ("audit", "candidates", "config", "deploy", "hrassist", "jobs", "manage.py", "requirements.txt")


def archive(folder: Path, version: str, *, change: Callable[[Path], None] | None = None, static: Path | None) -> Path:
    """A release as CI makes it: the sources, the static files of before, and what a test changes in them."""
    tree = folder / f"tree-{version}"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            tree.mkdir(exist_ok=True)
            shutil.copy(source, tree / name)
    health = tree / "hrassist/health.py"
    # Which release answers shows in /livez of these.
    health.write_text(health.read_text().replace('HttpResponse("ok\\n"', f'HttpResponse("ok {version}\\n"'))
    assert version in health.read_text()
    if static is not None:
        shutil.copytree(static, tree / "static")
    if change is not None:
        change(tree)
    path = folder / f"hrassist-{version}.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as file:
        for one in sorted(tree.iterdir()):
            file.add(one, one.name)
    return path


class Unit:
    """The lines of one unit file; a line may stand more than once."""

    def __init__(self, name: str) -> None:
        self.lines: dict[str, list[str]] = {}
        for line in (UNITS / name).read_text().splitlines():
            if line and line[0] not in "#[":
                key, _, value = line.partition("=")
                self.lines.setdefault(key, []).append(value)

    def one(self, key: str, default: str = "") -> str:
        return self.lines.get(key, [default])[-1]


class Machine:
    """A folder with the tree of an installed machine, and the two units of the web process within it."""

    def __init__(self, folder: Path, *, settings: dict[str, str], secrets: dict[str, str], environment: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "web.log"
        self.path = f"{folder}/bin:{os.environ['PATH']}:/usr/sbin"
        for one in (
            "etc/hrassist/secrets/web",
            "etc/hrassist/secrets/app",
            "etc/hrassist/secrets/owner",
            "etc/hrassist/secrets/worker",
            "run/hrassist",
            "bin",
            "opt/hrassist",
        ):
            (folder / one).mkdir(parents=True)
        (folder / "etc/hrassist/env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        for name, value in secrets.items():
            group = "owner" if name == "HRASSIST_DB_OWNER_URL" else "app"
            (folder / "etc/hrassist/secrets" / group / name).write_text(value + "\n")
        (folder / "etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY").write_text(keys.generate().as_pem())
        # The environment of these requirements, which every test would otherwise wait minutes for.
        version = subprocess.run(["python3", "--version"], capture_output=True, check=True).stdout
        name = hashlib.sha256((ROOT / "requirements.txt").read_bytes() + version).hexdigest()[:16]
        (folder / "opt/hrassist/environments").mkdir()
        (folder / "opt/hrassist/environments" / name).symlink_to(environment)
        self.listening = self._listen()
        self._serve_systemctl()

    @property
    def web_socket(self) -> Path:
        return self.folder / "run/hrassist/web.sock"

    def _listen(self) -> socket.socket:
        unit = Unit("hrassist-web.socket")
        assert unit.one("ListenStream") == "/run/hrassist/web.sock"
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(self.web_socket))
        one.listen(int(unit.one("Backlog")))
        return one

    def start(self, *, wait: float = 90) -> bool:
        """ExecStart with the socket as descriptor 3, until it says READY=1; False when it ended or stayed silent."""
        unit = Unit("hrassist-web.service")
        credentials = self.folder / "credentials"
        shutil.rmtree(credentials, ignore_errors=True)
        credentials.mkdir()
        for line in unit.lines["LoadCredential"]:
            name, _, path = line.partition(":")
            for file in (self.folder / path.lstrip("/")).iterdir():
                shutil.copy(file, credentials / f"{name}_{file.name}")
        environment = {"PATH": self.path, "CREDENTIALS_DIRECTORY": str(credentials), "NOTIFY_SOCKET": ""}
        for line in (self.folder / unit.one("EnvironmentFile").lstrip("/")).read_text().splitlines():
            name, _, value = line.partition("=")
            environment[name] = value
        for line in unit.lines.get("Environment", []):
            name, _, value = line.partition("=")
            # What it writes is this machine's: a folder left in /run would tell others that something is installed.
            for place in ("/opt/hrassist", "/run/hrassist"):
                value = value.replace(place, f"{self.folder}{place}")
            environment[name] = value
        command = shlex.split(unit.one("ExecStart").replace("/opt/hrassist", f"{self.folder}/opt/hrassist"))
        told = self.folder / "notify.sock"
        told.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, self.log.open("ab") as log:
            notified.bind(str(told))
            notified.settimeout(0.2)
            environment["NOTIFY_SOCKET"] = str(told)
            libc = ctypes.CDLL(None, use_errno=True)
            strict = unit.one("MemoryDenyWriteExecute") == "yes"
            descriptor = self.listening.fileno()

            def become() -> None:
                os.dup2(descriptor, 3)
                os.set_inheritable(3, True)
                if strict:
                    libc.prctl(_PR_SET_MDWE, 1, 0, 0, 0)

            # systemd names the process that the sockets are for: the one that is started, not one before it.
            script = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command]
            self.process = subprocess.Popen(
                script,
                cwd=self.folder / "opt/hrassist/current",
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=become,  # noqa: PLW1509
                pass_fds=(3,) if descriptor == 3 else (3, descriptor),
            )
            until = time.monotonic() + wait
            while time.monotonic() < until:
                if self.process.poll() is not None:
                    return False
                try:
                    if b"READY=1" in notified.recv(4096):
                        return True
                except TimeoutError:
                    continue
        return False

    def stop(self) -> None:
        """TERM, and KILL after the time that the unit allows."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(int(Unit("hrassist-web.service").one("TimeoutStopSec")))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _serve_systemctl(self) -> None:
        """`systemctl restart hrassist-web.service` for the scripts; other units are of no concern here."""
        control = socket.socket(socket.AF_UNIX)
        control.bind(str(self.folder / "systemctl.sock"))
        control.listen(8)
        self.control = control
        shim = self.folder / "bin" / "systemctl"
        shim.write_text(
            f"""#!{shutil.which("python3")}
import socket, sys
if sys.argv[1] != "restart" or "web" not in sys.argv[-1]:
    sys.exit(1 if sys.argv[1] == "is-enabled" else 0)
with socket.socket(socket.AF_UNIX) as one:
    one.connect({str(self.folder / "systemctl.sock")!r})
    sys.exit(int(one.recv(16)))
"""
        )
        shim.chmod(0o755)

        def serve() -> None:
            while True:
                try:
                    asked, _ = control.accept()
                except OSError:
                    return
                with asked:
                    self.stop()
                    asked.sendall(b"0" if self.start() else b"1")

        threading.Thread(target=serve, daemon=True).start()

    def close(self) -> None:
        self.stop()
        self.control.close()
        self.listening.close()

    @property
    def variables(self) -> dict[str, str]:
        """What the scripts are told, so that they act on this machine alone."""
        return {
            "PATH": self.path, "DESTDIR": str(self.folder), "HRASSIST_USER": "root", "HRASSIST_READY_SECONDS": "90",
        }  # fmt: skip

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of deploy/vm/'s scripts on this machine."""
        return subprocess.run(
            [ROOT / "deploy/vm" / name, *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def settings_of(text: str) -> dict[str, str]:
    """NAME=VALUE lines of an environment file."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[all]\n" + text)
    return dict(parser["all"])
