"""How backups stand, read from what lies in the places: never from memory, and never from what a command returned."""

from __future__ import annotations

import errno
import json
import os
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from hrassist.lib.errors import DomainError, Unavailable
from hrassist.ops.backup import cluster, dump, files, keys, machine, manifests, pgbackrest, places, servers, trend
from hrassist.ops.backup.facts import Fact, Level, in_words
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.machine import ROOM, Archive, Room
from hrassist.ops.backup.places import FolderPlace, Place
from hrassist.ops.backup.servers import DatabaseUnavailable

__all__ = ["Fact", "Level", "PlaceStatus", "Status", "in_words", "read", "tell_metrics"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# Age of what is newest, by kind: from when on it is a warning, and from when on somebody is called.
LIMITS = {
    "database": (26 * HOUR, 30 * HOUR),
    "files": (8 * DAY, 9 * DAY),
    "drill": (8 * DAY, 14 * DAY),
}
# The last full backup of pgBackRest: one is due each week, and what builds on it is locked no longer than it is.
FULL_LIMITS = (9 * DAY, 14 * DAY)
MOST_RTO = 240.0
# With dumps it is the time since the last one, which has limits of its own.
MOST_RPO = {"pgbackrest": 600.0, "dump": LIMITS["database"][0].total_seconds()}
# A quarter of drills by the week, and how long a warm standby takes from its being wanted to its being there.
DRILLS_COMPARED, PLANNED = 12, 60 * DAY
SHORTEST_LOCK = timedelta(days=7)
# So many locks of files are asked for each time, besides the newest dump's.
LOCKS_ASKED = 20


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
    archive: Archive = field(default_factory=Archive)
    # None where it is not known.
    room: Room | None = None

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
            "archiver_failing_seconds": self.archive.failing_for, "slot_bytes": self.archive.slots,
            "restore_free_bytes": self.room.free if self.room else None,
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
    try:
        status.archive, status.room = machine.archive(servers.own(), at=status.at), machine.room(servers.own())
    except DatabaseUnavailable as error:
        status.facts.append(Fact(Level.PAGE, error.message))
    status.facts += [*machine.about_archive(status.archive), *machine.about_room(status.room)]
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
        _trend(said, place, ring=ring)
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
    _files(said)
    _drill(said)
    if isinstance(place, FolderPlace):
        _room(said, place)
    elif settings.BACKUP_LOCK_MODE != "off":
        _locks(said, place, ring=ring, at=at)
    else:
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


def _files(said: PlaceStatus) -> None:
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


def _locks(said: PlaceStatus, place: Place, *, ring: Ring, at: datetime) -> None:
    """The bucket is asked: a list says what its run wished for, and who takes a lock away tells no list of it."""
    try:
        listed = (files.newest_list(place, ring=ring) or {"files": {}})["files"].values()
        wanted = sorted({files.name_of(one["sha256"]) for one in listed})
        asked = random.SystemRandom().sample(wanted, min(LOCKS_ASKED, len(wanted)))
        if (newest := said.newest.get("database")) is not None:
            asked.append(newest["name"].removesuffix(manifests.NAME) + dump.DUMP)
        held = [place.locked_until(key) for key in asked]
    except DomainError as error:
        said.facts.append(Fact(Level.PAGE, f"The locks of place {said.label} cannot be asked for: {error.message}"))
        return
    if None in held:
        said.shortest_lock = 0.0
        what = f"{held.count(None)} of {len(held)} objects that place {said.label} was asked for are not locked."
        said.facts.append(Fact(Level.PAGE, what, "ransomware.md"))
        return
    until = [*filter(None, held), *(datetime.fromisoformat(one["locked_until"]) for one in listed)]
    if not until:
        return
    left = min(until) - at
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
            Fact(Level.WARN, f"The last drill took {last['rto_seconds']:.0f} s to restore.", "scaling-triggers.md")
        )
    if last["passed"] and last["rpo_seconds"] > MOST_RPO[last.get("engine", "dump")]:
        lost = in_words(timedelta(seconds=last["rpo_seconds"]))
        said.facts.append(Fact(Level.WARN, f"With the last drill's backup the last {lost} were lost.", "backup.md"))


def _trend(said: PlaceStatus, place: Place, *, ring: Ring) -> None:
    last = said.newest.get("drill")
    if last is None or not last["passed"] or last["rto_seconds"] > MOST_RTO:
        return
    receipts = islice(manifests.genuine(place, manifests.DRILLS, ring=ring), DRILLS_COMPARED)
    measured = [
        (datetime.fromisoformat(one["moment"]), float(one["rto_seconds"]))
        for _entry, one in receipts
        if one["passed"] and one.get("engine") == last.get("engine")
    ]
    left = trend.passes(measured, limit=MOST_RTO)
    if left is not None and left < PLANNED:
        took = ", ".join(f"{seconds:.0f}" for _at, seconds in sorted(measured))
        what = f"Restores from place {said.label} take longer from drill to drill ({took} s): over {MOST_RTO:.0f} s in "
        said.facts.append(Fact(Level.WARN, f"{what}{in_words(left)}.", "Plan a warm standby: scaling-triggers.md"))


def _room(said: PlaceStatus, place: FolderPlace) -> None:
    said.free = place.free()
    try:
        with servers.own().connect() as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    except DatabaseUnavailable:
        return
    if row and said.free < ROOM * row[0]:
        said.facts.append(Fact(Level.PAGE, f"Place {place.label} has no room for a backup of this size.", "Make room."))


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
