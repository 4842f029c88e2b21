"""A PostgreSQL 17 with pgBackRest in a Debian tree, writing to two real S3 servers over TLS with object lock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from hrassist.lib.storage.s3 import client
from tests.storage.test_backup_credentials import statements

STANZA = "hrassist"
BIN = "/usr/lib/postgresql/17/bin"
HOME = "/srv/proof"
OWNER = "hrassist_owner"
DATA = f"{HOME}/data"
ETC = f"{HOME}/etc"
PASS = {1: "first-key-of-the-proof-0123456789", 2: "second-key-of-the-proof-9876543210"}


@dataclass
class Tree:
    """The tree, the cluster in it, and the stores outside."""

    root: Path
    port: int
    ports: tuple[int, int]
    folder: Path
    archive_timeout: int = 10
    # The database is to have: the stores, in memory, keep every version of every backup of it.
    megabytes: int = 0
    bucket: str = "backups"
    # By the key of whoever owns the buckets, and by the one that pgBackRest has.
    stores: dict[int, Any] = field(default_factory=dict)
    writers: dict[int, Any] = field(default_factory=dict)

    @property
    def run(self) -> list[str]:
        return ["chroot", "--userspec=postgres:postgres", str(self.root)]

    @property
    def pgbackrest(self) -> str:
        return " ".join([*self.run, "pgbackrest", f"--config={HOME}/pgbackrest.conf"])

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/hrassist"

    @property
    def owner_url(self) -> str:
        """Of the role that owns the tables, and is no superuser."""
        return self.url.replace("//postgres@", f"//{OWNER}@")

    @property
    def settings(self) -> dict[str, object]:
        """With which the application's own functions run what is in the tree."""
        return {
            "PGBACKREST": self.pgbackrest, "PGBACKREST_STANZA": STANZA, "PG_SERVER_RUN": " ".join(self.run),
            "PG_SERVER_ROOT": str(self.root), "PG_SERVER_BIN": BIN, "PG_RESTORE_PORT": self.port + 1,
        }  # fmt: skip

    def outside(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*self.run, *command], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done

    def configure(
        self, name: str = "pgbackrest.conf", *, passes: dict[int, str] | None = None, path: str = "/pgbackrest"
    ) -> str:
        passes = passes or PASS
        lines = [
            "[global]", "start-fast=y", "process-max=2", "compress-type=zst", "log-level-console=warn",
            "log-level-file=off", f"lock-path={HOME}/lock", f"spool-path={HOME}/spool", "archive-timeout=60",
        ]  # fmt: skip
        for number in (1, 2):
            at = f"repo{number}"
            lines += [
                f"{at}-type=s3", f"{at}-bundle=y", f"{at}-path={path}", f"{at}-s3-endpoint=127.0.0.1",
                f"{at}-storage-port={self.ports[number - 1] + 3}", f"{at}-storage-ca-file={HOME}/ca.pem",
                f"{at}-s3-uri-style=path", f"{at}-s3-region=us-east-1", f"{at}-s3-bucket={self.bucket}",
                f"{at}-s3-key=test-writer", f"{at}-s3-key-secret=test-secret", f"{at}-retention-full=2",
                f"{at}-cipher-type=aes-256-cbc", f"{at}-cipher-pass={passes[number]}",
            ]  # fmt: skip
        lines += [f"[{STANZA}]", f"pg1-path={DATA}", f"pg1-port={self.port}", "pg1-socket-path=/tmp"]
        path = self.outside(f"{HOME}/{name}")
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)
        return f"{HOME}/{name}"

    # --- Its life -----------------------------------------------------------------------------------------------------

    def certify(self) -> Path:
        """A certificate of 127.0.0.1 that pgBackRest believes; the file with the key is the gateways'."""
        key, cert, both = (self.folder / name for name in ("key.pem", "ca.pem", "both.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(cert)],
            check=True, capture_output=True,
        )  # fmt: skip
        both.write_text(cert.read_text() + key.read_text())
        return both

    def start_stores(self) -> None:
        cert = self.certify()
        script = Path(__file__).parents[1] / "storage" / "object-store"
        held = 4 * 1024**3 + self.megabytes * 4 * 1024**2
        starting = [
            subprocess.Popen(
                [str(script), "up", str(self.folder / f"store-{number}"), str(self.ports[number - 1])],
                env={**os.environ, "OBJECT_STORE_CERT": str(cert), "OBJECT_STORE_BYTES": str(held)},
                stdout=subprocess.DEVNULL,
            )
            for number in (1, 2)
        ]  # fmt: skip
        assert [one.wait() for one in starting] == [0, 0]
        for number in (1, 2):
            store = self.stores[number] = self._client(number, "access")
            self.writers[number] = self._client(number, "writer")
            store.create_bucket(Bucket=self.bucket, ObjectLockEnabledForBucket=True)
            self.let_write(number, self.bucket)
            rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}
            store.put_object_lock_configuration(
                Bucket=self.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
            )  # type: ignore[arg-type]

    def _client(self, number: int, who: str) -> Any:
        return client(
            endpoint_url=f"http://127.0.0.1:{self.ports[number - 1]}", region="us-east-1", access_key=f"test-{who}",
            secret_key="test-secret", addressing="path",
        )  # fmt: skip

    def let_write(self, number: int, bucket: str) -> None:
        """By the policy of Terraform's: pgBackRest has the writer's key, and takes no version and no lock away."""
        owner = {
            "Sid": "OwnsWhatIsThere", "Effect": "Allow", "Action": "s3:*",
            "Principal": {"AWS": ["arn:aws:iam:::user/hrassist"]},
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }  # fmt: skip
        policy = {"Version": "2012-10-17", "Statement": [owner, *statements("writer", bucket)]}
        self.stores[number].put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def stop_stores(self) -> None:
        script = Path(__file__).parents[1] / "storage" / "object-store"
        for number in (1, 2):
            subprocess.run([str(script), "down", str(self.folder / f"store-{number}")], check=False)

    def make_home(self) -> None:
        home = self.outside(HOME)
        shutil.rmtree(home, ignore_errors=True)
        for name in ("lock", "spool"):
            (home / name).mkdir(parents=True)
        for name in ("null", "zero", "random", "urandom"):
            device = self.root / "dev" / name
            if not device.exists():
                subprocess.run(["cp", "-a", f"/dev/{name}", str(device)], check=True)
        shutil.copy(self.folder / "ca.pem", home / "ca.pem")
        self.configure()
        subprocess.run(["chroot", str(self.root), "chown", "-R", "postgres:postgres", HOME], check=True)

    def initialise(self) -> None:
        self.call(f"{BIN}/initdb", "-D", DATA, "-A", "trust", "-E", "UTF8", "--no-locale", "--data-checksums")
        # As Debian does it: a restored data directory holds no configuration.
        etc = self.outside(ETC)
        self.call("mkdir", "-p", ETC)
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            self.call("mv", f"{DATA}/{name}", f"{ETC}/{name}")
        settings = f"""
data_directory = '{DATA}'
hba_file = '{ETC}/pg_hba.conf'
ident_file = '{ETC}/pg_ident.conf'
listen_addresses = '127.0.0.1'
port = {self.port}
unix_socket_directories = '/tmp'
shared_buffers = 128MB
dynamic_shared_memory_type = mmap
wal_level = replica
archive_mode = on
archive_command = 'true'
archive_timeout = {self.archive_timeout}
max_wal_senders = 3
"""
        with (etc / "postgresql.conf").open("a") as conf:
            conf.write(settings)
        self.start()
        with psycopg.connect(self.url.replace("/hrassist", "/postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
            connection.execute(f"CREATE DATABASE hrassist OWNER {OWNER}")
        with psycopg.connect(self.url, autocommit=True) as connection:
            for extension in ("vector", "pg_trgm", "unaccent"):
                connection.execute(f"CREATE EXTENSION {extension}")

    def begin_archiving(self) -> None:
        """From here on WAL is kept; what fills the database before the first backup need not be."""
        with self.outside(f"{ETC}/postgresql.conf").open("a") as conf:
            conf.write(
                f"archive_command = 'pgbackrest --config={HOME}/pgbackrest.conf --stanza={STANZA} archive-push %p'\n"
            )
        self.call("pgbackrest", f"--config={HOME}/pgbackrest.conf", f"--stanza={STANZA}", "stanza-create")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("SELECT pg_reload_conf()")

    def start(self) -> None:
        # Its own session: a signal that ends the tests does not end it half-way.
        done = subprocess.run(
            [*self.run, f"{BIN}/pg_ctl", "-D", DATA, "-w", "-t", "300", "-l", f"{HOME}/log", "-o",
             f"-c config_file={ETC}/postgresql.conf", "start"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, start_new_session=True,
        )  # fmt: skip
        log = self.outside(f"{HOME}/log")
        assert done.returncode == 0, log.read_text()[-2000:] if log.exists() else "no log"

    def stop(self, mode: str = "fast") -> None:
        self.call(f"{BIN}/pg_ctl", "-D", DATA, "-w", "-m", mode, "stop", check=False)

    def destroy(self) -> None:
        """SIGKILL to the server with all that it started, and its directory deleted: what a lost machine is."""
        pid = int(self.outside(f"{DATA}/postmaster.pid").read_text().split()[0])
        # A push that goes on would save what was lost with the machine.
        for one in [pid, *descendants(pid)]:
            try:
                os.kill(one, 9)
            except ProcessLookupError:
                continue
        until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])
        shutil.rmtree(self.outside(DATA))

    # --- The stores, as whoever has pgBackRest's key attacks them -----------------------------------------------------

    def keys(self, number: int, under: str = "") -> list[str]:
        pages = self.stores[number].get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=under)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def versions(self, number: int, under: str = "") -> list[dict[str, Any]]:
        """Everything that was ever written there, hidden and written over too."""
        pages = self.stores[number].get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=under)
        return [row for page in pages for row in page.get("Versions", [])]

    def hide(self, number: int, key: str) -> None:
        self.writers[number].delete_object(Bucket=self.bucket, Key=key)

    def show_again(self, number: int, under: str = "") -> None:
        """Take away what hides objects: as the owner of the bucket does after an attack."""
        pages = self.stores[number].get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=under)
        for one in [row for page in pages for row in page.get("DeleteMarkers", [])]:
            self.stores[number].delete_object(Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"])

    def put_back(self, number: int, keys: Iterable[str]) -> None:
        """What was written over, as it was before: nobody removes the version that an attacker wrote, it is locked."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self.versions(number):
            found.setdefault(one["Key"], []).append(one)
        for key in keys:
            before = sorted(found[key], key=lambda one: one["LastModified"])[-2]
            source = {"Bucket": self.bucket, "Key": key, "VersionId": before["VersionId"]}
            self.writers[number].copy_object(Bucket=self.bucket, Key=key, CopySource=source)

    def overwrite(self, number: int, key: str, change: Callable[[bytes], bytes]) -> None:
        body = self.stores[number].get_object(Bucket=self.bucket, Key=key)["Body"].read()
        self.writers[number].put_object(Bucket=self.bucket, Key=key, Body=change(body), ChecksumAlgorithm="SHA256")


def descendants(pid: int) -> list[int]:
    try:
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [one for child in children for one in (child, *descendants(child))]


def until(done: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
