"""The key that signs seals and those that are trusted: PEM blocks in one file outside the database, the private first.

A key that is replaced leaves its public half behind in the file, so that its seals still verify.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from hrassist.lib.errors import DomainError

_END = "-----END "


class NoKey(DomainError):
    """Nothing can be signed."""

    code = "no_audit_key"
    default_message = (
        "There is no key that signs the seals of the audit trail. Make one with manage.py audit_key --new FILE and "
        "name the file in HRASSIST_AUDIT_KEY_FILE."
    )


class BadKey(DomainError):
    """What is given as the key is none."""

    code = "bad_audit_key"
    default_message = "The audit key is no Ed25519 key in PEM. Make one with manage.py audit_key --new FILE."


@dataclass(frozen=True, slots=True)
class Ring:
    """Who signs, if anybody, and whose signatures are trusted."""

    signer: Ed25519PrivateKey | None
    trusted: dict[str, Ed25519PublicKey]

    @property
    def key_id(self) -> str:
        return key_id(self.require_signer().public_key())

    def require_signer(self) -> Ed25519PrivateKey:
        if self.signer is None:
            raise NoKey
        return self.signer

    def sign(self, message: bytes) -> str:
        return self.require_signer().sign(message).hex()

    def knows(self, key: str) -> bool:
        return key in self.trusted

    def verifies(self, key: str, message: bytes, signature: str) -> bool:
        try:
            self.trusted[key].verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError, KeyError):
            return False
        return True

    def as_pem(self) -> str:
        """The whole ring as its file holds it."""
        blocks: list[bytes] = []
        mine = ""
        if self.signer is not None:
            mine = self.key_id
            blocks.append(self.signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        blocks += [public_pem(key) for name, key in self.trusted.items() if name != mine]
        return b"".join(blocks).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a key: the beginning of its hash."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def parse(text: str) -> Ring:
    """The ring of these PEM blocks. Raises BadKey."""
    signer: Ed25519PrivateKey | None = None
    trusted: dict[str, Ed25519PublicKey] = {}
    for block in _blocks(text):
        try:
            if "PRIVATE" in block:
                key: object = load_pem_private_key(block.encode(), password=None)
            else:
                key = load_pem_public_key(block.encode())
        except (ValueError, TypeError) as error:
            raise BadKey from error
        if isinstance(key, Ed25519PrivateKey) and signer is None:
            signer = key
            key = key.public_key()
        if not isinstance(key, Ed25519PublicKey):
            raise BadKey
        trusted[key_id(key)] = key
    if not trusted:
        raise BadKey
    return Ring(signer=signer, trusted=trusted)


def _blocks(text: str) -> list[str]:
    found, lines = [], []
    for line in text.splitlines():
        lines.append(line)
        if line.startswith(_END):
            found.append("\n".join(lines) + "\n")
            lines = []
    return found


def generate(*, after: Ring | None = None) -> Ring:
    """A new key that signs; the keys of the ring before it stay trusted."""
    signer = Ed25519PrivateKey.generate()
    public = signer.public_key()
    return Ring(signer=signer, trusted={key_id(public): public, **(after.trusted if after else {})})


def write(ring: Ring, path: Path) -> None:
    """Into a new file that its owner alone reads; raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(ring.as_pem())
        file.flush()
        os.fsync(file.fileno())


def configured() -> Ring:
    """The ring of this installation; development makes one at its first use. Raises NoKey, BadKey."""
    if settings.AUDIT_KEY:
        return parse(settings.AUDIT_KEY)
    path = Path(settings.AUDIT_KEY_FILE)
    if settings.DEVELOPMENT and not path.exists():
        # Another process may be quicker.
        with suppress(FileExistsError):
            write(generate(), path)
    if not path.exists():
        raise NoKey
    return parse(path.read_text(encoding="ascii"))
