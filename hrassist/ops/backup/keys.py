"""The keys that backups are encrypted and signed with, in one file outside the database; the newest comes first."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hrassist.lib.errors import DomainError

_MARK = "hrbk1:"


class NoBackupKey(DomainError):
    """Nothing can be encrypted or read."""

    code = "no_backup_key"
    default_message = (
        "There is no key for backups. Make one with manage.py backup_key --new FILE, name the file in "
        "HRASSIST_BACKUP_KEY_FILE, and keep a copy of it away from this machine and from the backups."
    )


class BadBackupKey(DomainError):
    code = "bad_backup_key"
    default_message = "{path} is no file of backup keys: each line is hrbk1: and 32 bytes in Base64."


class WrongKey(DomainError):
    """What is to be read was encrypted with a key that is not here."""

    code = "wrong_backup_key"
    default_message = (
        "{name} was encrypted with key {key_id}, and this key file holds {held}. It is the wrong key, not a damaged "
        "backup: bring key {key_id} from where it is kept (docs/infrastructure/lost-key.md)."
    )


@dataclass(frozen=True, slots=True)
class Key:
    """Thirty-two bytes, and the name that may be told."""

    secret: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(b"hrassist backup key " + self.secret).hexdigest()[:16]

    def derived(self, purpose: bytes, *, salt: bytes | None = None) -> bytes:
        return HKDF(SHA256(), 32, salt=salt, info=b"hrassist backup " + purpose).derive(self.secret)

    def sign(self, message: bytes) -> str:
        return hmac.new(self.derived(b"manifest"), message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Ring:
    """The key that encrypts and those that still decrypt."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        return self.keys[0]

    def find(self, key_id: str, *, name: str) -> Key:
        """The key of this name. Raises WrongKey for `name`."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise WrongKey(name=name, key_id=key_id, held=", ".join(key.id for key in self.keys))


def parse(text: str, *, path: Path | str = "") -> Ring:
    """The ring of these lines. Raises BadBackupKey."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            secret = base64.b64decode(line.strip().removeprefix(_MARK), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadBackupKey(path=path) from error
        if not line.startswith(_MARK) or len(secret) != 32:
            raise BadBackupKey(path=path)
        found.append(Key(secret))
    if not found:
        raise BadBackupKey(path=path)
    return Ring(tuple(found))


def configured() -> Ring:
    """The ring of this installation. Raises NoBackupKey, BadBackupKey."""
    if not settings.BACKUP_KEY_FILE:
        raise NoBackupKey
    path = Path(settings.BACKUP_KEY_FILE)
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise NoBackupKey from error
    except OSError as error:
        raise NoBackupKey(
            "The key of backups in {path} cannot be read: {why}. It is to belong to root and the group that this "
            "process runs as, with mode 0640.",
            path=path,
            why=error.strerror or error,
        ) from error
    except UnicodeDecodeError as error:
        raise BadBackupKey(path=path) from error
    return parse(text, path=path)


def is_exposed(mode: int) -> bool:
    """Whether somebody beside the owner may write the file, or somebody beside the group read it."""
    return bool(mode & 0o027)


def generate(path: Path) -> Key:
    """A key in a new file that its owner alone reads. Raises FileExistsError where there is one."""
    key = Key(secrets.token_bytes(32))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, (key,), mode=0o600)
    return key


def rotate(path: Path) -> Key:
    """A new key at the head of the file; the others stay behind it, and who may read it stays the same.

    Raises NoBackupKey, BadBackupKey.
    """
    # The file that a link leads to is the one that is kept safe.
    path = path.resolve()
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NoBackupKey from error
    try:
        # Of two at once each would replace the other's key, and with it all that was encrypted in between.
        fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            ring, was = parse(path.read_text(encoding="ascii"), path=path), path.stat()
        except (OSError, UnicodeDecodeError) as error:
            raise NoBackupKey from error
        key = Key(secrets.token_bytes(32))
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            _write(draft, (key, *ring.keys), mode=0o600)
            if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(draft, was.st_uid, was.st_gid)
            draft.chmod(was.st_mode & 0o777)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        os.fsync(folder)
    finally:
        os.close(folder)
    return key


def _write(path: Path, held: Sequence[Key], *, mode: int) -> None:
    lines = [_MARK + base64.b64encode(one.secret).decode() for one in held]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
