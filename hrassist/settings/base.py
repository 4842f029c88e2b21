"""What all other settings stand on: the mode, the applications, the database, errors and logs."""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from hrassist import env

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(env.text("HRASSIST_VAR_DIR", str(BASE_DIR / "var")))
TESTING = "pytest" in sys.modules

# --- Mode -------------------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
# Development is the mode of `make run` and the tests: an embedded database and a throw-away key are allowed in it.
DEVELOPMENT = TESTING or env.choice("HRASSIST_ENV", "production", among=("development", "staging", "production")) == (
    "development"
)
ENVIRONMENT = "development" if DEVELOPMENT else env.text("HRASSIST_ENV", "production")
# Offline commands (reading, ranking, evaluation of files) run with no database and no secret at all.
OFFLINE = len(sys.argv) > 1 and sys.argv[1] in {
    "parse_resume",
    "extract_text",
    "rank_resumes",
    "evaluate",
    "collectstatic",
}

if DEVELOPMENT or OFFLINE:
    SECRET_KEY = env.secret("SECRET_KEY", "development-only-key-that-is-refused-in-production-by-check-E001")
else:
    SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("HRASSIST_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEVELOPMENT else "")
VERSION = "0.1.0"

# --- Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "hrassist.apps.HrassistConfig",
    "hrassist.apps.HrassistAdminConfig",
    "audit",
    "candidates",
    "jobs",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "pgtrigger",
    "auditlog",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "corsheaders",
    "csp",
    "storages",
    "anymail",
]
MIDDLEWARE = [
    "hrassist.metrics.requests.MetricsMiddleware",
    "hrassist.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "hrassist.identity.gate.AuthenticationMiddleware",
    "audit.middleware.AuditMiddleware",
    "hrassist.once.SentAgainMiddleware",
    "hrassist.pace.PaceMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "hrassist.urls"
WSGI_APPLICATION = "hrassist.wsgi.application"
ASGI_APPLICATION = "hrassist.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "hrassist" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------------------


# What changes tables connects as their owner; everything else as a role that owns nothing (docs/adr/0011).
OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "sqlmigrate",
    "showmigrations",
    "squashmigrations",
    "flush",
    "pgtrigger",
    "database_role",
    "claim_database",
    "generate_workload",
    "generate_events",
    "backup",
    "restore",
    "drill",
    "safe_migrate",
}
AS_OWNER = TESTING or (len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS)


def _database_urls() -> tuple[str, str]:
    """The URLs of the application's role and of the owner; the same one where only one is given."""
    app, owner = env.secret("DATABASE_URL", ""), env.secret("HRASSIST_DB_OWNER_URL", "")
    if app or OFFLINE:
        app = app or "postgresql://offline@127.0.0.1:1/offline"
        return app, owner or app
    if not DEVELOPMENT:
        raise ImproperlyConfigured("DATABASE_URL is not set. Set it as config/env.example shows.")
    from hrassist.lib import devdb  # noqa: PLC0415  only development may start a database of its own

    urls = devdb.urls(VAR_DIR / "devdb")
    return urls.app, urls.owner


_APP_URL, _OWNER_URL = _database_urls()
_APP_DB = env.database(_APP_URL)
_OWNER_DB = env.database(_OWNER_URL, name="HRASSIST_DB_OWNER_URL")
# The role that migrations give their rights to, and its password for `manage.py database_role`; empty where one role
# does everything.
DB_APP_ROLE = str(_APP_DB["USER"]) if _APP_DB["USER"] != _OWNER_DB["USER"] else ""
DB_APP_PASSWORD = str(_APP_DB["PASSWORD"])
# Where the owner's commands connect to, which no pooler may stand before.
DB_OWNER_HOST = str(_OWNER_DB["HOST"])
# A pooler gives each transaction another connection: what lives longer than one cannot be on the server's side.
DB_POOLED = env.flag("HRASSIST_DB_POOLED", default=False)
DB_OWNER_IS_POOLED = DB_POOLED and all(_OWNER_DB[name] == _APP_DB[name] for name in ("HOST", "PORT"))
_DEFAULT_DB: dict[str, Any] = {
    **(_OWNER_DB if AS_OWNER else _APP_DB),
    "CONN_MAX_AGE": 0 if TESTING else env.number("HRASSIST_DB_CONN_MAX_AGE", 600),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": DB_POOLED,
    "ATOMIC_REQUESTS": False,
}
# A database that is away is known after seconds, not after the operating system's two minutes.
_DEFAULT_DB["OPTIONS"].setdefault("connect_timeout", "5")
# One that loses its power amid an answer, after half a minute and not after a quarter of an hour.
for _name, _value in {
    "keepalives_idle": "20", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "30000",
}.items():  # fmt: skip
    _DEFAULT_DB["OPTIONS"].setdefault(_name, _value)
# The other way round: a worker that loses its power amid a transaction holds the locks of its rows until the server
# knows, which takes two hours by itself; whoever takes up its work would wait for them. A pooler lets no startup
# parameter through and has idle_transaction_timeout for it (deploy/pgbouncer); what the owner's commands hold (the
# snapshot of a backup) they hold for as long as they need it.
DB_IDLE_TRANSACTION_TIMEOUT = env.number("HRASSIST_DB_IDLE_TRANSACTION_TIMEOUT", 60)
if not AS_OWNER and not DB_POOLED:
    _DEFAULT_DB["OPTIONS"]["options"] = " ".join([
        _DEFAULT_DB["OPTIONS"].get("options", ""),
        f"-c idle_in_transaction_session_timeout={DB_IDLE_TRANSACTION_TIMEOUT}s",
        "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000",
    ]).strip()  # fmt: skip
DATABASES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT_DB,
    # What must be on record although the request rolls back goes through a connection of its own.
    "audit": {**_DEFAULT_DB, "TEST": {"MIRROR": "default"}},
}
# A copy that follows, for figures that may be some seconds old; see hrassist.databases.
if _REPLICA_URL := env.secret("DATABASE_REPLICA_URL", ""):
    DATABASES["replica"] = {
        **_DEFAULT_DB,
        **env.database(_REPLICA_URL, name="DATABASE_REPLICA_URL"),
        "TEST": {"MIRROR": "default"},
    }
# Of the web process only, see hrassist.databases; pgbouncer needs ignore_startup_parameters=options for it, or 0 here.
DB_STATEMENT_TIMEOUT = env.number("HRASSIST_DB_STATEMENT_TIMEOUT", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["hrassist.databases.OneSchemaRouter"]

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("HRASSIST_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# --- Errors and logs --------------------------------------------------------------------------------------------------

SENTRY_DSN = env.secret("SENTRY_DSN", "")
LOG_LEVEL = env.choice("HRASSIST_LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "hrassist.lib.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain" if DEVELOPMENT else "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "django.request": {"level": "ERROR" if TESTING else LOG_LEVEL},
    },
}
if SENTRY_DSN:
    from hrassist.lib.logs import report_errors

    report_errors(dsn=SENTRY_DSN, environment=ENVIRONMENT, release=VERSION)

# The list of what is inside, as `make sbom` writes it beside manage.py.
SBOM_PATH = Path(env.text("HRASSIST_SBOM", str(BASE_DIR / "sbom.cdx.json")))

# --- Ours -------------------------------------------------------------------------------------------------------------

RANKING_CONFIG = BASE_DIR / "config" / "ranking.toml"
SILENCED_SYSTEM_CHECKS: list[str] = []
