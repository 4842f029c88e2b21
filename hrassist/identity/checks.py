"""System checks of signing in: what would let somebody in who should not be, or keep everybody out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from hrassist.accounts import BadAccount, role_named
from hrassist.checks import START


@register(START)
def check_sign_in(**_kwargs: Any) -> list[CheckMessage]:
    """Second factors off, a provider set up by half, a role that does not exist, and nobody who could sign in."""
    found: list[CheckMessage] = []
    if not (settings.REQUIRE_MFA or settings.DEVELOPMENT):
        found.append(
            Warning(
                "A password alone opens this installation: HRASSIST_REQUIRE_MFA is off.",
                hint="Remove HRASSIST_REQUIRE_MFA=off. People set up their second factor at their next sign-in.",
                id="hrassist.W050",
            )
        )
    return [*found, *_providers(), *_roles()]


def _providers() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.OIDC_ISSUER and not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        found.append(
            Error(
                "HRASSIST_OIDC_ISSUER is set without HRASSIST_OIDC_CLIENT_ID and HRASSIST_OIDC_CLIENT_SECRET.",
                hint="The provider names both where this installation is registered; see docs/sign-in.md.",
                id="hrassist.E051",
            )
        )
    if settings.SAML_IDP_ENTITY_ID and not (settings.SAML_IDP_SSO_URL and settings.SAML_IDP_CERTIFICATE):
        found.append(
            Error(
                "HRASSIST_SAML_IDP_ENTITY_ID is set without HRASSIST_SAML_IDP_SSO_URL and "
                "HRASSIST_SAML_IDP_CERTIFICATE.",
                hint="Both stand in the provider's metadata; see docs/sign-in.md.",
                id="hrassist.E052",
            )
        )
    over_tls = all(not one or one.startswith("https://") for one in (settings.OIDC_ISSUER, settings.SAML_IDP_SSO_URL))
    if not over_tls and not settings.DEVELOPMENT:
        found.append(
            Error(
                "A provider of sign-in is not asked over https://.",
                hint="Whoever stands in between could sign in as anybody. Use its https:// address.",
                id="hrassist.E053",
            )
        )
    if settings.REQUIRE_SSO and not (settings.OIDC_ISSUER or settings.SAML_IDP_ENTITY_ID):
        found.append(
            Error(
                "HRASSIST_REQUIRE_SSO is on and no provider is set up: nobody could sign in.",
                hint="Set HRASSIST_OIDC_ISSUER or HRASSIST_SAML_IDP_ENTITY_ID, or remove HRASSIST_REQUIRE_SSO.",
                id="hrassist.E054",
            )
        )
    return found


def _roles() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in {*settings.SSO_ROLES.values(), settings.SSO_DEFAULT_ROLE} - {""}:
        try:
            role_named(name)
        except BadAccount as error:
            found.append(
                Error(
                    f"HRASSIST_SSO_ROLES or HRASSIST_SSO_DEFAULT_ROLE names a role that there is not. {error.message}",
                    hint="Write a role as on the command line: hiring-manager.",
                    id="hrassist.E055",
                )
            )
    return found
