"""Strict reading of the environment: a missing or malformed value stops the start with one sentence that names it.

Every secret NAME may also come as NAME_FILE, the path of a file that holds it (Docker), or as a credential of systemd
(LoadCredential=app:/etc/hrassist/secrets/app makes each file NAME of that folder the credential app_NAME); a cluster
mounts the same sets as folders.
`READ` lists every name that was asked for; a test holds `config/env.example` equal to it.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

READ: set[str] = set()
# The sets of secrets that a unit or a pod may be given (deploy/vm/systemd, deploy/helm). What is of the web process
# alone comes first: its database may be a pooler's; and what writes to the places of backups before what only reads
# there.
CREDENTIALS = ("web", "backup", "reader", "app", "worker", "owner")
_PR_SET_DUMPABLE = 4

# EX_CONFIG of sysexits.h: a unit of systemd does not try again (RestartPreventExitStatus).
WRONG_CONFIGURATION = 78

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@contextmanager
def said_in_words() -> Iterator[None]:
    """Let a setting that is missing or malformed end the process with its sentence alone."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.stderr.write(f"hrassist does not start: {error}\n")
        sys.exit(WRONG_CONFIGURATION)


def text(name: str, default: str | None = None) -> str:
    """The value, or the default; without a default the variable must be set."""
    READ.add(name)
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; config/env.example explains it.")
    return value


def secret(name: str, default: str | None = None) -> str:
    """Like `text`, but NAME_FILE may name a file that holds the value; both at once is an error."""
    READ.add(name)
    path = os.environ.get(f"{name}_FILE", "").strip() or ("" if os.environ.get(name, "").strip() else _credential(name))
    if not path:
        return text(name, default)
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return value


def _credential(name: str) -> str:
    """The file in which systemd hands this secret to this service alone; nothing where it does not."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    forms = (f"{owner}_{name}" for owner in CREDENTIALS), (f"{owner}/{name}" for owner in CREDENTIALS)
    found = (Path(folder, one) for form in forms for one in form) if folder else ()
    return next((str(path) for path in found if path.is_file()), "")


def handed(name: str, *, credential: str) -> str:
    """A secret that some processes alone are given, as this credential or in the environment; empty where it is not.

    What the environment held goes to no child, and no other process of the same user reads it.
    """
    READ.add(name)
    if value := os.environ.pop(name, "").strip():
        # Else /proc shows what a process was started with to everybody who runs as the same user.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        return value
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder, credential)
    return path.read_text(encoding="utf-8").strip() if folder and path.is_file() else ""


def forget(*names: str) -> None:
    """Take secrets that were read out of the environment, which every program that is started from here would get."""
    for name in names:
        os.environ.pop(name, None)


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "on" if default else "off").lower()
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use on or off.")
    return value in _TRUE


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    value = text(name, str(default))
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use a whole number.") from None
    if result < least or (most is not None and result > most):
        limit = f"{least} or more" if most is None else f"between {least} and {most}"
        raise ImproperlyConfigured(f"{name} is {result}. It must be {limit}.")
    return result


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def pairs(name: str) -> dict[str, str]:
    """A comma-separated list of left=right; the last = separates, because names of groups may hold one."""
    found = {}
    for item in items(name):
        left, separator, right = item.rpartition("=")
        if not (separator and left.strip() and right.strip()):
            raise ImproperlyConfigured(f"{name} holds {item!r}. Write each entry as group=role.")
        found[left.strip()] = right.strip()
    return found


def numbers(name: str, *, most: int) -> list[int]:
    """A comma-separated list of whole numbers from 1 on."""
    result = []
    for item in items(name):
        if not item.isdecimal() or not 0 < int(item) <= most:
            raise ImproperlyConfigured(f"{name} has {item!r}. Write whole numbers up to {most}, separated by commas.")
        result.append(int(item))
    return result


def paces(name: str) -> dict[str, tuple[int, int]]:
    """A list of NAME=COUNT/SECONDS."""
    result: dict[str, tuple[int, int]] = {}
    for item in items(name):
        key, _, pace = item.rpartition("=")
        count, _, per = pace.partition("/")
        if not (key and count.isdecimal() and per.isdecimal() and int(count) and int(per)):
            raise ImproperlyConfigured(f"{name} has {item!r}. Write NAME=COUNT/SECONDS, for example search=240/60.")
        result[key.strip()] = int(count), int(per)
    return result


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use one of: {', '.join(among)}.")
    return value


def mail_backend(*, development: bool, provider: bool, server: bool) -> str:
    """Django's EMAIL_BACKEND: the provider, else the mail server, else the log; in development always files."""
    if development:
        return "django.core.mail.backends.filebased.EmailBackend"
    if provider:
        return "anymail.backends.sendgrid.EmailBackend"
    return f"django.core.mail.backends.{'smtp' if server else 'console'}.EmailBackend"


def database(url: str, *, name: str = "DATABASE_URL") -> dict[str, object]:
    """Django's DATABASES entry for a postgresql:// URL; query parameters become connection options."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://; PostgreSQL is the only database.")
    if not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} names no database: it must end with /NAME.")
    options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
