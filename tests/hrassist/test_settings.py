import json
import subprocess
import sys

import pytest

from tests.hrassist.test_env import PRODUCTION, ROOT

SHOW = (
    "import json; from hrassist import settings as s;"
    "print(json.dumps({name: getattr(s, name, None) for name in NAMES}, default=str))"
)


def start(names: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    code = SHOW.replace("NAMES", repr(names))
    variables = {name: value for name, value in (PRODUCTION | environment).items() if value}
    return subprocess.run(
        [sys.executable, "-c", code], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )


def settings_with(*names: str, **environment: str) -> list[object]:
    done = start(list(names), **environment)
    assert done.returncode == 0, done.stderr[-1500:]
    return list(json.loads(done.stdout).values())


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_production_does_not_start_without(name):
    done = start([], **{name: ""})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_production_has_no_development_key_host_or_plain_cookie():
    names = (
        "DEVELOPMENT",
        "DEBUG",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "ALLOWED_HOSTS",
    )
    assert settings_with(*names) == [False, False, True, True, True, ["hr.example.com"]]


def test_prices_of_ones_own_outlive_a_release():
    assert settings_with("PRICES_CONFIG") == [str(ROOT / "config/prices.toml")]
    assert settings_with("PRICES_CONFIG", HRASSIST_PRICES_FILE="/etc/hrassist/prices.toml") == [
        "/etc/hrassist/prices.toml"
    ]


def test_secure_cookies_are_bound_to_the_host():
    assert settings_with("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME") == ["__Host-sessionid", "__Host-csrftoken"]


def test_no_proxy_header_is_believed_without_a_trusted_proxy():
    assert settings_with("SECURE_PROXY_SSL_HEADER") == [None]
    assert settings_with("SECURE_PROXY_SSL_HEADER", HRASSIST_TRUSTED_PROXIES="1") == [
        ["HTTP_X_FORWARDED_PROTO", "https"]
    ]


def test_a_bucket_chooses_the_object_store_and_opens_the_pages_to_it():
    backend, policy = settings_with(
        "STORAGE_BACKEND",
        "CONTENT_SECURITY_POLICY",
        AWS_S3_BUCKET_NAME="resumes",
        AWS_S3_ENDPOINT_URL="https://s3.example.com/path",
    )
    assert backend == "s3"
    assert "https://s3.example.com" in policy["DIRECTIVES"]["connect-src"]


def test_mail_goes_through_the_provider_else_through_the_server_else_into_the_log():
    def backend(**environment):
        (found,) = settings_with("EMAIL_BACKEND", **environment)
        return found.split(".")[-2]

    assert backend() == "console"
    assert backend(HRASSIST_SMTP_HOST="mail.example.com") == "smtp"
    assert backend(HRASSIST_SMTP_HOST="mail.example.com", SENDGRID_API_KEY="x") == "sendgrid"


def test_in_development_no_mail_leaves_whatever_is_set():
    (found,) = settings_with(
        "EMAIL_BACKEND", HRASSIST_ENV="development", HRASSIST_SMTP_HOST="mail.example.com", SENDGRID_API_KEY="x"
    )
    assert found == "django.core.mail.backends.filebased.EmailBackend"


@pytest.mark.parametrize(
    ("security", "seen"), [("starttls", [True, False, 587]), ("tls", [False, True, 465]), ("none", [False, False, 25])]
)
def test_the_connection_to_the_mail_server_is_private_unless_said_otherwise(security, seen):
    names = ("EMAIL_USE_TLS", "EMAIL_USE_SSL", "EMAIL_PORT")
    assert settings_with(*names, HRASSIST_SMTP_HOST="x", HRASSIST_SMTP_SECURITY=security) == seen


def test_only_in_development_pages_may_reach_the_port_of_the_stream_process():
    def reached(**environment):
        (policy,) = settings_with("CONTENT_SECURITY_POLICY", **environment)
        return policy["DIRECTIVES"]["connect-src"]

    assert reached(HRASSIST_STREAM_PORT="8001") == ["'self'"]
    development = {"HRASSIST_ENV": "development", "ALLOWED_HOSTS": ""}
    assert reached(**development) == ["'self'"]
    assert reached(**development, HRASSIST_STREAM_PORT="8001") == [
        "'self'", "http://localhost:8001", "http://127.0.0.1:8001",
    ]  # fmt: skip


def test_pages_run_no_script_but_their_own():
    (policy,) = settings_with("CONTENT_SECURITY_POLICY")
    directives = policy["DIRECTIVES"]
    assert directives["script-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]
    assert not [value for values in directives.values() for value in values if "unsafe" in value or value == "*"]


def test_redis_carries_the_cache_when_there_is_one():
    (caches,) = settings_with("CACHES", REDIS_URL="redis://127.0.0.1:1/0")
    assert caches["default"]["BACKEND"].endswith("DegradingCache")


def checked(sound: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=sound | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_checks_of_a_deployment_find_nothing(sound):
    """All of Django's, of every package's and of ours, with the settings of a production."""
    done = checked(sound)
    assert done.returncode == 0, done.stdout + done.stderr[-1500:]
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SECRET_KEY": "x" * 64}, "hrassist.E002"),
        ({"DEBUG": "on"}, "hrassist.E001"),
        ({"ALLOWED_HOSTS": "*"}, "hrassist.E003"),
        ({"CORS_ORIGINS": "*"}, "hrassist.E006"),
        ({"HRASSIST_PUBLIC_URL": "http://hr.example.com"}, "hrassist.E008"),
    ],
)
def test_a_weak_production_does_not_start(sound, environment, expected):
    done = checked(sound, **environment)
    assert done.returncode != 0
    assert expected in done.stderr


def test_a_start_reads_in_no_library_that_few_processes_use():
    """Each takes a tenth of a second and more of every command, process and restart."""
    seldom = {"openpyxl", "pikepdf", "boto3", "onnxruntime", "redis", "sentry_sdk", "django.test"}
    said = subprocess.run(
        [sys.executable, "-c", "import django, sys; django.setup(); print(*sys.modules)"],
        env=PRODUCTION | {"DJANGO_SETTINGS_MODULE": "hrassist.settings"}, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert seldom & set(said.stdout.split()) == set()
