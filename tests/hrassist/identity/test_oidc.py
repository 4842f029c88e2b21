"""The company's own sign-in by OpenID Connect, against a provider that really listens, honest and hostile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from hrassist.models import Session, User
from tests.factories import UserFactory
from tests.hrassist.identity.conftest import PASSWORD
from tests.hrassist.identity.oidc_provider import CLIENT, CLIENT_SECRET, OidcProvider

pytestmark = pytest.mark.django_db
ADA = {
    "sub": "ada-1", "email": "ada@example.org", "email_verified": True, "preferred_username": "ada",
    "given_name": "Ada", "family_name": "Lovelace", "groups": ["hr-recruiting", "everybody"],
}  # fmt: skip


@pytest.fixture
def provider(settings: Any) -> Iterator[OidcProvider]:
    one = OidcProvider()
    one.claims = dict(ADA)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = one.issuer, CLIENT, CLIENT_SECRET
    settings.SSO_ROLES = {"hr-recruiting": "recruiter", "hr-it": "operator"}
    yield one
    one.stop()


def to_the_provider_and_back(client: Client, wanted: str = "/jobs/job/") -> str:
    """What the browser is told to ask for after the provider said yes."""
    begun = client.get("/sso/oidc/", {"next": wanted})
    assert begun.status_code == 302, begun.content
    back = requests.get(begun.url, allow_redirects=False, timeout=10)
    address = urlsplit(back.headers["Location"])
    assert address.path == "/sso/oidc/return/"
    return f"{address.path}?{address.query}"


def sign_in(client: Client) -> Any:
    return client.get(to_the_provider_and_back(client))


def refused(client: Client, events: Any) -> str:
    answer = sign_in(client)
    assert answer.status_code == 403
    assert b"Not signed in" in answer.content
    assert not Session.objects.exclude(user=None).exists()
    (event,) = events("user.sso_refused")
    return str(event.reason_code)


def test_somebody_new_gets_an_account_with_the_role_of_their_group(provider, events):
    client = Client()
    assert b"Sign in with company account" in client.get("/login/").content
    assert sign_in(client).url == "/jobs/job/"
    assert client.get("/jobs/job/").status_code == 200
    ada = User.objects.get(username="ada")
    assert (ada.first_name, ada.email, ada.has_usable_password()) == ("Ada", "ada@example.org", False)
    assert list(ada.groups.values_list("name", flat=True)) == ["Recruiter"]
    assert not ada.is_superuser
    (asked,) = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"]
    assert [event.changes["provider"] for event in events("user.sso_signed_in")] == ["oidc"]
    assert ADA["email"] not in str([event.changes for event in events("user.")])


def test_the_same_person_comes_back_to_the_same_account_whatever_they_are_called_now(provider):
    sign_in(Client())
    provider.claims |= {"email": "ada.king@example.org", "preferred_username": "ada.king"}
    assert sign_in(Client()).status_code == 302
    assert User.objects.count() == 1
    assert SocialAccount.objects.get().user == User.objects.get()


def test_roles_follow_the_groups_and_end_the_sessions_that_began_with_others(provider, events):
    first = Client()
    sign_in(first)
    provider.claims["groups"] = ["hr-it"]
    sign_in(Client())
    assert list(User.objects.get().groups.values_list("name", flat=True)) == ["Operator"]
    assert first.get("/jobs/job/").status_code == 302
    provider.claims["groups"] = ["everybody"]
    answer = sign_in(Client())
    assert b"none of its groups has a role here" in answer.content
    assert not User.objects.get().groups.exists()
    assert not Session.objects.exclude(user=None).exists()


def test_without_a_role_nobody_comes_in_and_no_account_is_made(provider, events, settings):
    provider.claims["groups"] = ["everybody"]
    assert refused(Client(), events) == "no_role"
    assert not User.objects.exists()
    settings.SSO_DEFAULT_ROLE = "interviewer"
    assert sign_in(Client()).status_code == 302
    assert User.objects.get().groups.get().name == "Interviewer"


def test_a_nested_claim_and_one_from_the_other_answer_are_read(provider, settings):
    settings.OIDC_ROLE_CLAIM = "realm_access.roles"
    del provider.claims["groups"]
    provider.userinfo = {"sub": "ada-1", "realm_access": {"roles": ["hr-recruiting"]}}
    assert sign_in(Client()).status_code == 302


def test_the_other_answer_must_speak_of_the_same_person(provider, events):
    del provider.claims["groups"]
    provider.userinfo = {"sub": "somebody-else", "groups": ["hr-recruiting"]}
    assert refused(Client(), events) == "not_checked"


def test_an_account_that_was_switched_off_stays_shut(provider, events):
    sign_in(Client())
    User.objects.update(is_active=False)
    Session.objects.all().delete()
    assert refused(Client(), events) == "inactive"


@pytest.mark.parametrize("verified", [True, False])
def test_the_address_of_an_account_opens_it_to_nobody(provider, events, verified):
    UserFactory(username="ada", email="Ada@example.org", role="Operator")
    provider.claims["email_verified"] = verified
    assert refused(Client(), events) == "email_taken"
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("said", [False, None, "true", "yes", 1])
def test_where_addresses_are_linked_only_a_verified_one_counts(provider, events, settings, said):
    settings.SSO_LINK_EMAIL = True
    UserFactory(username="ada", email="ada@example.org", role="Operator")
    provider.claims["email_verified"] = said
    assert refused(Client(), events) == "email_taken"


def test_a_verified_address_links_the_account_where_that_is_allowed_but_never_a_superuser(provider, settings):
    settings.SSO_LINK_EMAIL = True
    own = UserFactory(username="countess", email="ada@example.org", role="Operator")
    assert sign_in(Client()).status_code == 302
    assert SocialAccount.objects.get().user == own
    SocialAccount.objects.all().delete()
    User.objects.update(is_superuser=True)
    assert sign_in(Client()).status_code == 403


def test_a_name_that_is_taken_is_not_that_account(provider):
    UserFactory(username="ada", email="other@example.org")
    sign_in(Client())
    assert SocialAccount.objects.get().user.username == "ada-2"


def test_the_providers_second_factor_counts_only_where_it_is_trusted(provider, settings):
    settings.REQUIRE_MFA = True
    provider.claims["amr"] = ["pwd", "otp"]
    client = Client()
    assert sign_in(client).url.startswith("/account/enrol/")
    assert client.get("/jobs/job/").status_code == 302
    settings.SSO_MFA_VALUES = ["otp", "hwk"]
    client = Client()
    assert sign_in(client).url == "/jobs/job/"
    assert client.get("/jobs/job/").status_code == 200
    provider.claims["amr"] = ["pwd"]
    assert sign_in(Client()).url.startswith("/account/enrol/")


def test_who_has_only_the_company_account_proves_themselves_there_once_more(provider, settings):
    client = Client()
    sign_in(client)
    settings.PROOF_LASTS = timedelta(0)
    assert client.get("/account/factors/add/").url.startswith("/account/confirm/")
    assert b"Sign in with company account once more" in client.get("/account/confirm/").content
    settings.PROOF_LASTS = timedelta(minutes=15)
    assert client.get(to_the_provider_and_back(client, wanted="/account/factors/add/")).url == "/account/factors/add/"
    assert client.get("/account/factors/add/").status_code == 200


def test_passwords_open_nothing_where_the_companys_sign_in_is_required(provider, settings, rosa, events):
    settings.REQUIRE_SSO = True
    client = Client()
    answer = client.post("/login/", {"username": "rosa", "password": PASSWORD})
    assert answer.status_code == 200
    wrong = client.post("/login/", {"username": "rosa", "password": "not-the-password"})
    nobody = client.post("/login/", {"username": "nobody", "password": PASSWORD})
    said = [b"company account" in one.content and b"errornote" in one.content for one in (answer, wrong, nobody)]
    assert said == [True, True, True]
    assert not Session.objects.exclude(user=None).exists()


# --- Hostile ----------------------------------------------------------------------------------------------------------


def other_key() -> Any:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def by_public_key(claims: dict[str, Any], provider: OidcProvider) -> str:
    """Signed with what everybody knows, in the hope that it is taken for a shared secret."""
    public = provider.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "one"}, claims]
    head = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.new(public, head, hashlib.sha256).digest()).rstrip(b"=")
    return (head + b"." + signature).decode()


FORGED = {
    "another_key": lambda claims, provider: provider.sign(claims, key=other_key()),
    "alg_none": lambda claims, provider: jwt.encode(claims, None, algorithm="none", headers={"kid": "one"}),
    "alg_none_without_kid": lambda claims, provider: jwt.encode(claims, None, algorithm="none"),
    "the_public_key_as_secret": by_public_key,
    "a_key_that_is_not_named": lambda claims, provider: jwt.encode(
        claims, provider.key, algorithm="RS256", headers={"kid": "two"}
    ),
    "another_audience": lambda claims, provider: provider.sign(claims | {"aud": "another-app"}),
    "two_audiences": lambda claims, provider: provider.sign(claims | {"aud": [CLIENT, "b"], "azp": "b"}),
    "another_issuer": lambda claims, provider: provider.sign(claims | {"iss": "https://evil.example"}),
    "expired": lambda claims, provider: provider.sign(claims | {"exp": claims["iat"] - 120}),
    "not_yet": lambda claims, provider: provider.sign(claims | {"nbf": claims["iat"] + 600}),
    "never_expires": lambda claims, provider: provider.sign({k: v for k, v in claims.items() if k != "exp"}),
    "another_nonce": lambda claims, provider: provider.sign(claims | {"nonce": "of-another-browser"}),
    "no_nonce": lambda claims, provider: provider.sign({k: v for k, v in claims.items() if k != "nonce"}),
    "nobody": lambda claims, provider: provider.sign({k: v for k, v in claims.items() if k != "sub"}),
    "cut_off": lambda claims, provider: provider.sign(claims)[:-20],
    "body_changed": lambda claims, provider: ".".join(
        [*provider.sign(claims).split(".")[:1], *provider.sign(claims | {"sub": "root"}).split(".")[1:2],
         provider.sign(claims).split(".")[2]]
    ),
    "rubbish": lambda claims, provider: "a.b.c",
    "nothing": lambda claims, provider: "",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_proves_nothing_opens_nothing(provider, events, name):
    provider.forge = FORGED[name]
    assert refused(Client(), events) == "not_checked"
    assert not User.objects.exists()


def test_a_document_that_names_another_issuer_is_not_followed(provider, events):
    provider.document = {"issuer": "https://evil.example"}
    assert Client().get("/sso/oidc/").status_code == 403
    assert [event.reason_code for event in events("user.sso_refused")] == ["not_checked"]


def test_an_answer_in_another_browser_opens_nothing_there(provider, events):
    address = to_the_provider_and_back(Client())
    answer = Client().get(address)
    assert answer.status_code == 403
    assert not User.objects.exists()


def test_a_state_of_ones_own_making_opens_nothing(provider):
    client = Client()
    address = to_the_provider_and_back(client)
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert client.get(address.replace(state, "x" * len(state))).status_code == 403
    assert not User.objects.exists()


def test_an_answer_works_once(provider):
    client = Client()
    address = to_the_provider_and_back(client)
    assert client.get(address).status_code == 302
    assert client.get(address).status_code == 403


def test_going_back_at_the_provider_says_so(provider):
    client = Client()
    address = to_the_provider_and_back(client)
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = client.get("/sso/oidc/return/", {"error": "access_denied", "state": state})
    assert b"You went back" in answer.content


def test_the_way_on_leads_to_no_other_site(provider):
    client = Client()
    assert client.get(to_the_provider_and_back(client, wanted="https://evil.example/")).url == "/"


def test_a_provider_that_is_away_is_said_in_a_sentence(provider):
    provider.stop()
    answer = Client().get("/sso/oidc/")
    assert answer.status_code == 403
    assert b"could not be checked" in answer.content


def test_without_a_provider_the_addresses_do_not_exist(db):
    assert Client().get("/sso/oidc/").status_code == 404
    assert Client().get("/sso/oidc/return/?code=x&state=y").status_code == 404
    assert Client().get("/sso/saml/").status_code == 404
