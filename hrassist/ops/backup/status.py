"""How backups stand, read from what lies in the places: never from memory, and never from what a command returned."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.utils import timezone

from hrassist.lib.errors import DomainError, Unavailable
from hrassist.ops.backup import dump, files, keys, looks, machine, manifests, places, repositories, servers, trend
from hrassist.ops.backup.facts import DAY, LIMITS, Fact, Level, aged, command, in_words
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.machine import ROOM
from hrassist.ops.backup.places import FolderPlace, Place
from hrassist.ops.backup.servers import DatabaseUnavailable
from hrassist.ops.backup.state import PlaceStatus, Status

__all__ = ["Fact", "Level", "PlaceStatus", "Status", "in_words", "read"]

MOST_RTO = 240.0
# With dumps it is the time since the last one, which has limits of its own.
MOST_RPO = {"pgbackrest": 600.0, "dump": LIMITS["database"][0].total_seconds()}
# A quarter of drills by the week, and how long a warm standby takes from its being wanted to its being there.
DRILLS_COMPARED, PLANNED = 12, 60 * DAY
SHORTEST_LOCK = timedelta(days=7)
# So many locks of files are asked for each time, besides the newest dump's.
LOCKS_ASKED = 20


def read(*, now: datetime | None = None) -> Status:
    """Ask every place what it holds; what takes the key to see is of the last look where this process has none."""
    status = Status(at=now or timezone.now())
    try:
        ring, found = keys.to_look(), places.configured()
    except DomainError as error:
        # A database of development is nobody's data.
        level = Level.WARN if settings.DEVELOPMENT else Level.PAGE
        unknown = isinstance(error, keys.NoPublicHalf)
        what = "How backups stand cannot be seen here" if unknown else "There are no backups"
        status.facts.append(Fact(level, f"{what}: {error.message}", "docs/infrastructure/backup.md"))
        return status
    if len(found) < 2:
        status.facts.append(Fact(Level.WARN, "There is one backup place only.", "Set HRASSIST_BACKUP_B."))
    status.has_key = ring.opens
    look = {} if ring.opens else looks.last(at=status.at)
    if ring.opens and settings.BACKUP_ENGINE == "pgbackrest":
        status.of_the_key = repositories.dropped_wal()
    status.facts += status.of_the_key or looks.facts_of(look)
    status.places = [_place(place, ring=ring, look=look, at=status.at) for place in found]
    try:
        status.archive, status.room = machine.archive(servers.own(), at=status.at), machine.room(servers.own())
    except DatabaseUnavailable as error:
        status.facts.append(Fact(Level.PAGE, error.message))
    status.facts += [*machine.about_archive(status.archive), *machine.about_room(status.room)]
    return status


def _place(place: Place, *, ring: Ring, look: dict[str, Any], at: datetime) -> PlaceStatus:
    said = PlaceStatus(place.label, place.where)
    try:
        if not ring.opens:
            said.facts += looks.about_place(said, look, at=at)
        if settings.BACKUP_ENGINE != "pgbackrest":
            _age(said, place, "database", manifests.DATABASE, ring=ring, at=at)
        elif ring.opens:
            with _of_the_key(said):
                repositories.read(said, at=at)
        for kind, under in (("files", manifests.FILES), ("drill", manifests.DRILLS)):
            _age(said, place, kind, under, ring=ring, at=at)
        _trend(said, place, ring=ring)
        if ring.opens:
            with _of_the_key(said):
                _canary(said, place, ring=ring, at=at)
    except DomainError as error:
        said.trouble = error.message
        fact = _trouble(said, error)
        said.facts += [fact] if fact not in said.facts else []
        return said
    _files(said)
    _drill(said)
    if isinstance(place, FolderPlace):
        _room(said, place)
    elif settings.BACKUP_LOCK_MODE == "off":
        what = f"Place {place.label} locks nothing: an attacker could delete it all."
        said.facts.append(Fact(Level.WARN, what, "Set a lock mode."))
    elif ring.opens:
        with _of_the_key(said):
            _locks(said, place, ring=ring, at=at)
    return said


def _trouble(said: PlaceStatus, error: DomainError) -> Fact:
    named = error.message if error.message.startswith("Place ") else f"Place {said.label}: {error.message}"
    return Fact(Level.PAGE, named, "place-gone.md" if isinstance(error, Unavailable) else "")


@contextmanager
def _of_the_key(said: PlaceStatus) -> Iterator[None]:
    """What is said of a place within is left for those as well who have no key."""
    before = len(said.facts)
    try:
        yield
    except DomainError as error:
        said.of_the_key.append(_trouble(said, error))
        raise
    finally:
        said.of_the_key += said.facts[before:]


def _canary(said: PlaceStatus, place: Place, *, ring: Ring, at: datetime) -> None:
    said.canary = dump.canary_sings(place, ring=ring, now=at)
    if not said.canary and said.ages:
        what = f"Nothing in place {place.label} opens with the newest key."
        said.facts.append(Fact(Level.PAGE, what, "Run manage.py backup."))


def _age(said: PlaceStatus, place: Place, kind: str, under: str, *, ring: Ring, at: datetime) -> None:
    forged, early, before, wrong = 0, 0, 0, list[keys.WrongKey]()
    for entry in manifests.listed(place, under):
        try:
            manifest = manifests.read(place, entry, ring=ring)
        except manifests.Forged:
            forged += 1
            continue
        except keys.SignedBefore:
            # The next one of its kind is proven by the public half.
            before += 1
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
    if before:
        what = f"{before} lists in place {said.label} are of an older release: the key alone proves them ({kind})."
        said.facts.append(Fact(Level.WARN, what, "It passes with the next ones."))
    what = {"database": "backup of the database", "files": "copy of files", "drill": "drill"}[kind]
    if kind not in said.ages:
        level = Level.WARN if kind == "drill" else Level.PAGE
        said.facts.append(Fact(level, f"Place {said.label} has no {what}.", command(kind)))
        return
    age = timedelta(seconds=said.ages[kind])
    said.facts.append(aged(f"The newest {what} in place {said.label}", age, LIMITS[kind], command(kind)))


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
        said.facts.append(Fact(Level.PAGE, f"A lock in place {said.label} ends in {in_words(left)}.", command("files")))


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
    for note in last.get("evidence", {}).get("notes", []):
        said.facts.append(Fact(Level.WARN, f"Of the last drill: {note}", "backup.md"))
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
