"""The reading commands of the runbook, found and run, so that none of them is wrong on the day it is needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

BLOCK = re.compile(r"^( *)```sh check\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SECONDS = 120
_HUNG_UP = 128 + 13
# What programs say where there is nothing that they could ask.
NO_SYSTEMD = ("System has not been booted with systemd", "Failed to connect to bus", "No journal files were found")
MANAGE = ".venv/bin/python manage.py "
# What only reads. Of manage.py those commands, of systemctl what looks.
READING = {
    "amtool", "curl", "df", "du", "free", "grep", "head", "journalctl", "ps", "promtool", "sort", "systemctl", "tail",
    "timedatectl", "uptime",
}  # fmt: skip
COMMANDS = {"alert_rules", "capacity", "check", "costs", "health", "metrics", "runbook_check", "showmigrations"}
MUST_SAY = {
    "alert_rules": "--check", "metrics": "--once", "runbook_check": "--list", "systemctl": ("status", "--failed"),
    "timedatectl": "status", "promtool": "check", "amtool": "check-config",
}  # fmt: skip
# A name alone would let a command write, start or send.
FORBIDDEN = re.compile(r"[;&`<>]|\$\(|\|\||--(data|upload|request|output-dir)|-[XTd]\b")


class NotReading(ValueError):
    """A block that is marked as reading holds something else."""


class NoPages(ValueError):
    """The runbook is not where it was looked for: nothing was checked."""


class Result(StrEnum):
    OK = "ok"
    EMPTY = "found nothing"
    ABSENT = "not installed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a page."""

    page: str
    text: str


@dataclass(frozen=True, slots=True)
class Ran:
    command: Command
    result: Result
    said: str = ""


def commands(root: Path) -> list[Command]:
    """All of them, each once, in the order of the pages. Raises NotReading, and NoPages where there are none."""
    found: dict[str, Command] = {}
    for path in sorted(root.rglob("*.md")):
        for block in BLOCK.finditer(path.read_text(encoding="utf-8")):
            for line in block[2].replace("\\\n", " ").splitlines():
                if text := line.strip():
                    refuse_changes(text)
                    found.setdefault(text, Command(page=str(path.relative_to(root)), text=text))
    if not found:
        raise NoPages(f"There is no page with commands in {root}. Releases have them; name another folder with --root.")
    return list(found.values())


def refuse_changes(text: str) -> None:
    """Raises NotReading unless each part of the line is known to read only."""
    if FORBIDDEN.search(re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)):
        raise NotReading(f"{text!r} could change something. Write it in a block without `check`.")
    for part in _parts(text):
        words = shlex.split(part.strip())
        name = words[0]
        if part.strip().startswith(MANAGE):
            name, known = words[2], COMMANDS
        else:
            known = READING
        needed = MUST_SAY.get(name, ())
        needed = (needed,) if isinstance(needed, str) else needed
        if name not in known or (needed and not set(needed) & set(words)):
            raise NotReading(f"{text!r}: {name} may change something so. Write it in a block without `check`.")


def _parts(text: str) -> Iterator[str]:
    """The commands of a pipe; a | within quotes is none."""
    lexer = shlex.shlex(text, posix=False, punctuation_chars="|")
    lexer.whitespace_split = True
    part: list[str] = []
    for word in lexer:
        if word == "|":
            yield " ".join(part)
            part = []
        else:
            part.append(word)
    yield " ".join(part)


class Runner:
    """Runs lines as the shell would, with this installation's Python; what many lines begin with is asked once."""

    def __init__(self, *, cwd: Path) -> None:
        self.cwd = cwd
        self.asked: dict[str, subprocess.CompletedProcess[str]] = {}

    def run(self, command: Command) -> Ran:
        parts = list(_parts(command.text))
        programs = [shlex.split(part)[0] for part in parts]
        absent = [name for name in programs if not name.startswith(".venv/") and shutil.which(name) is None]
        if absent:
            return Ran(command, Result.ABSENT, ", ".join(absent))
        try:
            if not parts[0].startswith(MANAGE):
                return _judged(command, self._shell(command.text), last=programs[-1])
            # Starting Django takes most of the time, and one state of the installation is what the pages are about.
            first = self.asked.get(parts[0]) or self._shell(
                parts[0].replace(MANAGE, f"{shlex.quote(sys.executable)} manage.py ")
            )
            self.asked[parts[0]] = first
            if first.returncode or len(parts) == 1:
                return _judged(command, first, last=programs[0])
            rest = command.text.partition("|")[2]
            return _judged(command, self._shell(rest, given=first.stdout), last=programs[-1])
        except subprocess.TimeoutExpired:
            return Ran(command, Result.FAILED, f"took longer than {SECONDS} s")

    def _shell(self, text: str, *, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  lines of our own runbook, held to what reads
            ["/bin/bash", "-o", "pipefail", "-c", text],
            cwd=self.cwd, env=os.environ | {"LC_ALL": "C.UTF-8"}, input=given, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip


def run(command: Command, *, cwd: Path) -> Ran:
    return Runner(cwd=cwd).run(command)


def _judged(command: Command, done: subprocess.CompletedProcess[str], *, last: str) -> Ran:
    # `head` hangs up when it has enough.
    if done.returncode == 0 or (last == "head" and done.returncode == _HUNG_UP):
        return Ran(command, Result.OK)
    # grep ends with 1 where nothing matches, which is an answer.
    if last == "grep" and done.returncode == 1 and not done.stdout:
        return Ran(command, Result.EMPTY)
    said = (done.stderr or done.stdout).strip().splitlines()
    if any(words in line for line in said for words in NO_SYSTEMD):
        return Ran(command, Result.ABSENT, "systemd does not run here")
    # What only root may look into is no fault of the line; what could be seen was shown.
    if done.stdout and said and all(line.endswith("Permission denied") for line in said):
        return Ran(command, Result.OK, f"{len(said)} folders may not be looked into")
    return Ran(command, Result.FAILED, said[-1][:200] if said else f"ended with {done.returncode}")
