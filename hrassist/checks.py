"""System checks: what would make this installation unsafe or unable to work, each with what to do."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import Error as DatabaseError

from hrassist.databases import standing
from hrassist.lib import egress, redis_server

YEAR = 31_536_000
# Asked before a process serves anybody (hrassist/ops/start.py), beside those of security.
START = "start"
_ORIGIN = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?")


@register(Tags.security, deploy=False)
def check_production_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Refuse to start outside development with what only development may have."""
    if settings.DEVELOPMENT:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on outside development.",
                hint="Unset DEBUG, or set HRASSIST_ENV=development.",
                id="hrassist.E001",
            )
        )
    if is_weak(settings.SECRET_KEY):
        found.append(
            Error(
                "SECRET_KEY is shorter than 50 characters, made of a few of them, or an example's.",
                hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(64))"',
                id="hrassist.E002",
            )
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS is empty or *.", hint="Name the hosts people type, comma-separated.", id="hrassist.E003"
            )
        )
    if not settings.SESSION_COOKIE_SECURE or not settings.CSRF_COOKIE_SECURE:
        found.append(
            Error(
                "Cookies may travel over plain HTTP.",
                hint="Remove SESSION_COOKIE_SECURE=off and CSRF_COOKIE_SECURE=off.",
                id="hrassist.E004",
            )
        )
    return found + _guessed() + _reached_from_outside()


def is_weak(key: str) -> bool:
    """Whether a key can be guessed: short, of few characters, or one that stands in an example."""
    return len(key) < 50 or len(set(key)) < 12 or key.startswith(("development-only", "django-insecure"))


def _guessed() -> list[CheckMessage]:
    """Secrets beside SECRET_KEY that sign or let in; one that is not set has its own check."""
    signing = {
        "HRASSIST_ERASURE_LEDGER_KEY": settings.ERASURE_LEDGER_KEY, "HRASSIST_RECEIPT_KEY": settings.RECEIPT_KEY
    }  # fmt: skip
    found: list[CheckMessage] = [
        Error(
            f"{name} is shorter than 50 characters or made of a few of them: whoever guesses it signs with it.",
            hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(64))"',
            id="hrassist.E014",
        )
        for name, key in signing.items()
        if key and is_weak(key)
    ]
    if settings.METRICS_TOKEN and (len(settings.METRICS_TOKEN) < 20 or len(set(settings.METRICS_TOKEN)) < 8):
        found.append(
            Error(
                "HRASSIST_METRICS_TOKEN can be guessed, and whoever has it reads all figures.",
                hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
                id="hrassist.E015",
            )
        )
    return found


def _reached_from_outside() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if any(is_weak(key) for key in settings.SECRET_KEY_FALLBACKS):
        found.append(
            Error(
                "HRASSIST_SECRET_KEY_FALLBACKS has a key that can be guessed: what it signed would still be believed.",
                hint="Leave it out; sessions that it signed end.",
                id="hrassist.E005",
            )
        )
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False) or not _are_origins(settings.CORS_ALLOWED_ORIGINS):
        found.append(
            Error(
                "CORS_ORIGINS has something else than https:// and a host.",
                hint="Name each origin, for example https://app.example.com; * would let every site call the API.",
                id="hrassist.E006",
            )
        )
    if not _are_origins(settings.CSRF_TRUSTED_ORIGINS):
        found.append(
            Error(
                "HRASSIST_CSRF_TRUSTED_ORIGINS has something else than https:// and a host.",
                hint="Forms of such a site would be taken for ours. Name each origin, or none.",
                id="hrassist.E007",
            )
        )
    if not _are_origins([settings.PUBLIC_URL]):
        found.append(
            Error(
                "HRASSIST_PUBLIC_URL does not begin with https://, or has more than a host.",
                hint="Links in mails lead there: write https://hr.example.com.",
                id="hrassist.E008",
            )
        )
    if settings.SECURE_HSTS_SECONDS < YEAR or not settings.SECURE_SSL_REDIRECT:
        found.append(
            Warning(
                "Browsers are not told to come over TLS only, for a year.",
                hint="Leave HRASSIST_HSTS_SECONDS and HRASSIST_SSL_REDIRECT as they are by default.",
                id="hrassist.W005",
            )
        )
    return found


def _are_origins(texts: list[str]) -> bool:
    return all(_ORIGIN.fullmatch(text) for text in texts)


@register(START)
def check_storage(**_kwargs: Any) -> list[CheckMessage]:
    """A bucket needs both keys or none (an instance role); keys without a bucket are a mistake."""
    found: list[CheckMessage] = []
    keys = bool(settings.AWS_ACCESS_KEY_ID), bool(settings.AWS_SECRET_ACCESS_KEY)
    if any(keys) and not all(keys):
        found.append(
            Error(
                "One of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is missing.",
                hint="Set both, or neither to use the machine's role.",
                id="hrassist.E010",
            )
        )
    if any(keys) and not settings.AWS_S3_BUCKET_NAME:
        found.append(
            Error(
                "Object store keys are set but no bucket.",
                hint="Set AWS_S3_BUCKET_NAME, or remove the keys to store on disk.",
                id="hrassist.E011",
            )
        )
    if (
        settings.ENVIRONMENT == "staging"
        and settings.STORAGE_BACKEND == "s3"
        and "staging" not in (f"{settings.AWS_S3_BUCKET_NAME}/{settings.S3_PREFIX}")
    ):
        found.append(
            Error(
                f"Staging would write into {settings.AWS_S3_BUCKET_NAME} where production may keep its files.",
                hint="Set HRASSIST_S3_PREFIX=staging, or a bucket with staging in its name.",
                id="hrassist.E012",
            )
        )
    if settings.STORAGE_BACKEND == "disk" and not settings.DEVELOPMENT:
        found.append(
            Warning(
                f"Resumes are stored on this machine's disk ({settings.DISK_STORAGE_DIR}).",
                hint="Fine for one machine with backups; set AWS_S3_BUCKET_NAME for an object store.",
                id="hrassist.W010",
            )
        )
    return found


@register(START)
def check_halves(**_kwargs: Any) -> list[CheckMessage]:
    """A name without its password, or a password without its name, lets nobody in where it is needed."""
    pairs = {
        ("HRASSIST_SMTP_USER", "HRASSIST_SMTP_PASSWORD"): (settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD),
        ("HRASSIST_AUDIT_ANCHOR_ACCESS_KEY_ID", "HRASSIST_AUDIT_ANCHOR_SECRET_ACCESS_KEY"): (
            settings.AUDIT_ANCHOR_ACCESS_KEY_ID,
            settings.AUDIT_ANCHOR_SECRET_ACCESS_KEY,
        ),
    }
    for label, said in settings.BACKUP_PLACES.items():
        names = f"HRASSIST_BACKUP_{label}_ACCESS_KEY_ID", f"HRASSIST_BACKUP_{label}_SECRET_ACCESS_KEY"
        pairs[names] = said["access_key"], said["secret_key"]
    return [
        Error(f"One of {first} and {second} is missing.", hint="Set both, or neither.", id="hrassist.E016")
        for (first, second), (one, other) in pairs.items()
        if bool(one) != bool(other)
    ]


@register(START)
def check_repeated_writes(**_kwargs: Any) -> list[CheckMessage]:
    """Only a proxy of ours may name what it sends again."""
    if not settings.WRITES_REPEATED or settings.TRUSTED_PROXIES:
        return []
    return [
        Error(
            "HRASSIST_WRITES_REPEATED is on, and there is no proxy whose word for it counts.",
            hint="Set HRASSIST_TRUSTED_PROXIES=1 behind nginx (deploy/nginx/for-hosts), or remove it.",
            id="hrassist.E017",
        )
    ]


@register(START)
def check_mail(**_kwargs: Any) -> list[CheckMessage]:
    """Say it when mails go into the log of whoever sends them; staging leaves them there on purpose."""
    if settings.ENVIRONMENT != "production" or "console" not in settings.EMAIL_BACKEND:
        return []
    return [
        Warning(
            "Mails reach nobody: they are printed to the log, with all that they say of people.",
            hint="Set HRASSIST_SMTP_HOST, or SENDGRID_API_KEY.",
            id="hrassist.W031",
        )
    ]


@register()
def check_scanner(**_kwargs: Any) -> list[CheckMessage]:
    """Say it when no malware scanner is configured: pages show it too."""
    if settings.CLAMD_SOCKET or settings.DEVELOPMENT:
        return []
    return [
        Warning(
            "No malware scanner is configured; uploads are checked for structure only.",
            hint="Install clamav-daemon and set HRASSIST_CLAMD_SOCKET, for example /run/clamav/clamd.ctl.",
            id="hrassist.W020",
        )
    ]


@register(START)
def check_redis(**_kwargs: Any) -> list[CheckMessage]:
    """Say it when the Redis that is configured does not answer: everything works without it, and slower."""
    if not settings.REDIS_URL or redis_server.answers():
        return []
    return [
        Warning(
            "Redis does not answer; caches are empty and the database counts all limits.",
            hint="Start it, or correct REDIS_URL; without REDIS_URL none is asked.",
            id="hrassist.W080",
        )
    ]


@register(START)
def check_verification(**_kwargs: Any) -> list[CheckMessage]:
    """Web search needs its key and its engine, or neither."""
    if bool(settings.GOOGLE_API_KEY) == bool(settings.GOOGLE_CSE_ID):
        return []
    return [
        Error(
            "One of GOOGLE_API_KEY and GOOGLE_CSE_ID is missing.",
            hint="Set both to verify profiles by web search, or neither.",
            id="hrassist.E030",
        )
    ]


@register(Tags.database)
def check_database_role(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """The application must not be able to rewrite its own audit trail: `check --database default` asks."""
    if settings.DEVELOPMENT or settings.AS_OWNER or "default" not in (databases or []):
        return []
    try:
        found = standing()
    except DatabaseError as error:
        return [
            Warning(
                f"The database could not be asked what its role may do ({type(error).__name__}).",
                hint="Check DATABASE_URL.",
                id="hrassist.W041",
            )
        ]
    if found.is_safe:
        return []
    return [
        Warning(
            f"The application could rewrite its audit trail: {found.in_words()}.",
            hint="Name the owner in HRASSIST_DB_OWNER_URL, another role in DATABASE_URL; run manage.py database_role.",
            id="hrassist.W040",
        )
    ]


@register(Tags.security, deploy=True)
def check_erasures(**_kwargs: Any) -> list[CheckMessage]:
    """What must survive a restore must not lie beside the database, and needs a key that is never changed."""
    found: list[CheckMessage] = []
    if not settings.ERASURE_LEDGER_KEY:
        found.append(
            Warning(
                "The ledger of erasures has no key of its own: it ends with the next change of SECRET_KEY.",
                hint="Set HRASSIST_ERASURE_LEDGER_KEY to 50 random characters, and keep them apart from backups.",
                id="hrassist.W060",
            )
        )
    if not settings.ERASURE_LEDGER.startswith("s3://") and settings.VAR_DIR in Path(settings.ERASURE_LEDGER).parents:
        found.append(
            Warning(
                f"The ledger of erasures lies in {settings.ERASURE_LEDGER}, with everything else of this machine.",
                hint="Set HRASSIST_ERASURE_LEDGER to another disk, or to s3://bucket/prefix: who was erased must still "
                "be known when this machine is restored.",
                id="hrassist.W061",
            )
        )
    return found


_PLAIN = re.compile(
    r"((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*):(\d{1,5})"
)


@register(Tags.security, deploy=False)
def check_plain_hosts(**_kwargs: Any) -> list[CheckMessage]:
    """What may be called without TLS is named by host and port, and an address there is one of the own network."""
    wrong = []
    for said in settings.EGRESS_PLAIN_HOSTS:
        found = _PLAIN.fullmatch(said)
        numeric = found is not None and re.fullmatch(r"[0-9.]+", found[1])
        if found is None or (numeric and not egress.is_internal(found[1])):
            wrong.append(said)
    if not wrong:
        return []
    return [
        Error(
            f"HRASSIST_EGRESS_PLAIN_HOSTS has what is no host:port of your own network: {', '.join(wrong)}.",
            hint="Write for example 127.0.0.1:11434 or ollama:11434. Everything else is called over https:// only.",
            id="hrassist.E013",
        )
    ]
