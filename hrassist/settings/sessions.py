"""Who signs in, how, and how long that lasts."""

from datetime import timedelta
from typing import Any

from hrassist import env
from hrassist.settings.base import DEVELOPMENT, TESTING

# --- Cache: Redis when there is one; sessions stay in the database ----------------------------------------------------

REDIS_URL = env.secret("REDIS_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "hrassist.lib.redis_server.DegradingCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "hrassist",
            "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.5},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
SESSION_ENGINE = "hrassist.identity.sessions"
SESSION_COOKIE_SECURE = env.flag("SESSION_COOKIE_SECURE", default=not DEVELOPMENT)
CSRF_COOKIE_SECURE = env.flag("CSRF_COOKIE_SECURE", default=not DEVELOPMENT)
# The __Host- prefix binds a cookie to this host and to TLS; browsers refuse it over plain HTTP.
SESSION_COOKIE_NAME = "__Host-sessionid" if SESSION_COOKIE_SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if CSRF_COOKIE_SECURE else "csrftoken"
# However much it is used, a session ends after this; unused, it ends sooner.
SESSION_COOKIE_AGE = 3600 * env.number("HRASSIST_SESSION_HOURS", 8, least=1, most=24)
SESSION_IDLE = timedelta(minutes=env.number("HRASSIST_SESSION_IDLE_MINUTES", 30, least=5, most=24 * 60))
# For how long after proving who they are people may change factors, tokens and roles without proving it again.
PROOF_LASTS = timedelta(minutes=env.number("HRASSIST_PROOF_MINUTES", 15, least=1, most=120))
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
CSRF_TRUSTED_ORIGINS = env.items("HRASSIST_CSRF_TRUSTED_ORIGINS")

# --- Second factors and single sign-on -------------------------------------------------------------------------

# Nobody sees a page before a second factor; off in development, so that `make run` needs no phone.
REQUIRE_MFA = env.flag("HRASSIST_REQUIRE_MFA", default=not DEVELOPMENT)
# The company's own sign-in, by OpenID Connect and by SAML 2.0; either is there when its first line is set.
OIDC_ISSUER = env.text("HRASSIST_OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = env.text("HRASSIST_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.secret("HRASSIST_OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.text("HRASSIST_OIDC_NAME", "company account")
OIDC_SCOPES = env.items("HRASSIST_OIDC_SCOPES", "openid,profile,email")
OIDC_ROLE_CLAIM = env.text("HRASSIST_OIDC_ROLE_CLAIM", "groups")
SAML_IDP_ENTITY_ID = env.text("HRASSIST_SAML_IDP_ENTITY_ID", "")
SAML_IDP_SSO_URL = env.text("HRASSIST_SAML_IDP_SSO_URL", "")
SAML_IDP_CERTIFICATE = env.secret("HRASSIST_SAML_IDP_CERTIFICATE", "")
SAML_NAME = env.text("HRASSIST_SAML_NAME", "company account")
SAML_ROLE_ATTRIBUTE = env.text("HRASSIST_SAML_ROLE_ATTRIBUTE", "groups")
SSO_ROLES = env.pairs("HRASSIST_SSO_ROLES")
SSO_DEFAULT_ROLE = env.text("HRASSIST_SSO_DEFAULT_ROLE", "")
SSO_MFA_VALUES = env.items("HRASSIST_SSO_MFA_VALUES")
SSO_LINK_EMAIL = env.flag("HRASSIST_SSO_LINK_EMAIL", default=False)
# Passwords then open the sealed emergency account only.
REQUIRE_SSO = env.flag("HRASSIST_REQUIRE_SSO", default=False)

# What the library must know; every decision is ours, in hrassist/identity.
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "hrassist.identity.providers.Adapter"
SOCIALACCOUNT_STORE_TOKENS = False

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
    {"NAME": "hrassist.identity.passwords.GuessableValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
