"""The company's own sign-in by SAML 2.0, with assertions that are really signed, honest and hostile."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from hrassist.models import Session, User
from tests.factories import UserFactory
from tests.hrassist.identity.saml_provider import ENTITY, SSO_URL, US, Says, Signer, posted, question_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def provider(signer: Signer, settings: Any) -> Signer:
    settings.SAML_IDP_ENTITY_ID, settings.SAML_IDP_SSO_URL = ENTITY, SSO_URL
    settings.SAML_IDP_CERTIFICATE = signer.certificate
    settings.SSO_ROLES = {"hr-recruiting": "recruiter", "hr-it": "operator"}
    return signer


def begin(client: Client) -> Says:
    answer = client.get("/sso/saml/", {"next": "/jobs/job/"})
    assert answer.status_code == 302
    assert answer.url.startswith(SSO_URL)
    return Says(question_in(answer.url))


def deliver(client: Client, xml: str) -> Any:
    """As a browser does: the form of the provider's page comes without our cookie, the redirect behind it with it."""
    without = Client()
    handed = without.post("/sso/saml/acs/", posted(xml))
    assert handed.status_code == 302, handed.content
    client.cookies["saml-acs-session"] = without.cookies["saml-acs-session"].value
    return client.get(handed.url)


def test_somebody_new_gets_an_account_with_the_role_of_their_group(provider, events):
    client = Client()
    says = begin(client)
    assert deliver(client, says.response(provider.sign(says.assertion()))).url == "/jobs/job/"
    assert client.get("/jobs/job/").status_code == 200
    user = User.objects.get()
    assert (user.username, user.email, user.first_name) == ("ada", "ada@example.org", "Ada")
    assert [group.name for group in user.groups.all()] == ["Recruiter"]
    assert [event.changes["provider"] for event in events("user.sso_signed_in")] == ["saml"]


def test_the_class_of_the_sign_in_counts_as_a_second_factor_only_where_it_is_trusted(provider, settings):
    settings.REQUIRE_MFA = True
    strong = "https://refeds.org/profile/mfa"
    client = Client()
    says = begin(client)
    says.means = strong
    assert deliver(client, says.response(provider.sign(says.assertion()))).url.startswith("/account/enrol/")
    settings.SSO_MFA_VALUES = [strong]
    client = Client()
    says = begin(client)
    says.means = strong
    assert deliver(client, says.response(provider.sign(says.assertion()))).url == "/jobs/job/"


def test_the_address_of_an_account_opens_it_to_nobody(provider, events, settings):
    settings.SSO_LINK_EMAIL = True
    UserFactory(username="ada", email="ada@example.org", role="Operator")
    client = Client()
    says = begin(client)
    assert deliver(client, says.response(provider.sign(says.assertion()))).status_code == 403
    assert [event.reason_code for event in events("user.sso_refused")] == ["email_taken"]


def changed(**what: Any) -> Any:
    def forge(says: Says, signer: Signer) -> str:
        for name, value in what.items():
            setattr(says, name, value)
        return says.response(signer.sign(says.assertion()))

    return forge


def wrapped(says: Says, signer: Signer, *, place: str) -> str:
    """XML signature wrapping: the signed assertion is carried along, another one is meant to be read."""
    signed = re.sub(r"^<\?xml[^>]*\?>\s*", "", signer.sign(says.assertion(mark="signed")))
    says.subject = "root"
    evil = says.assertion(mark="evil")
    if place == "before":
        return says.response(signed, before=evil)
    if place == "after":
        return says.response(signed, after=evil)
    if place == "extensions":
        return says.response(evil, before="").replace(
            "<samlp:Status>", f"<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>"
        )
    if place == "inside":
        return says.response(evil.replace("</saml:Assertion>", f"<saml:Advice>{signed}</saml:Advice></saml:Assertion>"))
    if place == "same_id":
        return says.response(evil.replace("_evil", "_signed"), after=signed)
    # The signature is cut out and put into the evil one, the signed one becomes the signature's own object.
    signature = re.search(r"<ds:Signature.*</ds:Signature>", signed, re.DOTALL)
    assert signature is not None
    plain = signed.replace(signature[0], "")
    moved = signature[0].replace("</ds:Signature>", f"<ds:Object>{plain}</ds:Object></ds:Signature>")
    return says.response(evil.replace("</saml:Issuer>", f"</saml:Issuer>{moved}", 1))


FORGED = {
    "unsigned": lambda says, signer: says.response(says.assertion()),
    "another_key": lambda says, signer: says.response(Signer().sign(says.assertion())),
    "a_weak_signature": lambda says, signer: says.response(signer.sign(says.assertion(), weak=True)),
    "only_the_response_is_signed": lambda says, signer: signer.sign(says.response(says.assertion())),
    "changed_after_signing": lambda says, signer: says.response(
        signer.sign(says.assertion()).replace("hr-recruiting", "hr-it")
    ),
    "expired": changed(age=timedelta(hours=1)),
    "not_yet": changed(age=timedelta(hours=-1)),
    "another_audience": changed(audience="https://another.example/app"),
    "no_audience": changed(audience=""),
    "another_issuer": changed(issuer="https://evil.example/entity"),
    "for_another_address": changed(recipient="https://another.example/acs"),
    "for_no_address": changed(recipient=""),
    "answers_another_question": changed(answers="_another"),
    "answers_no_question": changed(answers=""),
    "the_response_answers_another": lambda says, signer: says.response(
        signer.sign(says.assertion()), answers="_another"
    ),
    "nobody_asked": lambda says, signer: says.response(signer.sign(says.assertion()), answers=""),
    "an_entity": lambda says, signer: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + says.response(signer.sign(says.assertion())).replace("Ada", "&x;"),
    "rubbish": lambda says, signer: "<rubbish",
    "nothing": lambda says, signer: "",
    **{
        f"wrapped_{place}": lambda says, signer, place=place: wrapped(says, signer, place=place)
        for place in ("before", "after", "extensions", "inside", "same_id", "object")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_an_assertion_that_proves_nothing_opens_nothing(provider, events, name):
    client = Client()
    answer = deliver(client, FORGED[name](begin(client), provider))
    assert answer.status_code == 403
    assert b"could not be checked" in answer.content
    assert [event.reason_code for event in events("user.sso_refused")] == ["not_checked"]
    assert not User.objects.exists()
    assert not Session.objects.exclude(user=None).exists()


def test_an_assertion_opens_one_session_and_none_in_another_browser(provider):
    client, other = Client(), Client()
    says = begin(client)
    xml = says.response(provider.sign(says.assertion()))
    assert deliver(other, xml).status_code == 403
    assert deliver(client, xml).status_code == 302
    assert deliver(client, xml).status_code == 403


def test_a_comment_in_a_name_cuts_nothing_off_it(provider):
    """Comments are not signed; a reader that stops at one would take `root` for whoever is called `root.ada`."""
    client = Client()
    says = begin(client)
    says.subject = "root.ada"
    xml = says.response(provider.sign(says.assertion()).replace("root.ada", "root<!-- -->.ada"))
    deliver(client, xml)
    assert [link.uid for link in SocialAccount.objects.all()] in ([], ["root.ada"])


def test_a_stolen_assertion_is_no_answer_to_ones_own_question(provider):
    victim, thief = Client(), Client()
    stolen = provider.sign(begin(victim).assertion())
    assert deliver(thief, begin(thief).response(stolen)).status_code == 403


def test_the_provider_is_told_who_we_are(provider):
    told = Client().get("/sso/saml/metadata/")
    assert told.status_code == 200
    assert US.encode() in told.content
    assert b'WantAssertionsSigned="true"' in told.content
    assert b"SingleLogoutService" not in told.content
