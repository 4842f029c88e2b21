"""A Debian machine with its own systemd, started in namespaces of this one; what is done to it stays in its folder."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
TREE = Path(os.environ.get("HRASSIST_MACHINE_TREE", "/var/cache/hrassist/machine"))


@dataclass
class Machine:
    """Called by its name of a command line: `run` is root's, and nothing of the tests' environment goes along."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    first: int = 0
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "console"

    def boot(self) -> None:
        """Until systemd has started everything; what failed there is the caller's to ask."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([HERE / "boot", TREE, self.folder], stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(0.2)
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            if children and "systemd" in Path(f"/proc/{children[0]}/comm").read_text():
                self.first = int(children[0])
                break
        assert self.first, self.log.read_text()[-2000:]
        while self.ask("systemctl", "is-system-running", "--wait").stdout.strip() not in {"running", "degraded"}:
            assert time.monotonic() < until, self.log.read_text()[-2000:]
            time.sleep(0.5)

    def cut_power(self) -> None:
        """Nobody is told: every process of it is gone at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process, self.first = None, 0

    def ask(self, *command: str | Path, given: bytes = b"", wait: float = 600) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        enter = ["nsenter", "--target", str(self.first), "--all", "--root", "--wdns=/root", "--"]
        # In a session of its own: a signal to a process group must not leave the machine.
        done = subprocess.run(
            [*enter, *map(str, command)],
            env=environment, input=given, capture_output=True, timeout=wait, check=False, start_new_session=True,
        )  # fmt: skip
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def run(self, *command: str | Path, given: bytes = b"", wait: float = 600) -> str:
        """What it printed; it has to succeed."""
        done = self.ask(*command, given=given, wait=wait)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def put(self, path: str, text: str | bytes, *, mode: str = "644", owner: str = "root:root") -> None:
        self.run("install", "-D", "--mode", mode, "/dev/null", path)
        self.run("tee", path, given=text.encode() if isinstance(text, str) else text)
        self.run("chown", owner, path)

    # --- systemd ------------------------------------------------------------------------------------------------------

    def start(self, unit: str) -> None:
        """A unit that ends by itself has ended well then; what it wrote is in the message where it did not."""
        done = self.ask("systemctl", "start", unit)
        assert done.returncode == 0, f"{unit}: {done.stderr}{self.journal(unit)}"

    def shown(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", unit, "--property", name, "--value").strip()

    def journal(self, unit: str, lines: int = 40) -> str:
        return self.ask("journalctl", "--unit", unit, "--lines", str(lines), "--no-pager", "--output=cat").stdout

    def failed(self) -> list[str]:
        """Units of ours that failed, or are started again and again."""
        listed = self.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "hrassist*").splitlines()
        return [line.split()[0] for line in listed if {"failed", "auto-restart"} & set(line.split()[1:4])]
