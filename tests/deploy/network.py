"""Hosts of a network of their own on this machine, by namespaces; any of them can lose its power."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path


class Network:
    """10.77.x.1 is this machine; each host has an address of its own and is reached by the others over a bridge."""

    def __init__(self) -> None:
        self.mark = free_mark()
        self.bridge = f"hra{self.mark}"
        self.net = f"10.77.{self.mark}"
        self.gateway = f"{self.net}.1"
        self.hosts: dict[str, Host] = {}
        ip("addr", "add", f"{self.gateway}/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")

    def host(self, name: str, number: int) -> Host:
        self.hosts[name] = Host(self, name, number)
        return self.hosts[name]

    def close(self) -> None:
        for host in self.hosts.values():
            host.lose_power()
            shutil.rmtree(host.etc, ignore_errors=True)
            ip("netns", "del", host.space)
        ip("link", "del", self.bridge)


class Host:
    def __init__(self, network: Network, name: str, number: int) -> None:
        self.address = f"{network.net}.{number}"
        self.space = f"hra{network.mark}-{name}"
        self.link = f"v{network.mark}{name}"[:15]
        self.processes: list[subprocess.Popen[bytes]] = []
        ip("netns", "add", self.space)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        ip("link", "set", self.link, "master", network.bridge, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            ip("-n", self.space, *words)

    @property
    def etc(self) -> Path:
        """What lies here is laid over /etc for programs of this host (ip-netns)."""
        return Path("/etc/netns") / self.space

    def knows(self, names: dict[str, str]) -> None:
        """Programs started from now on find these names at these addresses."""
        self.etc.mkdir(parents=True)
        here = {"localhost": "127.0.0.1"} | names
        (self.etc / "hosts").write_text("".join(f"{address} {name}\n" for name, address in here.items()))

    def within(self, *command: str | Path) -> list[str]:
        return ["ip", "netns", "exec", self.space, *map(str, command)]

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, environment: dict[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            one = subprocess.Popen(
                self.within(*command),
                cwd=cwd, env=environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.processes.append(one)
        return one

    def lose_power(self) -> None:
        """Everything stops at once and nothing says goodbye: the wire is dead before the processes are."""
        subprocess.run(["ip", "link", "set", self.link, "down"], check=False)
        for one in self.processes:
            try:
                os.killpg(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            one.wait()


def free_mark() -> int:
    """A number of which this machine has no bridge yet, and has one now: suites run side by side."""
    for mark in ((os.getpid() + step) % 250 for step in range(250)):
        made = subprocess.run(["ip", "link", "add", f"hra{mark}", "type", "bridge"], check=False, capture_output=True)
        if b"File exists" not in made.stderr:
            made.check_returncode()
            return mark
    raise RuntimeError("Every bridge of a test is taken: ip link del what an earlier run left.")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Forwarded:
    """A port of this machine that leads elsewhere: into the network, or out of it to a server of 127.0.0.1 alone."""

    def __init__(self, address: str, to: tuple[str, int], *, port: int = 0) -> None:
        self.to = to
        self.listening = socket.create_server((address, port))
        self.port: int = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            other = socket.create_connection(self.to)
            for source, sink in ((one, other), (other, one)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        self.listening.close()


if __name__ == "__main__":
    # In a process of its own: tests themselves reach nothing but this machine.
    _, own_port, to_host, to_port = sys.argv
    Forwarded("127.0.0.1", (to_host, int(to_port)), port=int(own_port))
    threading.Event().wait()
