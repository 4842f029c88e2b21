import pytest
from django.core.checks import run_checks

from hrassist import checks


@pytest.fixture
def production(settings):
    """A sound production installation; each test spoils one thing."""
    settings.DEVELOPMENT = False
    settings.DEBUG = False
    settings.SECRET_KEY = "".join(chr(33 + n) for n in range(64))
    settings.SECRET_KEY_FALLBACKS, settings.CORS_ALLOWED_ORIGINS, settings.CSRF_TRUSTED_ORIGINS = [], [], []
    settings.PUBLIC_URL = "https://hr.example.com"
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    settings.ALLOWED_HOSTS = ["hr.example.com"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.STORAGE_BACKEND, settings.AWS_S3_BUCKET_NAME = "s3", "resumes"
    settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = "key"
    settings.CLAMD_SOCKET = "/run/clamav/clamd.ctl"
    settings.GOOGLE_API_KEY = settings.GOOGLE_CSE_ID = ""
    settings.ENVIRONMENT, settings.EMAIL_BACKEND = "production", "django.core.mail.backends.smtp.EmailBackend"
    return settings


def ids() -> list[str]:
    found = [
        message
        for check in (
            checks.check_production_settings,
            checks.check_storage,
            checks.check_scanner,
            checks.check_verification,
            checks.check_halves,
            checks.check_repeated_writes,
            checks.check_mail,
        )
        for message in check()
    ]
    assert all(message.hint for message in found), "a check without a hint helps nobody"
    return [message.id for message in found]


def test_a_sound_installation_passes(production):
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEBUG", True, "hrassist.E001"),
        ("SECRET_KEY", "short", "hrassist.E002"),
        ("SECRET_KEY", "development-only-key-that-is-refused-in-production-by-check-E001", "hrassist.E002"),
        ("SECRET_KEY", "x" * 64, "hrassist.E002"),
        ("SECRET_KEY", "django-insecure-" + "".join(chr(33 + n) for n in range(64)), "hrassist.E002"),
        ("SECRET_KEY_FALLBACKS", ["".join(chr(33 + n) for n in range(64)), "short"], "hrassist.E005"),
        ("CORS_ALLOWED_ORIGINS", ["*"], "hrassist.E006"),
        ("CORS_ALLOWED_ORIGINS", ["https://*.example.com"], "hrassist.E006"),
        ("CORS_ALLOWED_ORIGINS", ["http://app.example.com"], "hrassist.E006"),
        ("CORS_ALLOW_ALL_ORIGINS", True, "hrassist.E006"),
        ("CSRF_TRUSTED_ORIGINS", ["http://app.example.com"], "hrassist.E007"),
        ("CSRF_TRUSTED_ORIGINS", ["https://*.example.com"], "hrassist.E007"),
        ("ERASURE_LEDGER_KEY", "abc", "hrassist.E014"),
        ("RECEIPT_KEY", "ab" * 40, "hrassist.E014"),
        ("METRICS_TOKEN", "short", "hrassist.E015"),
        ("METRICS_TOKEN", "a" * 64, "hrassist.E015"),
        ("PUBLIC_URL", "http://hr.example.com", "hrassist.E008"),
        ("PUBLIC_URL", "https://hr.example.com/x?y", "hrassist.E008"),
        ("PUBLIC_URL", "", "hrassist.E008"),
        ("SECURE_HSTS_SECONDS", 3600, "hrassist.W005"),
        ("SECURE_SSL_REDIRECT", False, "hrassist.W005"),
        ("ALLOWED_HOSTS", [], "hrassist.E003"),
        ("ALLOWED_HOSTS", ["*"], "hrassist.E003"),
        ("SESSION_COOKIE_SECURE", False, "hrassist.E004"),
        ("CSRF_COOKIE_SECURE", False, "hrassist.E004"),
        ("AWS_SECRET_ACCESS_KEY", "", "hrassist.E010"),
        ("AWS_S3_BUCKET_NAME", "", "hrassist.E011"),
        ("STORAGE_BACKEND", "disk", "hrassist.W010"),
        ("CLAMD_SOCKET", "", "hrassist.W020"),
        ("GOOGLE_API_KEY", "key", "hrassist.E030"),
        ("GOOGLE_CSE_ID", "engine", "hrassist.E030"),
        ("EMAIL_HOST_USER", "hr", "hrassist.E016"),
        ("EMAIL_HOST_PASSWORD", "word", "hrassist.E016"),
        ("AUDIT_ANCHOR_ACCESS_KEY_ID", "key", "hrassist.E016"),
        ("BACKUP_PLACES", {"B": {"access_key": "key", "secret_key": ""}}, "hrassist.E016"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "hrassist.W031"),
        ("WRITES_REPEATED", True, "hrassist.E017"),
    ],
)
def test_each_mistake_has_its_own_id(production, name, value, expected):
    setattr(production, name, value)
    assert ids() == [expected]


def test_development_may_have_what_production_may_not(production):
    production.DEVELOPMENT = True
    production.DEBUG, production.SECRET_KEY, production.CLAMD_SOCKET = True, "short", ""
    assert ids() == []


def test_half_of_a_pair_names_both(production):
    production.BACKUP_PLACES = {"A": {"access_key": "", "secret_key": "word"}}
    (said,) = checks.check_halves()
    assert said.msg == "One of HRASSIST_BACKUP_A_ACCESS_KEY_ID and HRASSIST_BACKUP_A_SECRET_ACCESS_KEY is missing."


def test_staging_leaves_its_mails_in_the_log(production):
    production.ENVIRONMENT = production.S3_PREFIX = "staging"
    production.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert ids() == []


def test_the_checks_are_registered():
    from django.core.checks.registry import registry

    ours = {check.__name__ for check in registry.get_checks() if check.__module__ == "hrassist.checks"}
    assert {"check_production_settings", "check_storage", "check_scanner", "check_verification"} <= ours
    assert {"check_halves", "check_mail"} <= ours
    assert run_checks(tags=["security"]) == []
