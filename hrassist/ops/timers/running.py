"""Each piece of work is a process of its own: one that hangs or fails stops no other, and none runs twice at once."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hrassist.ops.timers.table import Timer

# How long one that was told to end may take before it is ended.
GRACE_SECONDS = 30.0
NICE = 10
# Touched at each turn; deploy/container/healthy asks how old it is.
ALIVE = "alive"


@dataclass(slots=True)
class Run:
    """A process that began, and leads a group of its own."""

    timer: Timer
    process: subprocess.Popen[bytes]
    began: float
    # What stood in its stamp before, for a run that did not come to its end.
    before: str
    hands_on: threading.Thread
    told_to_end: float | None = None

    def signal(self, number: signal.Signals) -> None:
        """To it and to what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Timers:
    """Begins what is due, ends what hangs, and tells what became of it.

    `command` comes before each timer's own words. `allowed` says of a timer whether what it needs is there. In `folder`
    stands for each one when it last began, so that what was due meanwhile is made up for, and a lock that its process
    holds: it holds although this one was killed.
    """

    def __init__(
        self,
        timers: Sequence[Timer],
        *,
        folder: Path,
        command: Sequence[str],
        allowed: Callable[[Timer], bool],
        tell: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
        grace: float = GRACE_SECONDS,
    ):
        self.timers, self.folder, self.command, self.allowed = tuple(timers), folder, tuple(command), allowed
        self.tell, self.environment, self.grace = tell, os.environ if environment is None else environment, grace
        self.running: dict[int, Run] = {}
        self._since: dict[str, datetime] = {}

    def begin(self, now: datetime) -> None:
        """Read when each one last began; where nothing says so it is counted from now on."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for timer in self.timers:
            last = self._stamp_of(timer) if timer.missed else ""
            self._since[timer.name] = min(datetime.fromisoformat(last), now) if last else now
            if timer.missed and not last:
                self._stamp(timer, now.isoformat())

    def turn(self, now: datetime) -> None:
        """What there is to do at this moment; never waits for anything."""
        self._reap()
        for run in self.running.values():
            self._end_where_it_hangs(run)
        for timer in self.timers:
            # A clock that was set back must not keep everything waiting until it is there again.
            since = self._since[timer.name] = min(self._since[timer.name], now)
            if timer.clock.last(after=since, until=now) is None:
                continue
            self._since[timer.name] = now
            if self.allowed(timer):
                self._start(timer, now)
            elif timer.missed:
                self._stamp(timer, now.isoformat())
        with suppress(OSError):
            (self.folder / ALIVE).touch()

    def end(self) -> None:
        """Tell all of them to end, and end those that do not; what is cut short is due again at the next start."""
        for run in self.running.values():
            run.signal(signal.SIGTERM)
            run.told_to_end = time.monotonic()
            if run.timer.missed:
                self._stamp(run.timer, run.before)
        until = time.monotonic() + self.grace
        while self.running and time.monotonic() < until:
            self._reap()
            time.sleep(0.05)
        for run in self.running.values():
            run.signal(signal.SIGKILL)
        while self.running:
            self._reap()
            time.sleep(0.05)

    def _start(self, timer: Timer, now: datetime) -> None:
        try:
            with (self.folder / f"{timer.name}.lock").open("w", encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self.tell(f"{timer.name} is still at it: another one does not begin.")
                    return
                before = self._stamp_of(timer)
                if timer.missed:
                    # Before it begins: what takes the whole container down with it is not begun again at once.
                    self._stamp(timer, now.isoformat())
                process = subprocess.Popen(  # noqa: S603 - words of config/timers.toml, no shell
                    [*self.command, *timer.command],
                    env=timer.environment(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    umask=timer.umask,
                    pass_fds=(lock.fileno(),),
                )
        except OSError as error:
            self.tell(f"{timer.name} could not begin: {error.strerror or error}.")
            return
        with suppress(OSError):
            os.setpriority(os.PRIO_PGRP, process.pid, NICE)
        self.tell(f"{timer.name} begins.")
        thread = threading.Thread(target=self._hand_on, args=(timer.name, process), daemon=True)
        thread.start()
        self.running[process.pid] = Run(timer, process, time.monotonic(), before, thread)

    def _hand_on(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """What it says, each line under its name."""
        assert process.stdout is not None  # noqa: S101  it was asked for
        with process.stdout as said:
            for line in said:
                self.tell(f"{name}: {line.decode(errors='replace').rstrip()}")

    def _end_where_it_hangs(self, run: Run) -> None:
        now = time.monotonic()
        if run.told_to_end is None and now - run.began > run.timer.most_seconds:
            self.tell(f"{run.timer.name} takes too long and is ended.")
            run.told_to_end = now
            run.signal(signal.SIGTERM)
        elif run.told_to_end is not None and now - run.told_to_end > self.grace:
            run.signal(signal.SIGKILL)

    def _reap(self) -> None:
        # The first process of a container is given whatever others left behind.
        for asked in [-1] if os.getpid() == 1 else list(self.running):
            while True:
                try:
                    pid, status = os.waitpid(asked, os.WNOHANG)
                except ChildProcessError:
                    break
                if not pid:
                    break
                if (run := self.running.pop(pid, None)) is not None:
                    self._ended(run, os.waitstatus_to_exitcode(status))

    def _ended(self, run: Run, code: int) -> None:
        run.process.returncode = code
        # What it started and left behind would go on beside the next one.
        run.signal(signal.SIGKILL)
        # Its last words come before its end.
        run.hands_on.join(0.5)
        how = "ended well" if code == 0 else f"FAILED (exit {code})" if code > 0 else f"FAILED (signal {-code})"
        self.tell(f"{run.timer.name} {how} after {time.monotonic() - run.began:.0f} s.")

    def _stamp_of(self, timer: Timer) -> str:
        try:
            text = (self.folder / timer.name).read_text(encoding="ascii").strip()
            return text if datetime.fromisoformat(text).tzinfo else ""
        except (OSError, ValueError):
            return ""

    def _stamp(self, timer: Timer, text: str) -> None:
        path = self.folder / timer.name
        try:
            draft = path.with_name(f".{path.name}")
            draft.write_text(text, encoding="ascii")
            draft.replace(path)
        except OSError as error:
            self.tell(
                f"{path} cannot be written ({error.strerror}): a restart will not know when {timer.name} last ran."
            )


def run(timers: Timers, *, until: threading.Event, every: float = 1.0) -> None:
    """Turn after turn until the event is set; then all that runs is ended."""
    timers.begin(datetime.now(tz=UTC))
    while not until.wait(every):
        timers.turn(datetime.now(tz=UTC))
    timers.end()
