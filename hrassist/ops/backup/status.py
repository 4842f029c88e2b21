"""How backups stand, read from what lies in the places: never from memory, and never from what a command returned."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from hrassist.lib.errors import DomainError, Unavailable
from hrassist.ops.backup import cluster, dump, keys, manifests, pgbackrest, places, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import FolderPlace, Place
from hrassist.ops.backup.servers import DatabaseUnavailable

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Level(StrEnum):
    GOOD = "good"
    WARN = "warn"
    PAGE = "page"


# Age of what is newest, by kind: from when on it is a warning, and from when on somebody is called.
LIMITS = {
    "database": (26 * HOUR, 30 * HOUR),
    "files": (8 * DAY, 9 * DAY),
    "drill": (8 * DAY, 14 * DAY),
}
# The last full backup of pgBackRest: one is due each week, and what builds on it is locked no longer than it is.
FULL_LIMITS = (9 * DAY, 14 * DAY)
MOST_RTO, MOST_RPO = 240.0, 600.0
SHORTEST_LOCK = timedelta(days=7)
ROOM = 1.3


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: how bad it is, what is so, what to do."""

    level: Level
    what: str
    advice: str = ""


@dataclass(slots=True)
class PlaceStatus:
    """What one place holds."""

    label: str
    where: str
    ages: dict[str, float] = field(default_factory=dict)
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    canary: bool = False
    missing: int = 0
    altered: int = 0
    shortest_lock: float | None = None
    free: int | None = None
    wal_age: float | None = None
    wal_holes: int | None = None
    # Why nothing could be read there.
    trouble: str = ""
    facts: list[Fact] = field(default_factory=list)


@dataclass(slots=True)
class Status:
    """All places, and what concerns none of them."""

    at: datetime
    places: list[PlaceStatus] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    @property
    def all_facts(self) -> list[Fact]:
        ranked = [*self.facts, *(fact for place in self.places for fact in place.facts)]
        return sorted(ranked, key=lambda one: [Level.PAGE, Level.WARN, Level.GOOD].index(one.level))

    @property
    def worst(self) -> Level:
        return self.all_facts[0].level if self.all_facts else Level.GOOD

    def age(self, kind: str) -> float | None:
        """Of the newest of this kind in any place."""
        found = [one.ages[kind] for one in self.places if kind in one.ages]
        return min(found, default=None)

    def last_drill(self) -> dict[str, Any] | None:
        found = [one.newest["drill"] for one in self.places if "drill" in one.newest]
        return max(found, key=lambda one: str(one["moment"]), default=None)

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "worst": self.worst,
            "places": [
                {
                    "place": one.label, "where": one.where, "age_seconds": one.ages, "canary": one.canary,
                    "missing": one.missing, "altered": one.altered, "shortest_lock_seconds": one.shortest_lock,
                    "free_bytes": one.free, "wal_age_seconds": one.wal_age, "wal_holes": one.wal_holes,
                    "newest": {kind: said["name"] for kind, said in one.newest.items()},
                }
                for one in self.places
            ],
            "last_drill": self.last_drill(),
            "facts": [{"level": one.level, "what": one.what, "advice": one.advice} for one in self.all_facts],
        }  # fmt: skip


def read(*, now: datetime | None = None) -> Status:
    """Ask every place what it holds."""
    status = Status(at=now or timezone.now())
    try:
        ring, found = keys.configured(), places.configured()
    except DomainError as error:
        # A database of development is nobody's data.
        level = Level.WARN if settings.DEVELOPMENT else Level.PAGE
        status.facts.append(Fact(level, f"There are no backups: {error.message}", "docs/infrastructure/backup.md"))
        return status
    if len(found) < 2:
        status.facts.append(Fact(Level.WARN, "There is one backup place only.", "Set HRASSIST_BACKUP_B."))
    if settings.BACKUP_ENGINE == "pgbackrest":
        status.facts += _dropped_wal()
    status.places = [_place(place, ring=ring, at=status.at) for place in found]
    return status


def _dropped_wal() -> list[Fact]:
    try:
        size = pgbackrest.drops_wal_after()
    except DomainError:
        # Each place says it of itself.
        return []
    what = f"pgBackRest drops WAL without a word when {size} of it wait (archive-push-queue-max)."
    return [Fact(Level.PAGE, what, "Take it out of pgbackrest.conf, then make a backup.")] if size else []


def _place(place: Place, *, ring: Ring, at: datetime) -> PlaceStatus:
    said = PlaceStatus(place.label, place.where)
    try:
        if settings.BACKUP_ENGINE == "pgbackrest":
            _repository(said, at=at)
        else:
            _age(said, place, "database", manifests.DATABASE, ring=ring, at=at)
        for kind, under in (("files", manifests.FILES), ("drill", manifests.DRILLS)):
            _age(said, place, kind, under, ring=ring, at=at)
        said.canary = dump.canary_sings(place, ring=ring, now=at)
    except DomainError as error:
        said.trouble = error.message
        named = error.message if error.message.startswith("Place ") else f"Place {place.label}: {error.message}"
        said.facts.append(Fact(Level.PAGE, named, "place-gone.md" if isinstance(error, Unavailable) else ""))
        return said
    if not said.canary and said.ages:
        said.facts.append(
            Fact(Level.PAGE, f"Nothing in place {place.label} opens with the newest key.", "Run manage.py backup.")
        )
    _files(said, at=at)
    _drill(said)
    if isinstance(place, FolderPlace):
        _room(said, place)
    elif settings.BACKUP_LOCK_MODE == "off":
        said.facts.append(
            Fact(Level.WARN, f"Place {place.label} locks nothing: an attacker could delete it all.", "Set a lock mode.")
        )
    return said


def _repository(said: PlaceStatus, *, at: datetime) -> None:
    """What pgBackRest's repository of this place holds, and when WAL last came to it."""
    number = pgbackrest.REPOSITORIES[said.label]
    repository = next((one for one in pgbackrest.info() if one.number == number), None)
    if repository is None or repository.newest_backup is None:
        said.facts.append(Fact(Level.PAGE, f"Repository {number} has no backup.", _command("database")))
        return
    if not repository.is_well:
        said.facts.append(Fact(Level.PAGE, f"Repository {number}: {repository.says}.", "archive-failing.md"))
    age = at - repository.newest_backup
    said.ages["database"] = age.total_seconds()
    warn, page = LIMITS["database"]
    level = Level.PAGE if age > page else Level.WARN if age > warn else Level.GOOD
    said.facts.append(Fact(level, f"The newest backup in repository {number} is {in_words(age)} old."))
    _full(said, repository, at=at)
    segments = cluster.archived_segments(number)
    said.wal_holes = len(pgbackrest.holes(segments, since=repository.newest_starts))
    if said.wal_holes:
        said.facts.append(
            Fact(Level.PAGE, f"{said.wal_holes} WAL segments are missing in repository {number}.", "archive-failing.md")
        )
    elif before := len(pgbackrest.holes(segments)):
        said.facts.append(
            Fact(
                Level.WARN,
                f"{before} WAL segments from before the newest backup are missing in repository {number}: moments "
                "after them and before it are restored from the other one.",
            )
        )
    newest = cluster.newest_wal_at(number)
    if newest is not None:
        said.wal_age = (at - newest).total_seconds()
        level = Level.PAGE if said.wal_age > 600 else Level.WARN if said.wal_age > 120 else Level.GOOD
        advice = "" if level == Level.GOOD else "archive-failing.md"
        said.facts.append(Fact(level, f"WAL last came to repository {number} {in_words(at - newest)} ago.", advice))


def _full(said: PlaceStatus, repository: pgbackrest.Repository, *, at: datetime) -> None:
    if repository.newest_full is None:
        what, level = f"Repository {repository.number} has no full backup to build on.", Level.PAGE
    else:
        age = at - repository.newest_full
        warn, page = FULL_LIMITS
        what = f"The newest full backup in repository {repository.number} is {in_words(age)} old."
        level = Level.PAGE if age > page else Level.WARN if age > warn else Level.GOOD
    said.facts.append(Fact(level, what, "" if level == Level.GOOD else _command("database")))


def _age(said: PlaceStatus, place: Place, kind: str, under: str, *, ring: Ring, at: datetime) -> None:
    forged, early, wrong = 0, 0, list[keys.WrongKey]()
    for entry in manifests.listed(place, under):
        try:
            manifest = manifests.read(place, entry, ring=ring)
        except manifests.Forged:
            forged += 1
            continue
        except keys.WrongKey as error:
            wrong.append(error)
            continue
        if (age := at - datetime.fromisoformat(manifest["moment"])) < -manifests.SKEW:
            # It would be the newest until its moment comes, however long no backup is made.
            early += 1
            continue
        said.newest[kind] = manifest
        said.ages[kind] = age.total_seconds()
        break
    if wrong and kind not in said.newest:
        raise wrong[0]
    for count, how, where in (
        (forged, "are not signed by us", "ransomware.md"),
        (early, "are of a time that is yet to come: look at the clocks", "backup.md"),
        (len(wrong), "want a key that is not here", "lost-key.md"),
    ):
        if count:
            said.facts.append(Fact(Level.PAGE, f"{count} lists in place {said.label} {how} ({kind}).", where))
    warn, page = LIMITS[kind]
    what = {"database": "backup of the database", "files": "copy of files", "drill": "drill"}[kind]
    if kind not in said.ages:
        level = Level.WARN if kind == "drill" else Level.PAGE
        said.facts.append(Fact(level, f"Place {said.label} has no {what}.", _command(kind)))
        return
    age = timedelta(seconds=said.ages[kind])
    level = Level.PAGE if age > page else Level.WARN if age > warn else Level.GOOD
    advice = "" if level == Level.GOOD else _command(kind)
    said.facts.append(Fact(level, f"The newest {what} in place {said.label} is {in_words(age)} old.", advice))


def _command(kind: str) -> str:
    return "manage.py drill" if kind == "drill" else f"manage.py backup --kind {kind}; see why its timer did not."


def _files(said: PlaceStatus, *, at: datetime) -> None:
    run = said.newest.get("files")
    if run is None:
        return
    said.missing, said.altered = len(run["missing"]), len(run["altered"])
    if said.missing or said.altered:
        said.facts.append(
            Fact(
                Level.PAGE,
                f"The last copy to place {said.label} found {said.missing} files missing and {said.altered} altered.",
                "manage.py fsck --repair brings them back from an older copy.",
            )
        )
    if run.get("replaced"):
        said.facts.append(
            Fact(
                Level.PAGE,
                f"The last copy found {len(run['replaced'])} copies in place {said.label} that somebody wrote over.",
                "They were written anew. ransomware.md",
            )
        )
    if run.get("shortest_lock") and settings.BACKUP_LOCK_MODE != "off" and said.where.startswith("s3://"):
        left = datetime.fromisoformat(run["shortest_lock"]) - at
        said.shortest_lock = left.total_seconds()
        if left < SHORTEST_LOCK:
            said.facts.append(
                Fact(Level.PAGE, f"A lock in place {said.label} ends in {in_words(left)}.", _command("files"))
            )


def _drill(said: PlaceStatus) -> None:
    last = said.newest.get("drill")
    if last is None:
        return
    if not last["passed"]:
        said.facts.append(Fact(Level.PAGE, f"The last drill failed: {last.get('why', '')}", "manage.py drill"))
    elif last["rto_seconds"] > MOST_RTO:
        said.facts.append(
            Fact(Level.WARN, f"The last drill took {last['rto_seconds']:.0f} s to restore.", "scaling.md")
        )


def _room(said: PlaceStatus, place: FolderPlace) -> None:
    said.free = place.free()
    try:
        with servers.own().connect() as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    except DatabaseUnavailable:
        return
    if row and said.free < ROOM * row[0]:
        said.facts.append(
            Fact(Level.PAGE, f"Place {place.label} has no room for a restore of this size.", "Make room.")
        )


def tell_metrics(found: Status) -> None:
    """Write down for the metrics when the last ones ended well: a backup counts when every place has it."""
    told: dict[str, dict[str, Any]] = {}
    ages = [one.ages.get("database") for one in found.places]
    if ages and None not in ages:
        oldest = max(age for age in ages if age is not None)
        told["backup"] = {"finished_at": (found.at - timedelta(seconds=oldest)).isoformat()}
        sizes = [one.newest["database"]["size"] for one in found.places if "database" in one.newest]
        told["backup"] |= {"bytes": max(sizes)} if sizes else {}
    if (last := found.last_drill()) is not None and last["passed"]:
        told["drill"] = {"finished_at": last["moment"]}
    path: Path = settings.BACKUP_STATUS_FILE
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(told))
        draft.replace(path)
    except OSError as error:
        # As the server's user (deploy/vm/pgbackrest) one may not: the look of every five minutes writes it down.
        if error.errno not in {errno.EROFS, errno.EACCES}:
            raise


def in_words(age: timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"


def prometheus(status: Status) -> str:
    """The same as metrics, in the format of Prometheus; an absent one is absent, so that its alert sees that."""
    lines: list[str] = []

    def metric(name: str, helped: str, values: list[tuple[str, float]]) -> None:
        if values:
            lines.extend([f"# HELP {name} {helped}", f"# TYPE {name} gauge"])
            lines.extend(f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in values)

    ages = [
        (f'kind="{kind}",place="{one.label}"', one.ages[kind])
        for one in status.places
        for kind in ("database", "files")
        if kind in one.ages
    ]
    metric("hrassist_backup_age_seconds", "Age of the newest complete backup.", ages)
    metric("hrassist_backup_key_canary", "1 where the newest key opens what lies there.", [
        (f'place="{one.label}"', float(one.canary)) for one in status.places
    ])  # fmt: skip
    metric("hrassist_backup_files_missing", "Files that rows name and the last copy did not find.", [
        (f'place="{one.label}"', one.missing) for one in status.places if "files" in one.ages
    ])  # fmt: skip
    metric("hrassist_backup_files_altered", "Files that the last copy found altered.", [
        (f'place="{one.label}"', one.altered) for one in status.places if "files" in one.ages
    ])  # fmt: skip
    metric("hrassist_backup_shortest_lock_seconds", "How long the first lock to end still holds.", [
        (f'place="{one.label}"', one.shortest_lock) for one in status.places if one.shortest_lock is not None
    ])  # fmt: skip
    for name, helped in (("wal_age", "Since WAL last came to a place."), ("wal_holes", "Missing segments of a place.")):
        unit = "_seconds" if name == "wal_age" else ""
        known = [(f'place="{one.label}"', getattr(one, name)) for one in status.places]
        metric(f"hrassist_{name}{unit}", helped, [(label, value) for label, value in known if value is not None])
    metric("hrassist_backup_free_bytes", "Room in a place that is a folder.", [
        (f'place="{one.label}"', one.free) for one in status.places if one.free is not None
    ])  # fmt: skip
    if (last := status.last_drill()) is not None:
        age = (status.at - datetime.fromisoformat(last["moment"])).total_seconds()
        metric("hrassist_drill_age_seconds", "Age of the last drill.", [("", age)])
        metric("hrassist_drill_passed", "1 where the last drill passed.", [("", float(last["passed"]))])
        for name in ("rpo", "rto"):
            if f"{name}_seconds" in last:
                metric(f"hrassist_drill_{name}_seconds", f"The {name.upper()} that the last drill measured.", [
                    ("", last[f"{name}_seconds"])
                ])  # fmt: skip
    metric("hrassist_backup_read_timestamp_seconds", "When the places were read.", [("", status.at.timestamp())])
    return "\n".join(lines) + "\n"
