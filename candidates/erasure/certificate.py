"""The proof that somebody was erased: signed, and without anything that says who it was."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from candidates.erasure import ledger
from candidates.models import Erasure

VERSION = 1


def certificate_of(erasure: Erasure, *, records: int, done_at: str) -> dict[str, Any]:
    """What is certified, with its signature; `person` is the keyed hash that the ledger knows the record by."""
    said: dict[str, Any] = {
        "version": VERSION,
        "certificate": str(erasure.pk),
        "organisation": settings.COMPANY_NAME,
        "person": ledger.reference(erasure.candidate_id),
        "records": records,
        "grounds": erasure.grounds,
        "channel": erasure.channel,
        "requested_at": erasure.requested_at.isoformat(timespec="seconds"),
        "done_at": done_at,
        "removed": dict(sorted(erasure.counts.items())),
    }
    key = Ed25519PrivateKey.from_private_bytes(ledger.signing_seed())
    return {**said, "key": _text(_public(key.public_key())), "signature": _text(key.sign(_canonical(said)))}


def is_genuine(certificate: dict[str, Any]) -> bool:
    """Whether it was signed with this installation's key and says what it said then."""
    said = {name: value for name, value in certificate.items() if name not in {"key", "signature"}}
    public = Ed25519PrivateKey.from_private_bytes(ledger.signing_seed()).public_key()
    if certificate.get("key") != _text(_public(public)):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(_public(public)).verify(
            base64.b64decode(str(certificate.get("signature", ""))), _canonical(said)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _canonical(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _public(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
