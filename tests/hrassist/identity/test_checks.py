"""What a start of the site says of settings of signing in that would let somebody in, or nobody."""

import pytest

from hrassist.identity.checks import check_sign_in


@pytest.fixture
def production(settings):
    settings.DEVELOPMENT = False
    settings.REQUIRE_MFA = True
    return settings


def test_a_sound_installation_passes(production):
    assert check_sign_in() == []


def test_in_development_no_second_factor_is_missed(settings):
    settings.REQUIRE_MFA = False
    assert check_sign_in() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"REQUIRE_MFA": False}, "hrassist.W050"),
        ({"OIDC_ISSUER": "https://idp.example.org"}, "hrassist.E051"),
        ({"SAML_IDP_ENTITY_ID": "https://idp.example.org"}, "hrassist.E052"),
        (
            {"OIDC_ISSUER": "http://idp.example.org", "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "secret"},
            "hrassist.E053",
        ),
        ({"REQUIRE_SSO": True}, "hrassist.E054"),
        ({"SSO_ROLES": {"hr": "recruter"}}, "hrassist.E055"),
        ({"SSO_DEFAULT_ROLE": "superuser"}, "hrassist.E055"),
    ],
)
def test_each_mistake_is_named_with_what_to_do(production, changed, expected):
    for name, value in changed.items():
        setattr(production, name, value)
    (found,) = check_sign_in()
    assert found.id == expected
    assert found.hint
