"""Secrets that must be read again, such as an authenticator's: sealed with a key made from SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hrassist.lib.errors import Unavailable


class Unreadable(Unavailable):
    """A secret was sealed with a key that this installation no longer has."""

    code = "secret_unreadable"
    default_message = (
        "The stored secret cannot be read: it was sealed with another SECRET_KEY. An operator can reset your factors, "
        "or put the former key into HRASSIST_SECRET_KEY_FALLBACKS."
    )


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again. Raises Unreadable where no present or former key fits."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def resealed(sealed: str) -> str:
    """The same secret under the present key, so that former keys can be let go."""
    return _keys().rotate(sealed.encode()).decode()


def is_former(sealed: str) -> bool:
    """Whether a key that may go some day is still needed to read it."""
    try:
        _key(settings.SECRET_KEY).decrypt(sealed.encode())
    except InvalidToken:
        return True
    return False


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hrassist.identity.sealing").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(made))
