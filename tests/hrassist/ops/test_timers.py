"""Work by the clock: what is due begins once, what hangs is ended, what was missed is made up for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured

from hrassist.management.commands import timers as command
from hrassist.management.commands.timers import allowed
from hrassist.ops.timers import running, table
from hrassist.ops.timers.table import BadTimers, Timer
from tests.repo.sources import ROOT

# A Thursday.
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VM = ROOT / "deploy" / "vm"


def timer(name: str, command: str, **more: object) -> Timer:
    """Due at noon; what it does is a shell's."""
    said = {"clock": table.clock("0 12 * * *"), "most_seconds": 60.0, **more}
    return Timer(name, command=(command,), **said)  # type: ignore[arg-type]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., tuple[running.Timers, list[str]]]]:
    """Timers that begin shells, in a folder of the test's; and what they told."""
    all_of: list[running.Timers] = []

    def make(*timers: Timer, permits: bool = True, grace: float = 1.0) -> tuple[running.Timers, list[str]]:
        told: list[str] = []
        one = running.Timers(
            timers, folder=tmp_path / "timers", command=("sh", "-c"), allowed=lambda _timer: permits, tell=told.append,
            environment={**os.environ, "HRASSIST_DB_OWNER_URL_FILE": "/owner", "HRASSIST_AUDIT_KEY": "audit"},
            grace=grace,
        )  # fmt: skip
        all_of.append(one)
        return one, told

    yield make
    for one in all_of:
        one.end()


def settle(one: running.Timers, *, now: datetime = NOON, seconds: float = 20) -> None:
    """Turn until nothing runs."""
    until = time.monotonic() + seconds
    while one.running:
        assert time.monotonic() < until, one.running
        time.sleep(0.05)
        one.turn(now)


def test_what_is_due_begins_once_and_its_words_and_its_end_are_told(made, tmp_path):
    one, told = made(timer("count", f"echo here; echo there >&2; echo x >> {tmp_path}/count; exit 3"))
    one.begin(NOON - MINUTE)
    for second in range(0, 120, 20):
        one.turn(NOON - MINUTE + timedelta(seconds=second))
    settle(one)
    assert (tmp_path / "count").read_text() == "x\n"
    assert told[0] == "count begins."
    assert told[1:3] == ["count: here", "count: there"]
    assert told[3].startswith("count FAILED (exit 3) after ")
    one.turn(NOON + timedelta(days=1))
    settle(one, now=NOON + timedelta(days=1))
    assert (tmp_path / "count").read_text() == "x\nx\n"


def test_one_that_hangs_or_cannot_begin_stops_no_other_and_is_ended_with_what_it_began(made, tmp_path):
    hangs = timer(
        "hangs",
        f"trap '' TERM; sh -c 'echo $$ > {tmp_path}/pid; sleep 300' & wait; sleep 300",
        most_seconds=0.5,
    )
    never = timer("never", "true")
    quick = timer("quick", f"touch {tmp_path}/done")
    one, told = made(hangs, never, quick)
    (tmp_path / "timers/never.lock").mkdir(parents=True)
    one.begin(NOON - MINUTE)
    one.turn(NOON)
    settle(one)
    assert (tmp_path / "done").exists()
    assert "never could not begin: Is a directory." in told
    assert "hangs takes too long and is ended." in told
    assert any(line.startswith("hangs FAILED (signal 9)") for line in told)
    # Its group is gone with it.
    pid, until = int((tmp_path / "pid").read_text()), time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_second_one_never_begins_beside_the_first(made, tmp_path):
    slow = timer("slow", f"echo x >> {tmp_path}/count; sleep 300", clock=table.clock("*/5 * * * *"))
    one, told = made(slow)
    one.begin(NOON - MINUTE)
    one.turn(NOON)
    one.turn(NOON + 5 * MINUTE)
    assert told[-1] == "slow is still at it: another one does not begin."
    # Nor does one of another container over the same folder.
    other, said = made(slow)
    other.begin(NOON - MINUTE)
    other.turn(NOON)
    assert said == ["slow is still at it: another one does not begin."]
    one.end()
    assert len(one.running) == 0
    other.turn(NOON + 5 * MINUTE)
    assert said[-1] == "slow begins."


def test_a_lock_holds_although_who_began_it_was_killed(tmp_path):
    script = (
        "import sys, time, datetime\nfrom pathlib import Path\nfrom hrassist.ops.timers import running, table\n"
        "slow = table.Timer('slow', table.clock('0 12 * * *'), ('sleep 30',), 60.0)\n"
        "one = running.Timers([slow], folder=Path(sys.argv[1]),"
        " command=('sh', '-c'), allowed=lambda _: True, tell=print)\n"
        f"at = datetime.datetime.fromisoformat('{NOON.isoformat()}')\n"
        "one.begin(at - datetime.timedelta(minutes=1))\none.turn(at)\nprint(*one.running, flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "slow begins.\n"
    child = int(process.stdout.readline())
    try:
        process.kill()
        process.wait(20)
        told: list[str] = []
        other = running.Timers(
            [timer("slow", "true")], folder=tmp_path, command=("sh", "-c"), allowed=lambda _: True, tell=told.append
        )
        other.begin(NOON - MINUTE)
        # It was due at noon, and somebody is at it.
        (tmp_path / "slow").write_text((NOON - MINUTE).isoformat())
        other.begin(NOON)
        other.turn(NOON)
        assert told == ["slow is still at it: another one does not begin."]
    finally:
        os.killpg(child, signal.SIGKILL)
        process.stdout.close()


def test_what_was_due_while_nothing_ran_is_made_up_for_once(made, tmp_path):
    daily = timer("daily", f"echo x >> {tmp_path}/daily")
    often = timer("often", f"echo x >> {tmp_path}/often", clock=table.clock("*/5 * * * *"), missed=False)
    one, told = made(daily, often)
    # The first start ever: nothing was missed.
    one.begin(NOON + MINUTE)
    one.turn(NOON + 2 * MINUTE)
    assert told == []
    again, told = made(daily, often)
    later = NOON + timedelta(days=3, minutes=2)
    again.begin(later)
    again.turn(later)
    again.turn(later + MINUTE)
    settle(again, now=later + MINUTE)
    assert (tmp_path / "daily").read_text() == "x\n"
    assert not (tmp_path / "often").exists()
    third, told = made(daily, often)
    third.begin(later + 2 * MINUTE)
    third.turn(later + 2 * MINUTE)
    assert told == []


def test_an_orderly_end_ends_all_of_it_and_what_was_cut_short_is_done_again(made, tmp_path):
    daily = timer("daily", f"echo x >> {tmp_path}/count; sleep 300")
    one, told = made(daily)
    one.begin(NOON - MINUTE)
    one.turn(NOON)
    until = time.monotonic() + 20
    while not (tmp_path / "count").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    one.end()
    assert not one.running
    assert told[-1].startswith("daily FAILED (signal 15)")
    again, _ = made(daily)
    again.begin(NOON + 5 * MINUTE)
    again.turn(NOON + 5 * MINUTE)
    assert again.running
    # One that takes the whole container down with it is not begun again and again.
    third, told = made(daily)
    third.begin(NOON + 6 * MINUTE)
    third.turn(NOON + 6 * MINUTE)
    assert told == []


def test_a_clock_that_was_set_back_keeps_nothing_waiting(made, tmp_path):
    one, _ = made(timer("daily", f"echo x >> {tmp_path}/count"))
    one.begin(NOON + timedelta(days=30))
    one.turn(NOON + timedelta(days=30))
    one.turn(NOON - MINUTE)
    one.turn(NOON)
    settle(one)
    assert (tmp_path / "count").read_text() == "x\n"


def test_each_is_given_its_own_secrets_its_own_mask_and_less_of_the_processor(made, tmp_path):
    says = "echo $(umask) $(nice) owner:$HRASSIST_DB_OWNER_URL_FILE audit:$HRASSIST_AUDIT_KEY"
    one, told = made(timer("plain", says), timer("both", says, sets=frozenset({"owner", "worker"}), umask=0o007))
    one.begin(NOON - MINUTE)
    one.turn(NOON)
    settle(one)
    # `nice` is set a moment after the beginning.
    words = {line.split()[0]: line.split()[1:] for line in told if ": " in line}
    assert words["plain:"][0] == "0027"
    assert words["plain:"][2:] == ["owner:", "audit:"]
    assert words["both:"][0] == "0007"
    assert words["both:"][2:] == ["owner:/owner", "audit:audit"]


def test_at_each_turn_it_says_that_it_lives(made, tmp_path):
    one, _ = made()
    one.begin(NOON)
    alive = tmp_path / "timers/alive"
    one.turn(NOON)
    os.utime(alive, (0, 0))
    one.turn(NOON)
    assert time.time() - alive.stat().st_mtime < 60


def test_what_it_needs_is_asked_each_time(made):
    one, told = made(timer("backup", "true"), permits=False)
    one.begin(NOON - MINUTE)
    one.turn(NOON)
    assert (told, one.running) == ([], {})


def test_backups_wait_for_a_key_and_a_place_and_bounces_for_a_mail(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    backup, bounces = timer("backup", "true", only="backups"), timer("bounces", "true", only="bounces")
    settings.BACKUP_KEY_FILE = ""
    settings.BACKUP_PLACES = {"A": {"where": ""}, "B": {"where": "s3://backups/b"}}
    assert not allowed(backup)
    settings.BACKUP_KEY_FILE = str(tmp_path / "backup.key")
    assert not allowed(backup)
    (tmp_path / "backup.key").write_text("hrbk1:")
    assert allowed(backup)
    settings.BACKUP_PLACES = {"A": {"where": ""}, "B": {"where": ""}}
    assert not allowed(backup)
    assert not allowed(bounces)
    (tmp_path / "bounces").mkdir()
    assert not allowed(bounces)
    (tmp_path / "bounces/one").touch()
    assert allowed(bounces)
    assert allowed(timer("fsck", "true"))


# --- The table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("10 1 * * *", ["2026-11-26T01:10"], ["2026-11-26T01:11", "2026-11-26T13:10"]),
        ("35 * * * *", ["2026-11-26T00:35", "2026-11-26T23:35"], ["2026-11-26T00:05"]),
        ("*/5 * * * *", ["2026-11-26T00:00", "2026-11-26T23:55"], ["2026-11-26T00:04"]),
        ("30 3 * * sun", ["2026-11-29T03:30"], ["2026-11-28T03:30", "2026-11-30T03:30"]),
    ],
)
def test_times_are_those_of_cron(text, has, has_not):
    clock = table.clock(text)
    assert all(clock.has(datetime.fromisoformat(one)) for one in has)
    assert not any(clock.has(datetime.fromisoformat(one)) for one in has_not)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('when = "10 1 * * *"', 'when = "10 1 1 * *"', "is no time"),
        ('when = "10 1 * * *"', 'when = "60 1 * * *"', "'60' is no part"),
        ('when = "10 1 * * *"', 'when = "*/0 1 * * *"', "no part"),
        ('when = "10 1 * * *"', 'when = "10 1 * * some"', "no part"),
        ('most = "6h"', 'most = "6 hours"', "'6 hours' is no duration"),
        ('sets = ["owner", "key", "backup"]', 'sets = ["everything"]', "no set everything"),
        ('only = "backups"', 'only = "tuesdays"', "only is 'tuesdays'"),
        ('name = "backup-files"', 'name = "backup"', "two timers have the same name"),
        ('name = "backup-files"', 'name = "../backup"', "no name"),
        ('name = "drill"', 'nmae = "drill"', "name"),
        ("missed = false", "forgotten = true", "forgotten"),
    ],
)
def test_what_cannot_be_run_is_named(tmp_path, old, new, why):
    text = configured.TIMERS_CONFIG.read_text()
    assert old in text
    (tmp_path / "timers.toml").write_text(text.replace(old, new))
    with pytest.raises(BadTimers, match=f"timers.toml: .*{why}"):
        table.load(tmp_path / "timers.toml")


def test_it_does_what_timers_do_on_a_machine():
    """The same commands at the same times with the same ends, secrets and masks as deploy/vm/supervisor/cron."""
    form = re.compile(
        r"^(?P<when>(?:\S+ ){5})root cd \S+ && umask (?P<umask>\d+) &&(?: (?P<only>\[\[.*?\]\]) &&)? flock \S+ \S+ "
        r'nice -n (?P<nice>\d+) timeout (?P<most>\S+) \S+ "(?P<sets>[^"]*)" \S+ manage\.py (?P<command>.*?) 2>&1 '
        r"\| logger --tag hrassist-(?P<name>\S+)$",
        re.MULTILINE,
    )
    on_a_machine = {}
    for found in form.finditer((VM / "supervisor/cron").read_text()):
        only = found["only"] or ""
        on_a_machine[found["name"]] = {
            "clock": table.clock(found["when"]),
            "umask": int(found["umask"], 8),
            "only": "backups" if "backup.key" in only else "bounces" if "bounces" in only else "",
            "most": table.seconds(found["most"]),
            "sets": set(found["sets"].split()) - {"app"},
            "command": tuple(found["command"].split()),
            "nice": running.NICE,
        }
        assert int(found["nice"]) == running.NICE
    here = {
        one.name: {
            "clock": one.clock, "umask": one.umask, "only": one.only, "most": one.most_seconds, "sets": set(one.sets),
            "command": one.command, "nice": running.NICE,
        }
        for one in table.load(configured.TIMERS_CONFIG)
    }  # fmt: skip
    assert here == on_a_machine
    assert len(here) >= 9
    # And what systemd makes up for is made up for.
    for one in table.load(configured.TIMERS_CONFIG):
        unit = (VM / f"systemd/hrassist-{one.name}.timer").read_text()
        assert one.missed == ("Persistent=yes" in unit), one.name


def test_the_command_runs_until_it_is_told_to_end(tmp_path):
    """A real `manage.py timers` with a real command of ours; TERM ends it with 0."""
    (tmp_path / "timers.toml").write_text(
        '[[timer]]\nname = "says"\nwhen = "* * * * *"\ncommand = ["version"]\nmost = "1m"\n'
        '[[timer]]\nname = "backup"\nwhen = "* * * * *"\ncommand = ["backup"]\nmost = "1m"\nonly = "backups"\n'
    )
    (tmp_path / "timers").mkdir()
    (tmp_path / "timers/says").write_text("2026-01-01T00:00:00+00:00")
    environment = os.environ | {"HRASSIST_VAR_DIR": str(tmp_path), "HRASSIST_BACKUP_A": "", "HRASSIST_BACKUP_B": ""}
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "timers", "--table", str(tmp_path / "timers.toml")],
            cwd=ROOT, env=environment, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while "says ended well" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        assert re.search(r"^says: \d+\.\d+", log.read_text(), re.MULTILINE), log.read_text()
        assert "NOTHING IS BACKED UP here" in log.read_text()
        assert "backup begins" not in log.read_text()
        assert time.time() - (tmp_path / "timers/alive").stat().st_mtime < 60
    finally:
        process.terminate()
        assert process.wait(60) == 0, log.read_text()


def test_secrets_of_backups_that_came_in_the_environment_reach_whoever_backs_up(settings):
    """Reading them took them out of it; nobody else is told the key."""
    place = {"where": "s3://a/b", "endpoint_url": "", "region": "", "access_key": "id", "secret_key": "word"}
    settings.BACKUP_PLACES = {"A": place, "B": dict.fromkeys(place, "")}
    settings.BACKUP_KEY, settings.BACKUP_KEY_FILE = "hrbk1:key", ""
    assert command.has_backups()
    assert command.of_backups() == {
        "HRASSIST_BACKUP_KEY": "hrbk1:key",  # pragma: allowlist secret
        "HRASSIST_BACKUP_A_ACCESS_KEY_ID": "id",
        "HRASSIST_BACKUP_A_SECRET_ACCESS_KEY": "word",  # pragma: allowlist secret
    }
    told = {one.name: one.environment(command.of_backups()) for one in table.load(configured.TIMERS_CONFIG)}
    assert told["backup"] == told["drill"] == told["backup-status"] == command.of_backups()
    assert told["audit-verify"] == told["bounces"] == {}
    settings.BACKUP_KEY = ""
    assert not command.has_backups()
