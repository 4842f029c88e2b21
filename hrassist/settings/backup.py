"""Where backups lie, how long nobody may take them away, and with which key they are encrypted."""

from typing import Any

from hrassist import env

# dump: an encrypted pg_dump, for managed and embedded databases. pgbackrest: base backups and WAL, for one's own.
BACKUP_ENGINE = env.choice("HRASSIST_BACKUP_ENGINE", "dump", among=("dump", "pgbackrest"))
# Keys, the newest first; manage.py backup_key --new makes the file. It must not lie with the backups alone.
BACKUP_KEY_FILE = env.text("HRASSIST_BACKUP_KEY_FILE", "")
# Their public halves, for processes that may look at backups and not into them; beside the other in FILE.pub if empty.
BACKUP_PUBLIC_KEY_FILE = env.text("HRASSIST_BACKUP_PUBLIC_KEY_FILE", "")
# What that file holds, where a process is handed it and may not read the file itself (deploy/vm).
BACKUP_KEY = env.handed("HRASSIST_BACKUP_KEY", credential="key")
# Each a folder or s3://bucket/prefix; B with another provider, region or account than A.
BACKUP_PLACES: dict[str, dict[str, Any]] = {
    "A": {
        "where": env.text("HRASSIST_BACKUP_A", ""),
        "endpoint_url": env.text("HRASSIST_BACKUP_A_ENDPOINT_URL", ""),
        "region": env.text("HRASSIST_BACKUP_A_REGION", "us-east-1"),
        "access_key": env.secret("HRASSIST_BACKUP_A_ACCESS_KEY_ID", ""),
        "secret_key": env.secret("HRASSIST_BACKUP_A_SECRET_ACCESS_KEY", ""),
    },
    "B": {
        "where": env.text("HRASSIST_BACKUP_B", ""),
        "endpoint_url": env.text("HRASSIST_BACKUP_B_ENDPOINT_URL", ""),
        "region": env.text("HRASSIST_BACKUP_B_REGION", "us-east-1"),
        "access_key": env.secret("HRASSIST_BACKUP_B_ACCESS_KEY_ID", ""),
        "secret_key": env.secret("HRASSIST_BACKUP_B_SECRET_ACCESS_KEY", ""),
    },
}
env.forget(
    *(f"HRASSIST_BACKUP_{place}_{one}" for place in BACKUP_PLACES for one in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
)
BACKUP_KEEP_DAYS = env.number("HRASSIST_BACKUP_KEEP_DAYS", 7, least=1)
BACKUP_LOCK_MODE = env.choice("HRASSIST_BACKUP_LOCK_MODE", "COMPLIANCE", among=("COMPLIANCE", "GOVERNANCE", "off"))
BACKUP_LOCK_DAYS = env.number("HRASSIST_BACKUP_LOCK_DAYS", 30, least=1)
# The folder of pg_dump, pg_restore and psql; the embedded database brings its own, others are looked for in PATH.
PG_BIN = env.text("HRASSIST_PG_BIN", "")
# The command that runs pgBackRest for this database, with its stanza's name.
PGBACKREST = env.text("HRASSIST_PGBACKREST", "pgbackrest")
PGBACKREST_STANZA = env.text("HRASSIST_PGBACKREST_STANZA", "hrassist")
# What staging and production share, to sign and read the receipts of migrations; the backup key where it is empty.
RECEIPT_KEY = env.secret("HRASSIST_RECEIPT_KEY", "")
# How the server's own programs are run for a restore by pgBackRest: as whom, from where, under which root.
PG_SERVER_RUN = env.text("HRASSIST_PG_SERVER_RUN", "runuser -u postgres --")
PG_SERVER_BIN = env.text("HRASSIST_PG_SERVER_BIN", "/usr/lib/postgresql/17/bin")
PG_SERVER_ROOT = env.text("HRASSIST_PG_SERVER_ROOT", "/")
# Where a drill puts the server that it restores; a disk with room for it.
PG_DRILL_DIR = env.text("HRASSIST_PG_DRILL_DIR", "/var/lib/postgresql/drill")
PG_RESTORE_PORT = env.number("HRASSIST_PG_RESTORE_PORT", 54399, least=1024, most=65535)
