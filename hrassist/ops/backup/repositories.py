"""Whether the buckets of pgBackRest keep what is deleted there, and whether it drops WAL of itself."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Iterator, Sequence
from configparser import Error as NotReadable
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from django.conf import settings

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import cluster, pgbackrest
from hrassist.ops.backup.checks import LEAST_LOCK
from hrassist.ops.backup.facts import DAY, LIMITS, Fact, Level, aged, command, in_words
from hrassist.ops.backup.pgbackrest import Repository
from hrassist.ops.backup.state import PlaceStatus

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

# Where it looks by itself, in this order.
CONFIGURATIONS = ("/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf")
INCLUDED = "/etc/pgbackrest/conf.d"
# In the bucket, where repo1-path names none.
DEFAULT_PATH = "/var/lib/pgbackrest"
# Without a bucket there is nothing to ask; whoever takes such a machine takes its copies.
FOLDERS = {"posix", "cifs"}
# The last full backup: one is due each week, and what builds on it is locked no longer than it is.
FULL_LIMITS = (9 * DAY, 14 * DAY)
ASKING = "s3:GetBucketVersioning, s3:GetBucketObjectLockConfiguration and s3:GetObjectRetention"
# Of the newest backup the largest, which went up in parts, and some others; and so many of the newest of the WAL.
LOCKS_ASKED = 3


class CannotBeAsked(Exception):
    """With why as its only word."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a bucket does with what is written to it; without a mode nothing is locked by itself."""

    versions: bool
    locks: bool
    mode: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """How many of the newest objects were asked for their lock, and how many are locked for too short or not at all."""

    asked: int
    short: int


def read(said: PlaceStatus, *, at: datetime) -> None:
    """What the repository of this place holds, and when WAL last came to it. Raises PgBackRestFailed."""
    number = pgbackrest.REPOSITORIES[said.label]
    repository = next((one for one in pgbackrest.info() if one.number == number), None)
    said.facts += about(number, repository)
    if repository is None or repository.newest_backup is None:
        said.facts.append(Fact(Level.PAGE, f"Repository {number} has no backup.", command("database")))
        return
    if not repository.is_well:
        said.facts.append(Fact(Level.PAGE, f"Repository {number}: {repository.says}.", "archive-failing.md"))
    age = at - repository.newest_backup
    said.ages["database"] = age.total_seconds()
    said.facts += [aged(f"The newest backup in repository {number}", age, LIMITS["database"]), _full(repository, at=at)]
    segments = cluster.archived_segments(number)
    said.facts += stranded(repository, segments)
    said.wal_holes = len(pgbackrest.holes(segments, since=repository.newest_starts))
    if said.wal_holes:
        what = f"{said.wal_holes} WAL segments are missing in repository {number}."
        said.facts.append(Fact(Level.PAGE, what, "archive-failing.md"))
    elif before := len(pgbackrest.holes(segments)):
        what = f"{before} WAL segments from before the newest backup are missing in repository {number}: moments "
        said.facts.append(Fact(Level.WARN, f"{what}after them and before it are restored from the other one."))
    newest = cluster.newest_wal_at(number)
    if newest is not None:
        said.wal_age = (at - newest).total_seconds()
        level = Level.PAGE if said.wal_age > 600 else Level.WARN if said.wal_age > 120 else Level.GOOD
        advice = "" if level == Level.GOOD else "archive-failing.md"
        said.facts.append(Fact(level, f"WAL last came to repository {number} {in_words(at - newest)} ago.", advice))


def _full(repository: Repository, *, at: datetime) -> Fact:
    if repository.newest_full is None:
        what = f"Repository {repository.number} has no full backup to build on."
        return Fact(Level.PAGE, what, command("database"))
    named = f"The newest full backup in repository {repository.number}"
    return aged(named, at - repository.newest_full, FULL_LIMITS, command("database"))


def about(number: int, told: Repository | None) -> list[Fact]:
    """Whether what lies there can be read or deleted by others than us; `told` is what pgBackRest says of it."""
    found = []
    if told is not None and told.is_open:
        what = f"Repository {number} is not encrypted: whoever reads where it lies reads everybody's data."
        found.append(Fact(Level.PAGE, what, "Make it anew with repo-cipher-type=aes-256-cbc: backup.md."))
    try:
        return [*found, *_kept(number, told)]
    except CannotBeAsked as error:
        what = f"Whether repository {number} keeps versions and locks them could not be asked: {error}."
        return [*found, Fact(Level.WARN, what, "See it for yourself: backup.md, pgBackRest.")]


def dropped_wal() -> list[Fact]:
    """Whether pgBackRest throws away what it could not push, which each later restore would miss."""
    try:
        size = pgbackrest.drops_wal_after()
    except DomainError:
        # Each place says it of itself.
        return []
    what = f"pgBackRest drops WAL without a word when {size} of it wait (archive-push-queue-max)."
    return [Fact(Level.PAGE, what, "Take it out of pgbackrest.conf, then make a backup.")] if size else []


def stranded(told: Repository, archived: Sequence[str]) -> list[Fact]:
    """Whether the newest WAL is of a timeline that no restore comes to: of a server restored and not backed up.

    It was promoted without archiving, so a restore of a backup from before it ends where that timeline began.
    """
    timeline = told.newest_wal[:8]
    if timeline in {"", told.newest_starts[:8]} or f"{timeline}.history" in archived:
        return []
    what = f"As yet no backup of repository {told.number} leads to what was written since the last restore."
    return [Fact(Level.PAGE, what, "manage.py backup --kind database, now: lost-server.md.")]


def _kept(number: int, told: Repository | None) -> list[Fact]:
    said = configuration(number)
    kind = said.get("type", "posix")
    if "host" in said:
        raise CannotBeAsked(f"it is on another machine ({said['host']})")
    if kind in FOLDERS:
        what = f"Repository {number} is a folder: whoever takes its machine can delete all that is in it."
        return [] if _has_a_bucket() else [Fact(Level.WARN, what, "Make one of the repositories a bucket.")]
    if kind != "s3":
        raise CannotBeAsked(f"it is of the type {kind}")
    if not said.get("s3-bucket"):
        raise CannotBeAsked("no bucket is configured")
    client, bucket = _client(said), said["s3-bucket"]
    found = list(judged(number, bucket, kept := ask(client, bucket)))
    if told is not None and told.newest_backup is not None and kept.locks and kept.days >= LEAST_LOCK:
        found += of_objects(number, bucket, held(client, bucket, path=said.get("path", DEFAULT_PATH), told=told))
    return found


def configuration(number: int) -> dict[str, str]:
    """The options of one repository, without the `repo1-` before them, as pgBackRest reads them.

    Raises CannotBeAsked.
    """
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",), inline_comment_prefixes=None)
    try:
        for path in _files():
            parser.read_string(path.read_text())
    except OSError as error:
        raise CannotBeAsked(f"{error.filename} cannot be read ({error.strerror})") from error
    except (NotReadable, UnicodeDecodeError) as error:
        raise CannotBeAsked(f"the configuration of pgBackRest cannot be read ({type(error).__name__})") from error
    found: dict[str, str] = {}
    for section in ("global", settings.PGBACKREST_STANZA):
        found |= dict(parser[section]) if section in parser else {}
    found |= {
        name.removeprefix("PGBACKREST_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PGBACKREST_REPO")
    }
    before = f"repo{number}-"
    return {name.removeprefix(before): value for name, value in found.items() if name.startswith(before)}


def _files() -> list[Path]:
    named = [word.partition("=")[2] for word in shlex.split(settings.PGBACKREST) if word.startswith("--config=")]
    if named:
        return [_here(named[-1])]
    main = next((path for path in map(_here, CONFIGURATIONS) if path.exists()), None)
    if main is None:
        raise CannotBeAsked(f"there is no {CONFIGURATIONS[0]}")
    return [main, *sorted(_here(INCLUDED).glob("*.conf"))]


def _here(path: str) -> Path:
    return Path(settings.PG_SERVER_ROOT, path.lstrip("/"))


def _has_a_bucket() -> bool:
    return any(configuration(number).get("type") not in {None, *FOLDERS} for number in (1, 2))


def _client(said: dict[str, str]) -> S3Client:
    from hrassist.lib.storage import s3  # noqa: PLC0415  boto3 takes 0.3 s

    def of_store(name: str) -> str:
        # Until its version 2.16 they were called so.
        return said.get(f"storage-{name}") or said.get(f"s3-{name}") or ""

    host = of_store("host") or said.get("s3-endpoint", "")
    port = of_store("port")
    address = host if "://" in host else f"https://{host}"
    addressing: Literal["path", "virtual"] = "path" if said.get("s3-uri-style") == "path" else "virtual"
    # Where it takes its key from the machine, so do we.
    own = said.get("s3-key-type", "shared") == "shared"
    verify: str | bool | None = str(_here(of_store("ca-file"))) if of_store("ca-file") else None
    return s3.client(
        endpoint_url=f"{address}:{port}" if port else address,
        region=said.get("s3-region", ""),
        access_key=said.get("s3-key", "") if own else "",
        secret_key=said.get("s3-key-secret", "") if own else "",
        addressing=addressing,
        verify=False if of_store("verify-tls") == "n" else verify,
    )


@contextmanager
def _answering(bucket: str) -> Iterator[None]:
    """Raises CannotBeAsked, for a key that may not ask among other reasons."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        why = error.response.get("Error", {}).get("Code", "refused")
        more = f", its key may not ask ({ASKING})" if why in {"AccessDenied", "403"} else ""
        raise CannotBeAsked(f"the bucket {bucket} answered {why}{more}") from error
    except (BotoCoreError, OSError, ValueError) as error:
        raise CannotBeAsked(f"the bucket {bucket} gave no answer ({type(error).__name__})") from error


def ask(client: S3Client, bucket: str) -> Kept:
    """What the bucket is configured to do. Raises CannotBeAsked."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    with _answering(bucket):
        versions = client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
        try:
            lock = client.get_object_lock_configuration(Bucket=bucket).get("ObjectLockConfiguration", {})
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ObjectLockConfigurationNotFoundError":
                raise
            return Kept(versions, locks=False)
    rule = lock.get("Rule", {}).get("DefaultRetention", {})
    days = rule.get("Days") or 365 * (rule.get("Years") or 0)
    return Kept(versions, lock.get("ObjectLockEnabled") == "Enabled", rule.get("Mode", ""), days)


def held(client: S3Client, bucket: str, *, path: str, told: Repository) -> Held:
    """What became of the rule: a store may take it and not lock what goes up in parts. Raises CannotBeAsked."""
    # Stores round the two moments, each in its way.
    least = timedelta(days=LEAST_LOCK) - timedelta(minutes=1)
    with _answering(bucket):
        newest = _newest_objects(client, bucket, path.strip("/"), told)
        until = [(written, _locked_until(client, bucket, key)) for key, written in newest]
    return Held(len(until), sum(lock is None or lock - written < least for written, lock in until))


def _newest_objects(client: S3Client, bucket: str, path: str, told: Repository) -> list[tuple[str, datetime]]:
    stanza = settings.PGBACKREST_STANZA

    def listed(under: str) -> list[ObjectTypeDef]:
        # Without bundles there are thousands; the first of them do.
        return client.list_objects_v2(Bucket=bucket, Prefix=f"{path}/{under}/".lstrip("/")).get("Contents", [])

    files = sorted(listed(f"backup/{stanza}/{told.backups[-1][0]}"), key=lambda one: one["Size"])
    some = [*files[-1:], *random.SystemRandom().sample(files[:-1], min(LOCKS_ASKED, len(files[:-1])))]
    archive = f"{path}/archive/{stanza}/".lstrip("/")
    folders = client.list_objects_v2(Bucket=bucket, Prefix=archive, Delimiter="/").get("CommonPrefixes", [])
    for folder in folders:
        # A folder for each version of the server; the newest segment is in one of them.
        wal = listed(f"archive/{stanza}/{folder['Prefix'].removeprefix(archive)}{told.newest_wal[:16]}")
        some += sorted(wal, key=lambda one: one["LastModified"])[-LOCKS_ASKED:]
    return [(one["Key"], one["LastModified"]) for one in some]


def _locked_until(client: S3Client, bucket: str, key: str) -> datetime | None:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    from hrassist.ops.backup.buckets import UNLOCKED  # noqa: PLC0415  boto3 takes 0.3 s

    try:
        until: datetime = client.get_object_retention(Bucket=bucket, Key=key)["Retention"]["RetainUntilDate"]
    except ClientError as error:
        # One that went away meanwhile is not one that was never locked.
        if error.response.get("Error", {}).get("Code") in UNLOCKED - {"NoSuchKey"}:
            return None
        raise
    return until


def of_objects(number: int, bucket: str, found: Held) -> Iterator[Fact]:
    """Whether the objects are locked of which the bucket's rule says so."""
    named = f"The bucket {bucket} of repository {number}"
    if not found.asked:
        yield Fact(Level.PAGE, f"{named} shows nothing of the newest backup there.", "ransomware.md")
    elif found.short:
        what = f"{named}: {found.short} of its {found.asked} newest objects that were asked are not locked for "
        advice = "The store does not do what its rule says: take another one. backup.md, pgBackRest"
        yield Fact(_unlocked(), f"{what}{LEAST_LOCK} days, although its rule says so.", advice)
    else:
        yield Fact(Level.GOOD, f"{named}: {found.asked} of its newest objects were asked, and each is locked.")


def _unlocked() -> Level:
    return Level.WARN if settings.BACKUP_LOCK_MODE == "off" else Level.PAGE


def judged(number: int, bucket: str, kept: Kept) -> Iterator[Fact]:
    named = f"The bucket {bucket} of repository {number}"
    unlocked, advice = _unlocked(), "backup.md, pgBackRest"
    if not kept.versions:
        yield Fact(Level.PAGE, f"{named} keeps no versions: what somebody deletes there is gone.", advice)
    if not kept.locks:
        yield Fact(unlocked, f"{named} has no object lock: a stolen key deletes every backup.", advice)
    elif not kept.mode or not kept.days:
        # pgBackRest asks for none itself.
        yield Fact(unlocked, f"{named} has no default retention, so nothing in it is locked.", advice)
    elif kept.days < LEAST_LOCK:
        yield Fact(unlocked, f"{named} locks for {kept.days} days: an attack is seen after longer.", advice)
    elif kept.mode != "COMPLIANCE" and settings.BACKUP_LOCK_MODE == "COMPLIANCE":
        yield Fact(Level.WARN, f"{named} locks by {kept.mode}: whoever may go round it can delete backups.", advice)
    elif kept.versions:
        yield Fact(Level.GOOD, f"{named} keeps versions and locks each for {kept.days} days ({kept.mode}).")
