"""The keys that backups are encrypted and signed with, in one file outside the database; the newest comes first.

Their public halves are for who may look at backups and not into them: they prove that what lies in a place is ours.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hrassist.lib.errors import DomainError

_MARK, _PUBLIC_MARK = "hrbk1:", "hrbp1:"
# Beside the file of the keys.
PUBLIC = ".pub"
# A signature of the time before there were public halves, which only the key itself proves.
_OLD = 64


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


class KeyIsElsewhere(DomainError):
    """This process may look at backups and not into them."""

    code = "backup_key_elsewhere"
    default_message = (
        "This process has the public half of the key of backups: it proves what was signed and opens nothing. On a "
        "machine of deploy/vm run the command by sudo hrassist-manage."
    )


class WrongKey(DomainError):
    """What is to be read was encrypted with a key that is not here."""

    code = "wrong_backup_key"
    default_message = (
        "{name} was encrypted with key {key_id}, and this key file holds {held}. It is the wrong key, not a damaged "
        "backup: bring key {key_id} from where it is kept (docs/infrastructure/lost-key.md)."
    )


class NoPublicHalf(DomainError):
    """There is a key, and this process may neither read it nor prove anything by it."""

    code = "no_public_half"
    default_message = (
        "This process may not read the key of backups, and its public half is not in {path}. The next release writes "
        "it there (deploy/vm), or who has the key: manage.py backup_key --public > {path}"
    )


class SignedBefore(WrongKey):
    """What is to be read was signed when there were no public halves yet."""

    code = "signed_before_public_halves"
    default_message = "{name} was signed by an older release: only the key itself proves it."


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
        return self._signer.sign(message).hex()

    def has_signed(self, message: bytes, signature: str, *, name: str) -> bool:
        if len(signature) == _OLD:
            old = hmac.new(self.derived(b"manifest"), message, hashlib.sha256).hexdigest()
            return hmac.compare_digest(old, signature)
        return self.public.has_signed(message, signature, name=name)

    @property
    def public(self) -> Public:
        return Public(self.id, self._signer.public_key().public_bytes_raw())

    @property
    def _signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.derived(b"signature"))


@dataclass(frozen=True, slots=True)
class Public:
    """What proves that a key signed something, and the name of that key."""

    id: str
    raw: bytes

    def derived(self, purpose: bytes, *, salt: bytes | None = None) -> bytes:
        """Raises KeyIsElsewhere."""
        raise KeyIsElsewhere

    def sign(self, message: bytes) -> str:
        """Raises KeyIsElsewhere."""
        raise KeyIsElsewhere

    def has_signed(self, message: bytes, signature: str, *, name: str) -> bool:
        """Raises SignedBefore for `name`."""
        if len(signature) == _OLD:
            raise SignedBefore(name=name)
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Ring:
    """The key that encrypts and those that still decrypt; or their public halves."""

    keys: tuple[Key | Public, ...]

    @property
    def newest(self) -> Key | Public:
        return self.keys[0]

    @property
    def opens(self) -> bool:
        """Whether it reads what is encrypted."""
        return all(isinstance(one, Key) for one in self.keys)

    def find(self, key_id: str, *, name: str) -> Key | Public:
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


def public_halves(ring: Ring) -> str:
    """The lines of a file that everybody may read."""
    halves = (one.public if isinstance(one, Key) else one for one in ring.keys)
    return "".join(f"{_PUBLIC_MARK}{one.id}:{base64.b64encode(one.raw).decode()}\n" for one in halves)


def publish(ring: Ring, path: Path) -> None:
    """Write the public halves into a file for everybody to read; it is never half there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(public_halves(ring), encoding="ascii")
    draft.chmod(0o644)
    draft.replace(path)


def to_look() -> Ring:
    """The ring, or its public halves where this process may not have it.

    Raises NoBackupKey, BadBackupKey, NoPublicHalf.
    """
    try:
        return configured()
    except NoBackupKey:
        named, key = settings.BACKUP_PUBLIC_KEY_FILE, settings.BACKUP_KEY_FILE
        if not named and not key:
            raise
        path = Path(named or f"{key}{PUBLIC}")
        if not path.exists():
            if named or Path(key).exists():
                raise NoPublicHalf(path=path) from None
            raise
        return _parsed_public(path.read_text(encoding="ascii", errors="replace"), path=path)


def _parsed_public(text: str, *, path: Path) -> Ring:
    found = []
    for line in text.split():
        key_id, _, raw = line.removeprefix(_PUBLIC_MARK).partition(":")
        try:
            found.append(Public(key_id, base64.b64decode(raw, validate=True)))
        except (binascii.Error, ValueError) as error:
            raise BadBackupKey(path=path) from error
    if not found or any(len(one.raw) != 32 for one in found):
        raise BadBackupKey(path=path)
    return Ring(tuple(found))


def configured() -> Ring:
    """The ring of this installation. Raises NoBackupKey, BadBackupKey."""
    if settings.BACKUP_KEY:
        return parse(settings.BACKUP_KEY, path="HRASSIST_BACKUP_KEY")
    if not settings.BACKUP_KEY_FILE:
        raise NoBackupKey
    path = Path(settings.BACKUP_KEY_FILE)
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise NoBackupKey from error
    except OSError as error:
        raise NoBackupKey(
            "The key of backups in {path} cannot be read: {why}. Only what makes, reads and restores backups may: on a "
            "machine of deploy/vm run the command by sudo hrassist-manage.",
            path=path,
            why=error.strerror or error,
        ) from error
    except UnicodeDecodeError as error:
        raise BadBackupKey(path=path) from error
    return parse(text, path=path)


def is_exposed(mode: int) -> bool:
    """Whether somebody beside the owner may write the file, or somebody beside the group read it."""
    return bool(mode & 0o027)


def generate(path: Path) -> Key | Public:
    """A key in a new file that its owner alone reads. Raises FileExistsError where there is one."""
    made = fresh()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, made, mode=0o600)
    return made.newest


def fresh() -> Ring:
    """A key that nobody has yet."""
    return Ring((Key(secrets.token_bytes(32)),))


def as_text(ring: Ring) -> str:
    """The lines of its file. Raises KeyIsElsewhere."""
    if not ring.opens:
        raise KeyIsElsewhere
    return "".join(f"{_MARK}{base64.b64encode(one.secret).decode()}\n" for one in ring.keys if isinstance(one, Key))


def rotated(ring: Ring) -> Ring:
    """The same with a new key before them."""
    return Ring((Key(secrets.token_bytes(32)), *ring.keys))


def rotate(path: Path) -> Key | Public:
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
        except PermissionError as error:
            raise NoBackupKey(
                "The key of backups in {path} is not this process's to replace. On a machine of deploy/vm: "
                "sudo hrassist-backup-key --rotate.",
                path=path,
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise NoBackupKey from error
        key, *others = rotated(ring).keys
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            _write(draft, Ring((key, *others)), mode=0o600)
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


def _write(path: Path, ring: Ring, *, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
        file.write(as_text(ring))
        file.flush()
        os.fsync(file.fileno())
