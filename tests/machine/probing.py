"""Who can read what on the machine: a unit as it is shipped searches for secrets, by another program in its sandbox."""

from __future__ import annotations

import json
from pathlib import Path

from tests.machine.machine import Machine

PROBE, SAID = "/usr/local/lib/probe.py", "/root/probed"
# Everything that this process can open where secrets may be; what is looked for is named backwards, because its own
# words stand in /proc as well.
SEARCH = """
import json, os, sys
wanted = {word[::-1]: word[::-1].encode() for word in sys.argv[1:]}
held = b"".join(f"{name}={value}\\n".encode() for name, value in os.environ.items())
roots = ["/run/credentials", os.environ.get("CREDENTIALS_DIRECTORY", ""), "/etc", "/var/lib/hrassist", "/var/backups"]
paths = [f"/proc/{one}/{name}" for one in os.listdir("/proc") if one.isdigit() for name in ("environ", "cmdline")]
for root in filter(None, roots):
    paths += [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
for path in paths:
    try:
        with open(path, "rb") as file:
            held += file.read(1_000_000) + b"\\n"
    except OSError:
        pass
print(json.dumps(sorted(word for word, sought in wanted.items() if sought in held)))
"""


def in_the_sandbox_of(machine: Machine, unit: str, command: str) -> str:
    """What a command prints that runs as this unit is shipped: its user, credentials, settings and walls."""
    name, instance = f"probe-{unit.partition('@')[0]}", "@.service" if "@" in unit else ".service"
    file = f"{unit.partition('@')[0]}{instance}"
    kept = [
        line
        for line in machine.run("cat", f"/etc/systemd/system/{file}").splitlines()
        if not line.startswith(("ExecStart=", "Type=", "Restart", "NotifyAccess=", "KillMode=", "Condition"))
    ]
    at = kept.index("[Service]") + 1
    kept[at:at] = ["Type=oneshot", f"ExecStart={command}", f"StandardOutput=truncate:{SAID}"]
    machine.put(f"/etc/systemd/system/{name}{instance}", "\n".join(kept) + "\n")
    for one in machine.ask("ls", f"/etc/systemd/system/{file}.d").stdout.split():
        text = machine.run("cat", f"/etc/systemd/system/{file}.d/{one}")
        machine.put(f"/etc/systemd/system/{name}{instance}.d/{one}", text)
    machine.run("systemctl", "daemon-reload")
    machine.run("rm", "--force", SAID)
    machine.start(f"{name}{instance.replace('@', '@1')}")
    return machine.run("cat", SAID)


def read_by(machine: Machine, unit: str, *secrets: str) -> list[str]:
    """Which of these secrets a process of the unit can lay its hands on."""
    machine.put(PROBE, SEARCH)
    backwards = " ".join(one[::-1] for one in secrets)
    found: list[str] = json.loads(in_the_sandbox_of(machine, unit, f"/usr/bin/python3 {PROBE} {backwards}"))
    return found


def services(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.service"))
