"""The engine `pgbackrest`: what it did is read from what its repositories hold, never from an exit code alone."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from psycopg.sql import SQL, Literal

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import servers
from hrassist.ops.backup.places import Place

# As long as its unit may take; ten gigabytes over a slow line take an hour.
WITHIN = 6 * 3600
SEGMENT = 16 * 1024 * 1024
# A week, and a few hours less: the nightly timer does not come to the minute, and an eighth night is not meant.
FULL_AFTER = timedelta(days=6, hours=18)
# Place A is its first repository, place B its second.
REPOSITORIES = {"A": 1, "B": 2}
# They stay in postgresql.auto.conf after a restore: the target would rule the next one too, and a server that does not
# archive looks well until it is lost.
_LEFT = re.compile(r"^\s*(recovery_target\w*\s*=|restore_command\s*=|archive_mode\s*=\s*'?off)")


class PgBackRestFailed(DomainError):
    code = "pgbackrest_failed"
    default_message = "pgBackRest {verb} failed: {said}"


class NotConfirmed(DomainError):
    code = "restore_point_not_confirmed"
    default_message = (
        "The WAL of restore point {name} is not in repository {repo} yet, so nothing was migrated. See whether "
        "archiving works: docs/infrastructure/archive-failing.md."
    )


class MayNotMarkWal(DomainError):
    code = "may_not_mark_wal"
    default_message = (
        "The role {role} may not make a restore point, so nothing was migrated. As a superuser: "
        "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() TO {role};"
    )


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, as `info` tells of it."""

    number: int
    is_well: bool
    says: str
    newest_backup: datetime | None
    newest_wal: str
    # What all later ones build on: its locks and its days are theirs.
    newest_full: datetime | None = None
    # Each by its label and when it was complete, the oldest first.
    backups: tuple[tuple[str, datetime], ...] = ()
    # The segment that the newest backup begins with: what a restore of it needs from there on.
    newest_starts: str = ""
    # Whoever reads where it lies reads what is in it.
    is_open: bool = False


def command(verb: str, *options: str) -> list[str]:
    return [*shlex.split(settings.PGBACKREST), f"--stanza={settings.PGBACKREST_STANZA}", verb, *options]


def run(verb: str, *options: str) -> str:
    """What it printed. Raises PgBackRestFailed with its own last words, the wrong key said to be one."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command
            command(verb, *options),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=WITHIN,
            check=False,
        )
    except OSError as error:
        raise PgBackRestFailed(verb=verb, said=f"{command(verb)[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise PgBackRestFailed(verb=verb, said=f"it was stopped after {WITHIN // 3600} hours") from error
    if done.returncode:
        raise PgBackRestFailed(verb=verb, said=cause(done.stdout + done.stderr))
    return done.stdout


def cause(text: str) -> str:
    """What stands behind its words: a wrong key looks like a broken file to it, and so does damage like a wrong key."""
    # With a wrong key it quotes what it took for text.
    text = re.sub(r"[^\x20-\x7e\n]+", "?", text)
    lines = [line for line in text.split("\n") if "ERROR" in line or "HINT" in line] or text.split("\n")[-3:]
    said = " ".join(line.strip()[:300] for line in lines[-4:])
    # It opens that file first of all; with the wrong key nothing of it can be read, not even its first line.
    if "unable to load info file" in text and re.search(
        r"outside of section at line 1:|cipher header invalid|unable to flush|CryptoError", text
    ):
        return f"this is the wrong key for that repository (repo-cipher-pass), or no encrypted one. {said}"
    if "No space left" in text or "FileWriteError" in text:
        return f"the disk is full, or takes nothing. {said}"
    if re.search(r"cipher header invalid|unable to flush|CryptoError|FormatError|ChecksumError|corruption", text):
        return f"a file is damaged in that repository: take the other place, or an older backup. {said}"
    return said


def backup(repo: int, *, kind: str = "incr") -> None:
    """One repository at a time: pgBackRest backs up to one, whatever is configured."""
    run("backup", f"--repo={repo}", f"--type={kind}")


def kind_due(repo: int, *, now: datetime) -> str:
    """A full backup each week, by what the repository holds: else every restore would need the first one for ever."""
    newest = next((one.newest_full for one in info(repo) if one.number == repo), None)
    return "full" if newest is None or now - newest > FULL_AFTER else "incr"


def verify(repo: int) -> list[str]:
    """What is wrong in a repository. Its exit code is 0 while its text says invalid, so the text is read."""
    # Without it each file that cannot be read takes 15 seconds more, and a bundle that was cut off has hundreds of
    # them. What the network does is tried again all the same.
    text = run("verify", f"--repo={repo}", "--output=text", "--verbose", "--job-retry=1")
    return faults_of(text)


def faults_of(text: str) -> list[str]:
    """The faults in the words of `verify`."""
    found = [line.strip() for line in text.splitlines() if re.search(r"status:\s*(?!ok|valid)\w+", line)]
    for line in text.splitlines():
        counted = re.findall(r"(missing|checksum invalid|size invalid|other|invalid checksum): (\d+)", line)
        found += [f"{what}: {count}" for what, count in counted if int(count)]
    if "status: ok" not in text and not found:
        found.append("verify did not say that the stanza is well")
    return found


def repositories(text: str) -> list[Repository]:
    """What `info --output=json` says of each repository of the stanza."""
    found = []
    for stanza in json.loads(text):
        for repo in stanza.get("repo", []):
            number = int(repo["key"])
            backups = [
                one
                for one in stanza.get("backup", [])
                if one["database"]["repo-key"] == number and not one.get("error")
            ]
            archives = [one for one in stanza.get("archive", []) if one["database"]["repo-key"] == number]
            newest, newest_full = _newest(backups), _newest([one for one in backups if one.get("type") == "full"])
            found.append(
                Repository(
                    number=number,
                    is_well=repo["status"]["code"] == 0,
                    says=repo["status"]["message"],
                    is_open=repo.get("cipher") == "none",
                    newest_backup=newest,
                    newest_full=newest_full,
                    newest_starts=_starts(backups),
                    newest_wal=max((one["max"] or "" for one in archives), default=""),
                    backups=tuple(
                        sorted(
                            (
                                (one.get("label", ""), datetime.fromtimestamp(one["timestamp"]["stop"], tz=UTC))
                                for one in backups
                            ),
                            key=lambda one: one[1],
                        )
                    ),
                )
            )
    return found


def _newest(backups: Sequence[dict[str, Any]]) -> datetime | None:
    stopped = max((int(one["timestamp"]["stop"]) for one in backups), default=None)
    return datetime.fromtimestamp(stopped, tz=UTC) if stopped else None


def _starts(backups: Sequence[dict[str, Any]]) -> str:
    newest = max(backups, key=lambda one: int(one["timestamp"]["stop"]), default=None)
    return str((newest or {}).get("archive", {}).get("start") or "")


def info(repo: int | None = None) -> list[Repository]:
    """Of all repositories, or of one: another that is down is not waited for."""
    return repositories(run("info", "--output=json", *([f"--repo={repo}"] if repo else [])))


def segments_of(names: Sequence[str]) -> set[str]:
    """The WAL segments among what lies in an archive."""
    return {one[:24] for one in names if re.fullmatch(r"[0-9A-F]{24}(-[0-9a-f]+\..*|-[0-9a-f]+)?", one)}


def drops_wal_after() -> str:
    """The size of the queue above which it throws WAL away and says that it was archived; empty where it never does."""
    found = re.search(r"^current: (.+)$", run("help", "archive-push", "archive-push-queue-max"), re.MULTILINE)
    return found[1].strip() if found else ""


def holes(segments: Sequence[str], *, since: str = "", segment_bytes: int = SEGMENT) -> list[str]:
    """The names that are missing between the first, or `since`, and the last of these WAL segments.

    A timeline begins with the segment at which it left the one before, so all between the two has to be there as well.

    pgBackRest and PostgreSQL are silent about them: the server simply comes up at the hole.
    """
    per_file = 0x1_0000_0000 // segment_bytes
    there = segments_of(segments)
    # A segment that a backup begins with counts as one that has to be there.
    wanted = {one for one in there if one >= since} | ({since} if since else set())
    by_timeline: dict[str, list[int]] = {}
    for name in wanted:
        number = int(name[8:16], 16) * per_file + int(name[16:24], 16)
        by_timeline.setdefault(name[:8], []).append(number)
    names, before = [], dict[int, str]()
    for timeline, numbers in sorted(by_timeline.items()):
        first, last = min(numbers), max(numbers)
        if earlier := [number for number in before if number < first]:
            names += [(before[max(earlier)], number) for number in range(max(earlier) + 1, first)]
        names += [(timeline, number) for number in range(first, last + 1)]
        before |= dict.fromkeys(numbers, timeline)
    found = [f"{timeline}{number // per_file:08X}{number % per_file:08X}" for timeline, number in names]
    return [name for name in found if name not in there]


def restore_point(name: str) -> str:
    """A named point in the WAL, switched to the archive and confirmed in every repository; its segment."""
    with servers.own().connect(autocommit=True) as connection:
        try:
            connection.execute(SQL("SELECT pg_create_restore_point({})").format(Literal(name)))
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        except psycopg.errors.InsufficientPrivilege as error:
            raise MayNotMarkWal(role=servers.own().user) from error
    segment = str(row[0]) if row else ""
    run("check")
    found = info()
    # What it does not tell of has confirmed nothing. A repository needs no place beside it.
    wanted = {REPOSITORIES[label] for label, said in settings.BACKUP_PLACES.items() if said["where"]}
    for number in sorted(wanted | {repo.number for repo in found}):
        if max((repo.newest_wal for repo in found if repo.number == number), default="") < segment:
            raise NotConfirmed(name=name, repo=number)
    return segment


def without(found: Sequence[Repository], configured: Sequence[Place]) -> list[str]:
    """The places that have no repository among these."""
    numbers = {repo.number for repo in found}
    return [place.label for place in configured if REPOSITORIES[place.label] not in numbers]


def scrubbed(text: str) -> str:
    """postgresql.auto.conf without what a restore to a moment left in it."""
    return "".join(line for line in text.splitlines(keepends=True) if not _LEFT.match(line))


def behind(recovered: datetime | None, heartbeat: datetime) -> float:
    """Seconds between the heartbeat that was kept outside and what came back: more than the interval is a hole."""
    return float("inf") if recovered is None else max((heartbeat - recovered).total_seconds(), 0.0)


def as_json(found: Sequence[Repository]) -> list[dict[str, Any]]:
    return [
        {
            "repository": one.number, "well": one.is_well, "says": one.says, "newest_wal": one.newest_wal,
            "newest_backup": one.newest_backup.isoformat() if one.newest_backup else None,
        }
        for one in found
    ]  # fmt: skip
