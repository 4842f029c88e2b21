"""A release's migrations: proven on staging, with a fresh backup, alone, and with a receipt."""

from __future__ import annotations

import hashlib
import hmac
import json
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import dump, keys, manifests, pgbackrest, places, servers
from hrassist.ops.migrating import judging, steps
from hrassist.ops.migrating.steps import Done, StepFailed

PROBE_WITHIN = 30
# What staging showed longer ago than this it showed over other rows, and maybe under other settings.
RECEIPT_HOLDS = timedelta(days=14)
HOUR = timedelta(hours=1)
# The nightly backup: late is told, missed is no way back.
BACKUP_AGES, BACKUP_HOLDS = 26 * HOUR, 30 * HOUR
# A clock of another machine may go before this one.
SKEW = timedelta(minutes=5)


class NoReceipt(DomainError):
    code = "no_staging_receipt"


class NoBackup(DomainError):
    code = "no_fresh_backup"


@dataclass(frozen=True, slots=True)
class Release:
    """What is migrated: a commit, and which migrations it brings."""

    commit: str
    migrations: tuple[str, ...]


def run(
    *,
    environment: str,
    commit: str,
    probe: str = "",
    receipt: Path | None = None,
    without_staging: bool = False,
    snapshot: str = "",
    tell: Callable[[str], None] = lambda _line: None,
) -> dict[str, Any]:
    """Migrate; gives the receipt, which is also signed into every place. Raises NoReceipt, NoBackup, StepFailed.

    `without_staging` is said by whoever has none, each time, and stays on record: everything else holds all the same.
    So does the name of a `snapshot` that somebody made at the provider beside the way back that is made here.
    """
    migrations = steps.plan()
    release = Release(commit, tuple(steps.name_of(one) for one in migrations))
    if environment == "production" and migrations and not without_staging:
        _require_receipt(release, receipt)
    way_back = _restore_point(release, tell=tell) if migrations else ""
    for name in steps.cannot_go_back(migrations):
        tell(f"note: {name} cannot be reversed; its way back is: {way_back}")
    for name in steps.runs_code_over_rows(migrations):
        tell(f"note: {name} changes tables and rows in one step; readers wait for all of it.")
    lint = steps.linted(migrations)
    for line in lint:
        tell(f"note: {line}")
    standing = judging.before(tell=tell) if migrations else judging.Standing()
    with steps.alone():
        if [steps.name_of(one) for one in steps.plan()] != list(release.migrations):
            # While the way back was made somebody else did it: what was planned would be applied twice.
            raise steps.AlreadyMigrating
        try:
            done = steps.apply(
                migrations, probe=lambda: _probe(probe), judge=lambda: judging.after_all(standing), tell=tell
            )  # fmt: skip
        except StepFailed as error:
            if not error.is_back:
                # Its tables are of the release before, and only that release's code can judge them.
                other = f"The provider has the snapshot {snapshot}. " if snapshot else ""
                advice = f"{other}With the release before this one restore beside it, and decide: {way_back}"
                raise StepFailed(f"{error.message} {advice}", at=error.at, is_back=False) from error
            raise
    about = {"without_staging": without_staging, "snapshot": snapshot, "lint": lint}
    return _receipt(release, environment, done, receipt, about=about, tell=tell)


def _require_receipt(release: Release, path: Path | None) -> None:
    """Production migrates what staging did: the same commit and the same list, signed, and not long ago."""
    said = _read(path) if path else None
    if said is None:
        raise NoReceipt(
            "Production needs the receipt of staging. Run manage.py safe_migrate --env staging --receipt FILE there, "
            "bring FILE here, and name it with --receipt. Where there is no staging, say --without-staging."
        )
    if said["environment"] != "staging" or said["commit"] != release.commit:
        raise NoReceipt(
            "The receipt is of {environment} and commit {theirs}; this is {ours}. Migrate staging to it first.",
            environment=said["environment"],
            theirs=said["commit"][:12],
            ours=release.commit[:12],
        )  # fmt: skip
    age = timezone.now() - datetime.fromisoformat(said["moment"])
    if not -SKEW < age < RECEIPT_HOLDS:
        raise NoReceipt(
            "The receipt of staging is of {moment}; it holds for {days} days. Run safe_migrate there again.",
            moment=said["moment"][:16].replace("T", " "),
            days=RECEIPT_HOLDS.days,
        )  # fmt: skip
    missing = sorted(set(release.migrations) - set(said.get("has", ())))
    if missing:
        raise NoReceipt("Staging did not migrate {missing}. Do it there first.", missing=", ".join(missing))


def _read(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        signature = said.pop("signature")
    except (OSError, ValueError, KeyError) as error:
        raise NoReceipt("{path} is no receipt.", path=path) from error
    if not hmac.compare_digest(_signature(said), str(signature)):
        raise NoReceipt("{path} is not signed with HRASSIST_RECEIPT_KEY.", path=path)
    return said


def _signature(said: dict[str, Any]) -> str:
    key = settings.RECEIPT_KEY.encode() or keys.configured().newest.derived(b"receipt")
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _restore_point(release: Release, *, tell: Callable[[str], None]) -> str:
    """A way back that was confirmed in every place; gives the command that takes it. Raises NoBackup."""
    tell("Making a way back …")
    if settings.BACKUP_ENGINE == "pgbackrest":
        now = timezone.now()
        _require_backups(now=now, tell=tell)
        name = f"before-{release.commit[:12] or 'release'}-{now:%Y%m%d%H%M%S}"
        try:
            pgbackrest.restore_point(name)
        except DomainError as error:
            raise NoBackup("There is no way back, so nothing was migrated: {why}", why=error.message) from error
        return (
            # Beside the drill's folder, which the next drill needs empty.
            f"manage.py restore --data-directory {Path(settings.PG_DRILL_DIR).with_name(name)} --target-name {name} "
            f"--target-time {now.isoformat(timespec='seconds')}"
        )
    for place in places.configured():
        try:
            made = dump.make(place)
        except DomainError as error:
            raise NoBackup("There is no fresh backup, so nothing was migrated: {why}", why=error.message) from error
        found = manifests.newest(place, manifests.DATABASE, ring=keys.configured())
        if found is None or found["name"] != made["name"]:
            raise NoBackup("Place {place} does not show the backup that was just made.", place=place.label)
    moment = timezone.now() + timedelta(seconds=1)
    back = servers.own()
    to = shlex.quote(servers.url(back.named(f"{back.name}_back")))
    return f"manage.py restore --to {to} --target-time {moment.isoformat(timespec='seconds')}"


def _require_backups(*, now: datetime, tell: Callable[[str], None]) -> None:
    """A restore point is a way back only from a backup before it, and a quick one only from a fresh backup."""
    found = pgbackrest.info()
    if not found:
        raise NoBackup("pgBackRest has no repository, so nothing was migrated. Run manage.py backup.")
    for repo in found:
        age = now - repo.newest_backup if repo.newest_backup else None
        if age is None or age > BACKUP_HOLDS:
            raise NoBackup(
                "Repository {repo} has {what}, so nothing was migrated. Run manage.py backup first.",
                repo=repo.number,
                what="no backup" if age is None else f"no backup of the last {BACKUP_HOLDS // HOUR} hours",
            )
        if age > BACKUP_AGES:
            tell(f"note: the newest backup of repository {repo.number} is {age // HOUR} hours old.")
    missing = pgbackrest.without(found, places.configured())
    if missing:
        raise NoBackup(
            "pgBackRest does not know the repository of place {places}, so nothing was migrated. See its "
            "configuration: docs/infrastructure/backup.md.",
            places=", ".join(missing),
        )  # fmt: skip


def _probe(command: str) -> str:
    """What is wrong with the service, or nothing."""
    if command:
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command line
                shlex.split(command), capture_output=True, text=True, timeout=PROBE_WITHIN, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"the probe did not answer ({type(error).__name__})"
        if done.returncode:
            return f"the probe gave {done.returncode}: {(done.stdout + done.stderr).strip()[-200:]}"
    return judging.after_each()


def _receipt(
    release: Release,
    environment: str,
    done: Done,
    path: Path | None,
    *,
    about: dict[str, Any],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    now = timezone.now()
    said: dict[str, Any] = {
        "kind": "migration", "moment": now.isoformat(), "environment": environment, "commit": release.commit,
        "migrations": list(release.migrations), "applied": done.applied, "seconds": done.seconds,
        "lock_waits": done.lock_waits, "rows_gone": done.rows_gone, "release": settings.VERSION, **about,
        # A second machine, or a second run, finds nothing left to do there and vouches for the same.
        "has": steps.recorded(),
    }  # fmt: skip
    if path is not None and environment == "staging":
        path.write_text(json.dumps({**said, "signature": _signature(said)}, indent=1))
    if release.migrations:
        ring, missed = keys.configured(), []
        name = f"{manifests.MIGRATIONS}{now:{manifests.STAMP}}/{manifests.NAME}"
        for place in places.configured():
            try:
                manifests.write(place, said, name=name, ring=ring)
            except DomainError as error:
                missed.append(error.message)
        # It is done, and a place that went away meanwhile does not make it undone.
        for why in missed:
            tell(f"note: the migrations are applied, and their receipt is not in every place: {why}")
    return said
