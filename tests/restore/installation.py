"""A scratch installation over the cluster of the proofs, driven by manage.py as an operator drives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings as configured

from hrassist.ops.backup import keys
from tests.restore.cluster import BIN, HOME, STANZA, Tree

BUCKET = "places"


@dataclass
class Installation:
    """Its settings are an environment; its owner is no superuser, as on a real server."""

    tree: Tree
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.tree.owner_url

    def make(self) -> None:
        for number, store in self.tree.stores.items():
            store.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
            label = "AB"[number - 1]
            self.environment |= {
                f"HRASSIST_BACKUP_{label}": f"s3://{BUCKET}/hr",
                f"HRASSIST_BACKUP_{label}_ENDPOINT_URL": f"http://127.0.0.1:{self.tree.ports[number - 1]}",
                f"HRASSIST_BACKUP_{label}_ACCESS_KEY_ID": "test-access",
                f"HRASSIST_BACKUP_{label}_SECRET_ACCESS_KEY": "test-secret",
            }
        key = self.folder / "keys" / "backup.key"
        keys.generate(key)
        self.environment |= {
            "HRASSIST_ENV": "development", "DATABASE_URL": self.url, "HRASSIST_DB_OWNER_URL": self.url,
            "HRASSIST_VAR_DIR": str(self.folder / "var"), "HRASSIST_STORAGE_DIR": str(self.folder / "storage"),
            "HRASSIST_S3_ADDRESSING_STYLE": "path", "HRASSIST_BACKUP_KEY_FILE": str(key),
            # Drills and proofs leave nothing that nobody can remove for a month.
            "HRASSIST_BACKUP_LOCK_MODE": "GOVERNANCE", "HRASSIST_BACKUP_ENGINE": "pgbackrest",
            "HRASSIST_PGBACKREST": self.tree.pgbackrest, "HRASSIST_PGBACKREST_STANZA": STANZA,
            "HRASSIST_PG_SERVER_RUN": " ".join(self.tree.run), "HRASSIST_PG_SERVER_ROOT": str(self.tree.root),
            "HRASSIST_PG_SERVER_BIN": BIN, "HRASSIST_PG_DRILL_DIR": f"{HOME}/drill",
            "HRASSIST_PG_RESTORE_PORT": str(self.tree.port + 1), "HRASSIST_RECEIPT_KEY": "shared-by-both-environments",
        }  # fmt: skip

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=configured.BASE_DIR, env={**os.environ, **self.environment, **more},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def manage(self, *words: str, fails: bool = False, **more: str) -> str:
        """What a command printed, both ways; it has to succeed, or to fail."""
        done = self.run("manage.py", *words, **more)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{words}: {done.returncode} {said[-3000:]}"
        return said

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("manage.py", "backup_status", "--json").stdout)
        return found

    def asked(self, statement: str) -> Any:
        with psycopg.connect(self.tree.url) as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None
