"""A drill restores the newest backup for nobody, judges it, and leaves a signed receipt of how long that took."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from audit import actions as audit
from candidates.actions import replaying
from candidates.models import Resume
from hrassist.lib.errors import DomainError
from hrassist.ops import fsck
from hrassist.ops.backup import cluster, evidence, files, keys, manifests, pgbackrest, places, restoring, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.servers import DatabaseUnavailable, Server

SAMPLE = 20
# What holds in a copy of the database by itself. I1, I2 and I9 are asked of the place's files instead, because the live
# store is lost with the server; I3, I7 and I10 are of what runs and of time that goes on.
JUDGED = ("I4", "I5", "I6", "I8", "I11", "I12")
SCRATCH = "hrassist_drill_"


def drill(*, which: str = "all", tell: Callable[[str], None] = lambda _line: None) -> dict[str, Any]:
    """Restore, judge, throw away; the receipt, which is also written where the drill failed.

    RPO is how much would have been lost had the server gone at this moment, RTO how long the restore took with its
    judgement. Nothing of the live installation is written to: nobody is erased, no file is put anywhere.
    """
    ring, now = keys.configured(), timezone.now()
    engine = settings.BACKUP_ENGINE
    said: dict[str, Any] = {"kind": "drill", "moment": now.isoformat(), "passed": False, "engine": engine}
    began = time.monotonic()
    with _alone(engine):
        try:
            (_of_server if engine == "pgbackrest" else _of_dump)(said, which=which, ring=ring, now=now, tell=tell)
        except DomainError as error:
            why = f"{said.get('disagreement', '')} {error.message}".strip()
            said |= {"passed": False, "why": why, "code": error.code}
        except Exception as error:
            # A drill that broke off did not pass: without a receipt the one before it would go on being the last.
            said |= {"passed": False, "why": f"it broke off ({type(error).__name__})", "code": "drill_broke_off"}
            _keep(said, began=began, which=which, ring=ring)
            raise
        _keep(said, began=began, which=which, ring=ring)
    return said


@contextmanager
def _alone(engine: str) -> Iterator[None]:
    """With dumps a drill needs the server. By pgBackRest it goes on without: two keep out of each other's folder."""
    with ExitStack() as stack:
        with suppress(DatabaseUnavailable) if engine == "pgbackrest" else nullcontext():
            stack.enter_context(servers.alone("a drill"))
        yield


def _of_dump(said: dict[str, Any], *, which: str, ring: Ring, now: datetime, tell: Callable[[str], None]) -> None:
    began = time.monotonic()
    _clear()
    scratch = servers.own().named(f"{mine()}{uuid4().hex[:8]}")
    try:
        place, manifest, _entry = restoring.choose(which=which, ring=ring)
        moment = datetime.fromisoformat(manifest["moment"])
        said |= {"place": place.label, "backup": manifest["name"], "backup_moment": manifest["moment"]}
        said |= {"rpo_seconds": round((now - moment).total_seconds(), 1), "bytes": manifest["database_bytes"]}
        try:
            done = restoring.bring_back(scratch, place, manifest, ring=ring, tell=tell)
        except restoring.PostCheckFailed:
            # It came back, and is not what was backed up.
            said["rto_seconds"] = round(time.monotonic() - began, 1)
            raise
        tell("Comparing files …")
        with servers.spoken_to(scratch):
            # The others were asked before it counted as restored.
            left = [one for one in JUDGED if one not in (*restoring.ROWS_ALONE, "I6")]
            faults = _judge(said, place.label, only=left, ring=ring, moment=moment, now=now)
        said["rto_seconds"] = round(time.monotonic() - began, 1)
        said |= {"rows": done.rows, "tables": done.tables, "indexes_checked": done.indexes_checked}
        said |= {"seals": done.seals, "notes": done.notes, "steps": done.steps}
        said |= {"passed": not faults, "why": " ".join(faults[:5])}
    finally:
        servers.drop(scratch, scratch.name)


def _judge(
    said: dict[str, Any], label: str, *, only: Sequence[str], ring: Ring, moment: datetime, now: datetime
) -> list[str]:
    """What does not hold in the database that is spoken to, which came back to this moment; `said` has the verdict."""
    verdict = fsck.judge(now=now, only=only, as_of=moment)
    said["invariants"] = {name: len(verdict.broken.get(name, ())) for name in JUDGED}
    said["would_be_erased_again"] = len(replaying.back().people)
    said["files"] = found = _files(label, ring=ring, moment=moment)
    faults = [f"{name}: {one.what}" for name, all_of in verdict.broken.items() for one in all_of]
    if found["damaged"]:
        faults.append(f"{len(found['damaged'])} copies of files are damaged.")
    if found["owed"]:
        faults.append(f"{found['owed']} files have no copy, and the run before this moment was to make one.")
    return faults


def mine() -> str:
    """How the scratch databases of this installation begin: another one on the same server has drills of its own."""
    return f"{SCRATCH}{hashlib.sha256(servers.own().name.encode()).hexdigest()[:8]}_"


def _clear() -> None:
    """Drop what a drill left that was killed: everybody's data, in a database that nobody looks after."""
    with servers.own().named("postgres").connect() as there:
        left = there.execute(
            "SELECT datname::text FROM pg_database d WHERE starts_with(datname, %s) AND NOT EXISTS"
            " (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)", [mine()],
        ).fetchall()  # fmt: skip
    for (name,) in left:
        servers.drop(servers.own(), name)


def _of_server(said: dict[str, Any], *, which: str, ring: Ring, now: datetime, tell: Callable[[str], None]) -> None:
    """The same by pgBackRest: the whole server, every segment counted, its end held to what was last heard of it."""
    label = "B" if which == "all" and len(places.configured()) > 1 else places.configured(which)[0].label
    repo = pgbackrest.REPOSITORIES[label]
    said["place"] = label
    tell("Reading the repository …")
    faults = pgbackrest.verify(repo)
    heard = evidence.gather()
    said["evidence"] = heard.as_json()
    if heard.disagreement:
        said["disagreement"] = heard.disagreement
        faults.append(heard.disagreement)
    heartbeat = heard.heartbeat
    restoring_since = time.monotonic()

    def look(server: Server, recovered: datetime) -> None:
        # How far it came and after how long is told of one as well that is refused, for being too far behind above all.
        said["rpo_seconds"] = round(pgbackrest.behind(recovered, heartbeat), 1)
        with servers.spoken_to(server):
            faults.extend(_judge(said, label, only=JUDGED, ring=ring, moment=recovered, now=now))
        said["rto_seconds"] = round(time.monotonic() - restoring_since, 1)

    done = cluster.restore(
        directory=settings.PG_DRILL_DIR, repo=repo, heartbeat=heartbeat, keep=False, most_behind=cluster.MOST_BEHIND,
        database=connection.settings_dict["NAME"], look=look, tell=tell,
    )  # fmt: skip
    said |= {
        "rto_seconds": round(time.monotonic() - restoring_since, 1),
        "rpo_seconds": round(done.behind_seconds or 0.0, 1),
        "rows": sum(int(one) for one in done.counts.split()),
        "tables": len(done.counts.split()),
    }
    said |= {"passed": not faults, "why": " ".join(faults[:5])}


def _files(label: str, *, ring: Ring, moment: datetime) -> dict[str, Any]:
    """Of the restored rows' files: how many this place has a copy of and owes one of, and whether a sample opens."""
    place = places.configured(label)[0]
    there = {entry.key for entry in place.entries(files.OBJECTS)}
    sums = dict(Resume.objects.values_list("sha256", Min("created_at")))
    copied = [one for one in sums if files.name_of(one) in there]
    # A run that began before this moment saw every row of that time that is here.
    runs = (datetime.fromisoformat(run["moment"]) for _, run in manifests.genuine(place, manifests.FILES, ring=ring))
    run = next((began for began in runs if began <= moment), None)
    owed = sum(run is not None and since < run for one, since in sums.items() if files.name_of(one) not in there)
    damaged = []
    for sha256 in random.SystemRandom().sample(copied, min(SAMPLE, len(copied))):
        try:
            data, _label = files.fetch(sha256, which=label, ring=ring)
            if hashlib.sha256(data).hexdigest() != sha256:
                damaged.append(sha256)
        except DomainError as error:
            damaged.append(f"{sha256}: {error.code}")
    return {
        "rows": len(sums), "copied": len(copied), "not_copied": len(sums) - len(copied), "owed": owed,
        "opened": min(SAMPLE, len(copied)), "damaged": damaged,
    }  # fmt: skip


def _keep(said: dict[str, Any], *, began: float, which: str, ring: Ring) -> None:
    said["seconds"] = round(time.monotonic() - began, 1)
    folder = f"{manifests.DRILLS}{datetime.fromisoformat(said['moment']):{manifests.STAMP}}/"
    for place in places.configured(said.get("place", which)):
        manifests.write(place, said, name=folder + manifests.NAME, ring=ring)
    if said.get("evidence", {"database": True})["database"] is None:
        # It does not answer: the receipt says what was found.
        return
    with transaction.atomic():
        audit.record("backup.drilled", passed=said["passed"], seconds=said["seconds"])
