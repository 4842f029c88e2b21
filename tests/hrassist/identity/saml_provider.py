"""A SAML 2.0 provider: it reads the request that we send, and signs what it says with a key of its own."""

from __future__ import annotations

import base64
import re
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.utils import OneLogin_Saml2_Utils

ENTITY, SSO_URL = "https://idp.example.org/entity", "https://idp.example.org/sso"
US, ACS = "http://testserver/sso/saml/metadata/", "http://testserver/sso/saml/acs/"
PASSWORD_CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
NAMES = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'


class Signer:
    """A key and the certificate for it."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp.example.org")])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
        self.certificate = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        self.key = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()

    def sign(self, xml: str, *, weak: bool = False) -> str:
        algorithms = (Names.RSA_SHA1, Names.SHA1) if weak else (Names.RSA_SHA256, Names.SHA256)
        return OneLogin_Saml2_Utils.add_sign(xml, self.key, self.certificate, False, *algorithms).decode()


@dataclass
class Says:
    """What the provider says of somebody; a test changes one thing."""

    question: str
    subject: str = "ada-1"
    issuer: str = ENTITY
    audience: str = US
    recipient: str = ACS
    answers: str | None = None
    age: timedelta = timedelta(0)
    means: str = PASSWORD_CLASS
    attributes: dict[str, list[str]] = field(
        default_factory=lambda: {
            "groups": ["hr-recruiting"],
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": ["ada@example.org"],
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": ["Ada"],
        }
    )

    def assertion(self, *, mark: str = "") -> str:
        now = datetime.now(UTC) - self.age
        began, ends = (f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (now - timedelta(minutes=1), now + timedelta(minutes=5)))
        answers = self.question if self.answers is None else self.answers
        bound = f'InResponseTo="{answers}"' if answers else ""
        recipient = f'Recipient="{self.recipient}"' if self.recipient else ""
        audience = (
            f"<saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction>"
        )
        attributes = "".join(
            f'<saml:Attribute Name="{escape(name)}">'
            + "".join(f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )
        return (
            f'<saml:Assertion {NAMES} ID="_{mark or secrets.token_hex(12)}" Version="2.0" IssueInstant="{began}">'
            f"<saml:Issuer>{self.issuer}</saml:Issuer>"
            f"<saml:Subject><saml:NameID>{self.subject}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{ends}" {recipient} {bound}/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{began}" NotOnOrAfter="{ends}">'
            f"{audience if self.audience else ''}</saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{began}"><saml:AuthnContext>'
            f"<saml:AuthnContextClassRef>{self.means}</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
        )

    def response(self, assertion: str, *, answers: str | None = None, before: str = "", after: str = "") -> str:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        answered = self.question if answers is None else answers
        bound = f'InResponseTo="{answered}"' if answered else ""
        inside = re.sub(r"^<\?xml[^>]*\?>\s*", "", assertion)
        return (
            f'<samlp:Response {NAMES} ID="_{secrets.token_hex(12)}" Version="2.0" IssueInstant="{now}" '
            f'Destination="{ACS}" {bound}><saml:Issuer>{ENTITY}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{before}{inside}{after}</samlp:Response>"
        )


def question_in(address: str) -> str:
    """The ID of the request that the browser carries to the provider."""
    sent = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    xml = zlib.decompress(base64.b64decode(sent), -15).decode()
    found = re.search(r'\bID="([^"]+)"', xml)
    assert found is not None
    assert ACS in xml
    return found[1]


def posted(xml: str) -> dict[str, Any]:
    return {"SAMLResponse": base64.b64encode(xml.encode()).decode(), "RelayState": ""}
