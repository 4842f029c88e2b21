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

from hrassist.ops import runbook_rules as rules
from hrassist.ops.runbook_rules import MANAGE, NotReading

__all__ = ["Command", "LeftOut", "NoPages", "NotReading", "Ran", "Result", "Runner", "commands", "left_out", "run"]

# Blocks of a shell: those marked `sh check` hold nothing but what reads, in others there may be anything.
BLOCK = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
OF_A_SHELL = {"", "sh", "sh check"}
INDENTED = re.compile(r"^ {4,}(\S.*)$", re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
SECONDS = 120
# What reads all rows takes as long as they are many.
PATIENCE = {"audit_verify": 1800, "fsck": 1800}
_HUNG_UP = 128 + 13
# What programs say where there is nothing that they could ask.
NOT_HERE = (
    "System has not been booted with systemd", "Failed to connect to bus", "No journal files were found",
    "You appear not to have the", "The connection to the server", "couldn't get current server API group list",
)  # fmt: skip
# What only a machine has that deploy/vm/install set up.
PLACES = ("/opt/hrassist", "/run/hrassist", "/var/lib/hrassist-figures", "/var/log/nginx/hrassist.log")
BARRED = ("Permission denied", "insufficient permissions")


class NoPages(ValueError):
    """The runbook is not where it was looked for: nothing was checked."""


class Result(StrEnum):
    OK = "ok"
    EMPTY = "found nothing"
    ABSENT = "not installed"
    BARRED = "not allowed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a page."""

    page: str
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A command of a page that is not run, and why; without a reason nobody decided that."""

    command: Command
    reason: str


@dataclass(frozen=True, slots=True)
class Ran:
    command: Command
    result: Result
    said: str = ""


def commands(root: Path) -> list[Command]:
    """All that read, each once, in the order of the pages. Raises NotReading, and NoPages where there are none."""
    found: dict[str, Command] = {}
    for command, marked in _all(root):
        if marked:
            rules.refuse_changes(command.text)
        if marked or rules.reads(command.text):
            found.setdefault(command.text, command)
    if not found:
        raise NoPages(f"There is no page with commands in {root}. Releases have them; name another folder with --root.")
    return list(found.values())


def left_out(root: Path) -> list[LeftOut]:
    """The other commands of the pages, each once, with the reason why nobody runs them to look."""
    others = {command.text: command for command, _ in _all(root) if not rules.reads(command.text)}
    return [LeftOut(command, rules.reason(text)) for text, command in others.items()]


def _all(root: Path) -> Iterator[tuple[Command, bool]]:
    """Every command of every page, whether in a block, indented or amid words; and whether it is marked as reading."""
    for path in sorted(root.rglob("*.md")):
        page, text = str(path.relative_to(root)), path.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            text_of_it = block[3].replace("\\\n", " ") if block[2] in OF_A_SHELL else ""
            for line in text_of_it.splitlines():
                if line.strip() and not line.strip().startswith("#"):
                    yield Command(page, rules.normal(line)), block[2] == "sh check"
        prose = BLOCK.sub("", text)
        for said in (*INDENTED.findall(prose), *SPAN.findall(prose)):
            if rules.is_command(rules.normal(said)):
                yield Command(page, rules.normal(said)), False


@dataclass(frozen=True, slots=True)
class Ended:
    """How each part of a pipe ended, and what was said."""

    codes: tuple[int, ...]
    stdout: str
    stderr: str

    @property
    def failed(self) -> bool:
        return any(map(_is_wrong, self.codes))


class Runner:
    """Runs lines as the shell would, with this installation's Python; what many lines begin with is asked once."""

    def __init__(self, *, cwd: Path) -> None:
        self.cwd = cwd
        self.asked: dict[str, Ended] = {}

    def run(self, command: Command) -> Ran:
        parts = list(rules.parts(command.text))
        programs = [shlex.split(part)[0] for part in parts]
        absent = [name for name in programs if not name.startswith(".venv/") and shutil.which(name) is None]
        absent += [place for place in PLACES if place in command.text and not Path(place).exists()]
        if absent:
            return Ran(command, Result.ABSENT, ", ".join(absent))
        try:
            if not parts[0].startswith(MANAGE):
                return _judged(command, self._shell(command.text))
            # Starting Django takes most of the time, and one state of the installation is what the pages are about.
            first = self.asked.get(parts[0]) or self._shell(
                parts[0].replace(MANAGE, f"{shlex.quote(sys.executable)} manage.py ")
            )
            self.asked[parts[0]] = first
            if first.failed or len(parts) == 1:
                return _judged(command, first, of=parts[0])
            return _judged(command, self._shell(command.text.partition("|")[2], given=first.stdout))
        except subprocess.TimeoutExpired as error:
            return Ran(command, Result.FAILED, f"took longer than {error.timeout:.0f} s")

    def _shell(self, text: str, *, given: str | None = None) -> Ended:
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        if " dbshell " in text:
            # It asks in a transaction that cannot write.
            environment["PGOPTIONS"] = "-c default_transaction_read_only=on"
        # Each part of a pipe is asked how it ended: what the last one says hides that the first one broke.
        script = f'{text}\nended=("${{PIPESTATUS[@]}}")\nprintf "\\n%s" "${{ended[*]}}" >&2'
        done = subprocess.run(  # noqa: S603  lines of our own runbook, held to what reads
            ["/bin/bash", "-c", script],
            cwd=self.cwd, env=environment, input=given, capture_output=True, text=True, check=False,
            timeout=max(PATIENCE.get(word, SECONDS) for word in text.split()),
        )  # fmt: skip
        stderr, _, codes = done.stderr.rpartition("\n")
        return Ended(tuple(map(int, codes.split())), done.stdout, stderr)


def run(command: Command, *, cwd: Path) -> Ran:
    return Runner(cwd=cwd).run(command)


def _judged(command: Command, done: Ended, *, of: str = "") -> Ran:
    """What it means that the command ended so, or already the part `of` it."""
    last = shlex.split(list(rules.parts(of or command.text))[-1])[0]
    if not done.failed:
        return Ran(command, Result.OK)
    said = (done.stderr or done.stdout).strip().splitlines()
    if any(words in line for line in said for words in NOT_HERE):
        return Ran(command, Result.ABSENT, "there is nothing here that it could ask")
    # grep ends with 1 where nothing matches: an answer where that is known, and elsewhere a name that is no more.
    if last == "grep" and done.codes[-1] == 1 and not any(map(_is_wrong, done.codes[:-1])) and not done.stdout:
        if command.text in rules.MAY_FIND_NOTHING:
            return Ran(command, Result.EMPTY)
        return Ran(command, Result.FAILED, "found nothing: is what it looks for still called so?")
    # What only root may look into is no fault of the line; what could be seen was shown.
    if said and all(any(words in line for words in BARRED) for line in said):
        shown = Result.OK if done.stdout else Result.BARRED
        return Ran(command, shown, f"{len(said)} places may not be looked into")
    return Ran(command, Result.FAILED, said[-1][:200] if said else f"ended with {done.codes}")


def _is_wrong(code: int) -> bool:
    """`head` and `grep -m` hang up when they have enough: whoever still writes to them did nothing wrong."""
    return code not in {0, _HUNG_UP}
