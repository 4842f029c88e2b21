"""System checks: combinations of settings under which a backup would not be one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from hrassist.ops.backup import keys

LEAST_LOCK = 14


@register(Tags.security, deploy=False)
def check_backups(**_kwargs: Any) -> list[CheckMessage]:
    """Places without a key, a key beside what it opens, one place or key twice, a lock that does not last."""
    if settings.DEVELOPMENT:
        return []
    used = {label: said["where"] for label, said in settings.BACKUP_PLACES.items() if said["where"]}
    found: list[CheckMessage] = []
    if not used and settings.BACKUP_ENGINE == "dump":
        return [
            Warning(
                "Nothing is backed up.",
                hint="Set HRASSIST_BACKUP_A and HRASSIST_BACKUP_B: docs/infrastructure/backup.md.",
                id="hrassist.W090",
            )
        ]
    if not used:
        found.append(
            Warning(
                "pgBackRest copies the database and nothing else: resumes and the receipts of drills have no place.",
                hint="Set HRASSIST_BACKUP_A and HRASSIST_BACKUP_B beside it: docs/infrastructure/backup.md.",
                id="hrassist.W096",
            )
        )
    if used and not (settings.BACKUP_KEY_FILE or settings.BACKUP_KEY or settings.BACKUP_PUBLIC_KEY_FILE):
        found.append(
            Error(
                "There are backup places and no key.",
                hint="manage.py backup_key --new FILE, and name it in HRASSIST_BACKUP_KEY_FILE.",
                id="hrassist.E090",
            )
        )
    if len(used) == 2 and len({_identity(label) for label in used}) == 1:
        found.append(
            Error(
                "Backup places A and B are the same place.",
                hint="B belongs to another provider, region or account: whoever takes A must not take B.",
                id="hrassist.E091",
            )
        )
    elif len(used) == 2 and _is_one_key():
        found.append(
            Warning(
                "Backup places A and B are written with one access key: whoever takes it has both.",
                hint="Give each place a key of its own, best in another account.",
                id="hrassist.W097",
            )
        )
    elif len(used) == 1:
        found.append(Warning("There is one backup place only.", hint="Set HRASSIST_BACKUP_B.", id="hrassist.W091"))
    found += _about_poolers() + _about_keys(used)
    return found + _about_locks(used) + _about_buckets(used)


def _identity(label: str) -> tuple[str, str]:
    """A bucket is one place, whatever the prefix: its locks, its account and its provider are the same."""
    said = settings.BACKUP_PLACES[label]
    where = said["where"].rstrip("/")
    if where.startswith("s3://"):
        where = "s3://" + where.removeprefix("s3://").partition("/")[0]
    return where, said["endpoint_url"].rstrip("/")


def _is_one_key() -> bool:
    a, b = (settings.BACKUP_PLACES[label] for label in ("A", "B"))
    both_buckets = all(said["where"].startswith("s3://") for said in (a, b))
    same_store = a["endpoint_url"].rstrip("/") == b["endpoint_url"].rstrip("/")
    return bool(both_buckets and same_store and a["access_key"] and a["access_key"] == b["access_key"])


def _about_poolers() -> list[CheckMessage]:
    """A dump is one transaction with its snapshot, and a drill makes a database: neither goes through a pooler."""
    host = settings.DB_OWNER_HOST
    is_one_by_name = host.partition(".")[0].endswith("-pooler") or host.endswith(".pooler.supabase.com")
    if settings.BACKUP_ENGINE != "dump" or not (is_one_by_name or settings.DB_OWNER_IS_POOLED):
        return []
    return [
        Error(
            f"Backups, restores and migrations would go through a pooler ({host}).",
            hint="HRASSIST_DB_OWNER_URL names the server's direct address: docs/infrastructure/managed-postgresql.md.",
            id="hrassist.E097",
        )
    ]


def _about_keys(used: dict[str, str]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.BACKUP_KEY_FILE:
        return found
    path = Path(settings.BACKUP_KEY_FILE).absolute()
    if any(Path(where).absolute() in path.parents for where in used.values() if not where.startswith("s3://")):
        found.append(
            Error(
                f"The key of backups lies with the backups ({path}).",
                hint="Whoever takes the folder could read it all. Move the key, and keep a copy elsewhere.",
                id="hrassist.E092",
            )
        )
    try:
        mode = path.stat().st_mode
    except OSError:
        found.append(
            Error(f"There is no key file {path}.", hint="manage.py backup_key --new FILE.", id="hrassist.E093")
        )
        return found
    if keys.is_exposed(mode):
        found.append(
            Error(
                f"Others may read or write the key of backups ({path}).",
                hint="chmod 600, or 640 with the group of the service.",
                id="hrassist.E094",
            )
        )
    return found


def _about_locks(used: dict[str, str]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    buckets = [label for label, where in used.items() if where.startswith("s3://")]
    if used and not buckets:
        found.append(
            Warning(
                "No backup place is a bucket: whoever takes this machine can delete every backup.",
                hint="Make one of them a bucket with versions and object lock.",
                id="hrassist.W092",
            )
        )
    mounts = [where for where in used.values() if not where.startswith("s3://") and Path(where).is_mount()]
    found += [
        Warning(
            f"The backup place {where} is a mount point: with its disk away, backups would lie beside it unseen.",
            hint="Name a folder on that disk; it is missed when the disk is.",
            id="hrassist.W095",
        )
        for where in mounts
    ]
    if buckets and settings.BACKUP_LOCK_MODE == "off":
        found.append(
            Warning(
                "Backups are not locked: a stolen key of the bucket deletes them.",
                hint="HRASSIST_BACKUP_LOCK_MODE=COMPLIANCE.",
                id="hrassist.W093",
            )
        )
    elif buckets and settings.BACKUP_LOCK_MODE == "GOVERNANCE":
        found.append(
            Warning(
                "Backups are locked with GOVERNANCE: whoever may bypass that in the account deletes them.",
                hint="HRASSIST_BACKUP_LOCK_MODE=COMPLIANCE, which nobody shortens. GOVERNANCE is for trying it out.",
                id="hrassist.W098",
            )
        )
    if (
        buckets
        and settings.BACKUP_LOCK_MODE != "off"
        and max(LEAST_LOCK, settings.BACKUP_KEEP_DAYS) > settings.BACKUP_LOCK_DAYS
    ):
        found.append(
            Error(
                f"Locks of {settings.BACKUP_LOCK_DAYS} days end too early: an attack is seen after days, and backups "
                f"are kept {settings.BACKUP_KEEP_DAYS}.",
                hint="HRASSIST_BACKUP_LOCK_DAYS=30.",
                id="hrassist.E095",
            )
        )
    return found


def _about_buckets(used: dict[str, str]) -> list[CheckMessage]:
    """A backup in the bucket of the resumes, or written with the key that serves them, goes with them."""
    found: list[CheckMessage] = []
    for label, where in used.items():
        said = settings.BACKUP_PLACES[label]
        if not where.startswith("s3://") or settings.STORAGE_BACKEND != "s3":
            continue
        same_store = said["endpoint_url"] == settings.AWS_S3_ENDPOINT_URL
        if same_store and where.removeprefix("s3://").split("/")[0] == settings.AWS_S3_BUCKET_NAME:
            found.append(
                Error(
                    f"Backup place {label} is the bucket of the resumes.",
                    hint="Give it a bucket of its own, in another account.",
                    id="hrassist.E096",
                )
            )
        elif same_store and said["access_key"] and said["access_key"] == settings.AWS_ACCESS_KEY_ID:
            found.append(
                Warning(
                    f"Backup place {label} is written with the key that serves the resumes.",
                    hint="Whoever takes over the application could overwrite backups: use a key of its own.",
                    id="hrassist.W094",
                )
            )
    return found
