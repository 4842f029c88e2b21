"""One settings file, driven by the environment; config/env.example lists every name that is read here."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from hrassist import env

BASE_DIR = Path(__file__).resolve().parent.parent
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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.AuditMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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


def _database_url() -> str:
    url = env.secret("DATABASE_URL", "")
    if url or OFFLINE:
        return url or "postgresql://offline@127.0.0.1:1/offline"
    if not DEVELOPMENT:
        raise ImproperlyConfigured("DATABASE_URL is not set. Set it as config/env.example shows.")
    from hrassist.lib import devdb  # noqa: PLC0415  only development may start a database of its own

    return devdb.url(VAR_DIR / "devdb")


_DEFAULT_DB: dict[str, Any] = {
    **env.database(_database_url()),
    "CONN_MAX_AGE": 0 if TESTING else env.number("HRASSIST_DB_CONN_MAX_AGE", 600),
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT_DB,
    # What must be on record although the request rolls back goes through a connection of its own.
    "audit": {**_DEFAULT_DB, "TEST": {"MIRROR": "default"}},
}
# Of the web process only, see hrassist.databases; pgbouncer needs ignore_startup_parameters=options for it, or 0 here.
DB_STATEMENT_TIMEOUT = env.number("HRASSIST_DB_STATEMENT_TIMEOUT", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["hrassist.databases.OneSchemaRouter"]

# --- Cache and sessions: Redis when there is one ----------------------------------------------------------------------

REDIS_URL = env.secret("REDIS_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = env.flag("SESSION_COOKIE_SECURE", default=not DEVELOPMENT)
CSRF_COOKIE_SECURE = env.flag("CSRF_COOKIE_SECURE", default=not DEVELOPMENT)
# The __Host- prefix binds a cookie to this host and to TLS; browsers refuse it over plain HTTP.
SESSION_COOKIE_NAME = "__Host-sessionid" if SESSION_COOKIE_SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if CSRF_COOKIE_SECURE else "csrftoken"
SESSION_COOKIE_AGE = int(timedelta(hours=8).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
CSRF_TRUSTED_ORIGINS = env.items("HRASSIST_CSRF_TRUSTED_ORIGINS")

# --- People and passwords ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "hrassist.User"
AUTHENTICATION_BACKENDS = ["hrassist.sign_in.SessionBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("HRASSIST_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# --- Static files and uploads -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("HRASSIST_STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "hrassist" / "static"]
# Nothing that a browser uploads passes through a form of ours: small limits on purpose.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

AWS_ACCESS_KEY_ID = env.secret("AWS_ACCESS_KEY_ID", "")
AWS_SECRET_ACCESS_KEY = env.secret("AWS_SECRET_ACCESS_KEY", "")
AWS_S3_BUCKET_NAME = env.text("AWS_S3_BUCKET_NAME", "")
AWS_S3_REGION = env.text("AWS_S3_REGION", "us-east-1")
AWS_S3_ENDPOINT_URL = env.text("AWS_S3_ENDPOINT_URL", "")
S3_INCOMING_BUCKET_NAME = env.text("HRASSIST_S3_INCOMING_BUCKET_NAME", AWS_S3_BUCKET_NAME)
S3_UPLOAD_METHOD = env.choice("HRASSIST_S3_UPLOAD_METHOD", "auto", among=("auto", "post", "put"))
S3_PREFIX = env.text("HRASSIST_S3_PREFIX", "")
S3_ADDRESSING_STYLE = env.choice("HRASSIST_S3_ADDRESSING_STYLE", "auto", among=("auto", "path", "virtual"))
STORAGE_BACKEND = "s3" if AWS_S3_BUCKET_NAME else "disk"
DISK_STORAGE_DIR = Path(env.text("HRASSIST_STORAGE_DIR", str(VAR_DIR / "storage")))

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DISK_STORAGE_DIR}},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TESTING
            # Compressing takes ten processor seconds, which nobody should wait for at a first start.
            else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            if DEVELOPMENT
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
if STORAGE_BACKEND == "s3":
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": AWS_ACCESS_KEY_ID,
            "secret_key": AWS_SECRET_ACCESS_KEY,
            "bucket_name": AWS_S3_BUCKET_NAME,
            "region_name": AWS_S3_REGION,
            "endpoint_url": AWS_S3_ENDPOINT_URL or None,
            "location": S3_PREFIX,
            "addressing_style": S3_ADDRESSING_STYLE,
            "default_acl": None,
            "file_overwrite": False,
            "querystring_expire": 60,
        },
    }

UPLOAD_MAX_BYTES = env.number("HRASSIST_UPLOAD_MAX_MB", 10, least=1, most=100) * 1024 * 1024
UPLOAD_TICKET_LIFETIME = timedelta(minutes=15)
UPLOAD_CONFIRM_GRACE = timedelta(minutes=15)
UPLOAD_OPEN_TICKETS_PER_USER = env.number("HRASSIST_UPLOAD_OPEN_TICKETS", 500, least=1)
UPLOAD_BYTES_PER_USER_DAY = env.number("HRASSIST_UPLOAD_MB_PER_DAY", 20_000, least=1) * 1024 * 1024

CLAMD_SOCKET = env.text("HRASSIST_CLAMD_SOCKET", "")
# nginx serves the bytes when it stands in front: the app answers with this internal location instead.
ACCEL_REDIRECT_PREFIX = env.text("HRASSIST_ACCEL_REDIRECT_PREFIX", "")

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hrassist.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hrassist.lib.rest.ScopedModelPermission"],
    "DEFAULT_PAGINATION_CLASS": "hrassist.lib.rest.OpaqueCursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["hrassist.lib.rest.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["hrassist.lib.rest.RateThrottle"],
    "DEFAULT_SCHEMA_CLASS": "hrassist.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "hrassist.api.errors.handle",
    "NUM_PROXIES": env.number("HRASSIST_TRUSTED_PROXIES", 0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Models live above hrassist.lib: it is told here who keeps the answers to repeated POSTs.
API_ANSWER_ONCE = "hrassist.api.idempotency.answer_once"
# The first ones may come at once, then one each 60/limit seconds, for each token or person.
API_REQUESTS_PER_MINUTE = env.number("HRASSIST_API_REQUESTS_PER_MINUTE", 1000, least=1)
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "hrassist",
    "DESCRIPTION": "The recruitment back office as an API. Guide: docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "jobs.models.Job.Status",
        "EmploymentType": "jobs.models.Job.EmploymentType",
        "TeamRole": "jobs.models.HiringTeamMember.Role",
        "StageKind": "jobs.models.Stage.Kind",
        "ApplicationStatus": "jobs.models.Application.Status",
        "RejectionKind": "jobs.models.RejectionReason.Kind",
        "EvidenceStrength": "jobs.models.MatchEvidence.Strength",
        "ContactStatus": "candidates.models.contact.Contact.Status",
        "ContactType": "candidates.models.contact.Contact.Type",
        "ResumeState": "candidates.models.Resume.State",
        "UploadState": "candidates.models.UploadTicket.State",
        "UploadMethod": "candidates.models.UploadTicket.Method",
    },
}
CORS_ALLOWED_ORIGINS = env.items("CORS_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = False

# --- Transport and headers --------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.flag("HRASSIST_SSL_REDIRECT", default=not DEVELOPMENT)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else env.number("HRASSIST_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.number("HRASSIST_TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # Filled by hrassist.lib.storage when the browser talks to an object store.
        "connect-src": [SELF, *env.items("HRASSIST_UPLOAD_ORIGINS")],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
if AWS_S3_ENDPOINT_URL:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append("/".join(AWS_S3_ENDPOINT_URL.split("/")[:3]))
elif AWS_S3_BUCKET_NAME:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(
        f"https://{S3_INCOMING_BUCKET_NAME}.s3.{AWS_S3_REGION}.amazonaws.com"
    )
# Behind a proxy the stream process answers at the pages' own address. In development there is none, so it has a port.
STREAM_PORT = env.number("HRASSIST_STREAM_PORT", 0, most=65_535)
if DEVELOPMENT and STREAM_PORT:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] += [
        f"http://{host}:{STREAM_PORT}" for host in ("localhost", "127.0.0.1")
    ]

# --- Mail -------------------------------------------------------------------------------------------------------------

# Mails have no page they stand on: their links need the whole address.
_site = f"http://127.0.0.1:{env.number('HRASSIST_PORT', 8000)}"
if not DEVELOPMENT:
    _site = f"https://{next(iter(ALLOWED_HOSTS), 'localhost').lstrip('.')}"
PUBLIC_URL = env.text("HRASSIST_PUBLIC_URL", _site).rstrip("/")
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "hrassist@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where mail systems report what they cannot deliver; by default the address that mails come from.
BOUNCE_ADDRESS = env.text("HRASSIST_BOUNCE_ADDRESS", "")
SENDGRID_API_KEY = env.secret("SENDGRID_API_KEY", "")
# What the provider signs in with when it reports a bounce, as user:password. Without it such reports are not taken.
MAIL_REPORTS_SECRET = env.secret("HRASSIST_MAIL_REPORTS_SECRET", "")
ANYMAIL = {"SENDGRID_API_KEY": SENDGRID_API_KEY, "WEBHOOK_SECRET": MAIL_REPORTS_SECRET or None}
EMAIL_HOST = env.text("HRASSIST_SMTP_HOST", "")
EMAIL_HOST_USER = env.text("HRASSIST_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.secret("HRASSIST_SMTP_PASSWORD", "")
SMTP_SECURITY = env.choice("HRASSIST_SMTP_SECURITY", "starttls", among=("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_SECURITY == "starttls", SMTP_SECURITY == "tls"
EMAIL_PORT = env.number("HRASSIST_SMTP_PORT", {"starttls": 587, "tls": 465, "none": 25}[SMTP_SECURITY], most=65_535)
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_BACKEND = env.mail_backend(development=DEVELOPMENT, provider=bool(SENDGRID_API_KEY), server=bool(EMAIL_HOST))
MAIL_PER_SENDER_DAY = env.number("HRASSIST_MAIL_PER_SENDER_DAY", 500, least=1)

# --- The company, as mails and letters name it ------------------------------------------------------------------------

COMPANY_NAME = env.text("HRASSIST_COMPANY_NAME", "Our company")
# One line of the letterhead each.
COMPANY_ADDRESS = env.items("HRASSIST_COMPANY_ADDRESS")

# --- Candidate verification by web search (off without both) ----------------------------------------------------------

GOOGLE_API_KEY = env.secret("GOOGLE_API_KEY", "")
GOOGLE_CSE_ID = env.text("GOOGLE_CSE_ID", "")

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

# --- Ours -------------------------------------------------------------------------------------------------------------

RANKING_CONFIG = BASE_DIR / "config" / "ranking.toml"
SILENCED_SYSTEM_CHECKS: list[str] = []
