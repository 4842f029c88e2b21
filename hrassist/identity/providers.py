"""The two ways to a company's own sign-in: the library speaks the protocol, every check that it leaves out is here."""

from __future__ import annotations

import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.socialaccount.providers.saml.utils import build_saml_config
from allauth.socialaccount.sessions import LoginSession
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from hrassist.identity import entry, sso
from hrassist.lib import egress_session, limits, origin, throttle

OIDC, SAML = "oidc", "saml"
# Never `none`, and never a shared secret: what a provider says it signs with public keys.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCKS_APART = 60
# What reading an answer ends in that is no answer, or none to us.
NOT_SOUND = (
    OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, PermissionDenied, ValueError, LookupError, SyntaxError,
)  # fmt: skip


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The providers of our settings and no others: a row in a table must not open a door."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        found = []
        if settings.OIDC_ISSUER:
            about = {"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True, "scope": settings.OIDC_SCOPES}
            found.append(_app("openid_connect", OIDC, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, about))
        if settings.SAML_IDP_ENTITY_ID:
            found.append(_app("saml", SAML, SAML, "", _saml_settings()))
        return [
            app
            for app in found
            if provider in {None, app.provider, app.provider_id} and client_id in {None, app.client_id}
        ]

    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        # Where a provider's addresses lead is written in its own document; nobody sends us elsewhere.
        session.max_redirects = 0
        host = urlsplit(settings.OIDC_ISSUER or "").hostname
        # Further hosts of a provider are named in HRASSIST_EGRESS_HOSTS; a provider without TLS is development's.
        egress_session.guard(session, purpose="sign-in", hosts=[host] if host else [], plain=settings.DEVELOPMENT)
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **about: Any) -> None:
        why = "cancelled" if about.get("error") == AuthError.CANCELLED else "not_checked"
        raise ImmediateHttpResponse(sso.refusal(request, why, provider=provider.app.provider_id))


def _app(kind: str, provider_id: str, client_id: str, secret: str, about: dict[str, Any]) -> Any:
    return SocialApp(
        provider=kind, provider_id=provider_id, name=provider_id, client_id=client_id, secret=secret, settings=about
    )


def _provider(request: HttpRequest, provider_id: str) -> Any:
    try:
        return Adapter(request).get_provider(request, provider=provider_id)
    except SocialApp.DoesNotExist:
        raise Http404("This way to sign in is not set up.") from None


def _slowed_down(request: HttpRequest) -> None:
    if not limits.take("sso", origin.network_of(request)).allowed:
        raise PermissionDenied("Too many attempts from this address. Please wait a minute.")


# --- OpenID Connect --------------------------------------------------------------------------------------------------


class OidcAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The library's, which trusts a token that came over TLS; here its signature and its nonce are checked too."""

    state: dict[str, Any]

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if config.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error("The provider's document names another issuer.")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("oidc_return"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        claims = self._claims(app, str(kwargs["response"].get("id_token") or ""))
        if settings.OIDC_ROLE_CLAIM.partition(".")[0] not in claims and "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("The two answers speak of different people.")
            claims = {**more, **claims}
        answer = sso.arrive(request=request, identity=_identity(claims), wanted=self.state["next"])
        raise ImmediateHttpResponse(answer)

    def _claims(self, app: Any, id_token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(id_token)
            if header.get("alg") not in ALGORITHMS:
                raise OAuth2Error("The token is signed in a way that proves nothing.")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(str(header.get("kid", "")), header["alg"]),
                algorithms=[header["alg"]],
                issuer=settings.OIDC_ISSUER,
                audience=app.client_id,
                leeway=CLOCKS_APART,
                options={"require": ["iss", "aud", "sub", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise OAuth2Error("The token is not valid.") from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != app.client_id:
            raise OAuth2Error("The token was made for somebody else.")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), str(self.state["nonce"]).encode()):
            raise OAuth2Error("The token answers another question.")
        return claims

    def _key(self, kid: str, alg: str) -> Any:
        with Adapter(self.request).get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        fitting = [
            one
            for one in answer.json()["keys"]
            if one.get("kid", "") == kid and one.get("use", "sig") == "sig" and one.get("alg", alg) == alg
            and one.get("kty") != "oct"
        ]  # fmt: skip
        if len(fitting) != 1:
            raise OAuth2Error("The token is signed with a key that the provider does not name.")
        return jwt.PyJWK.from_json(json.dumps(fitting[0]), algorithm=alg).key


class OidcReturn(OAuth2CallbackView):  # type: ignore[misc]
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.state = state
        return state, answer


@require_safe
@never_cache
def oidc_begin(request: HttpRequest) -> HttpResponseBase:
    """To the provider, with a state, a nonce and a challenge that only this browser can answer."""
    _slowed_down(request)
    provider, nonce = _provider(request, OIDC), secrets.token_urlsafe(24)
    provider.oauth2_adapter_class = OidcAdapter
    try:
        answer: HttpResponse = provider.redirect(
            request, AuthProcess.LOGIN, next_url=entry.where_next(request), auth_params={"nonce": nonce}, nonce=nonce
        )
    except (requests.RequestException, OAuth2Error, ValueError, KeyError):
        return sso.refusal(request, "not_checked", provider=OIDC)
    except ImmediateHttpResponse as early:
        return early.response  # type: ignore[no-any-return]
    return answer


@require_safe
@never_cache
def oidc_return(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider."""
    _slowed_down(request)
    _provider(request, OIDC)
    view = OidcReturn.adapter_view(OidcAdapter(request, OIDC))
    try:
        return view(request)  # type: ignore[no-any-return]
    except (ValueError, KeyError, TypeError):
        return sso.refusal(request, "not_checked", provider=OIDC)


def _identity(claims: dict[str, Any]) -> sso.Identity:
    found: Any = claims
    for part in settings.OIDC_ROLE_CLAIM.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    groups = found if isinstance(found, list) else [found] if found else []
    means = claims.get("amr") or []
    return sso.Identity(
        provider=OIDC,
        subject=str(claims["sub"]),
        email=_text(claims, "email"),
        # Only the word itself: a provider that says "yes" or says nothing has not verified anything.
        email_verified=claims.get("email_verified") is True,
        username=_text(claims, "preferred_username"),
        first_name=_text(claims, "given_name"),
        last_name=_text(claims, "family_name"),
        groups=[str(one) for one in groups],
        means=[str(one) for one in (means if isinstance(means, list) else [means])] + [_text(claims, "acr")],
    )


def _text(claims: dict[str, Any], name: str) -> str:
    return str(claims.get(name) or "").replace("\0", "").strip()


# --- SAML 2.0 --------------------------------------------------------------------------------------------------------


def _saml_settings() -> dict[str, Any]:
    return {
        "idp": {
            "entity_id": settings.SAML_IDP_ENTITY_ID,
            "sso_url": settings.SAML_IDP_SSO_URL,
            "x509cert": settings.SAML_IDP_CERTIFICATE,
        },
        "advanced": {
            "strict": True,
            # The library's default takes assertions that nobody signed.
            "want_assertion_signed": True,
            "want_name_id": True,
            "want_attribute_statement": False,
            "reject_deprecated_algorithm": True,
            "allow_single_label_domains": True,
            "reject_idp_initiated_sso": True,
        },
    }


def _saml_config(request: HttpRequest, provider: Any) -> dict[str, Any]:
    config: dict[str, Any] = build_saml_config(request, provider.app.settings, SAML)
    # Signing out there does not sign out here, and we do not claim that it does.
    del config["sp"]["singleLogoutService"]
    return config


def _seen_by_library(request: HttpRequest) -> dict[str, Any]:
    return {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": reverse("saml_acs", args=[SAML]),
        "get_data": {},
        "post_data": {},
    }


@require_safe
@never_cache
def saml_begin(request: HttpRequest) -> HttpResponseBase:
    """To the provider, with a request whose answer only this browser can bring."""
    _slowed_down(request)
    provider = _provider(request, SAML)
    auth = OneLogin_Saml2_Auth(_seen_by_library(request), _saml_config(request, provider))
    address = auth.login(return_to="")
    provider.stash_redirect_state(
        request, AuthProcess.LOGIN, entry.where_next(request), state_id=auth.get_last_request_id()
    )
    return HttpResponseRedirect(address)


@csrf_exempt
@require_POST
@never_cache
def saml_answer(request: HttpRequest, organization_slug: str = SAML) -> HttpResponseBase:
    """The provider's answer comes from its page, without our cookie: it waits until the browser asks with it."""
    _slowed_down(request)
    _provider(request, SAML)
    answer = HttpResponseRedirect(reverse("saml_return"))
    waiting = LoginSession(request, "saml_acs_session", "saml-acs-session")
    waiting.store["answer"] = request.POST.get("SAMLResponse", "")
    waiting.save(answer)
    return answer


@require_safe
@never_cache
def saml_return(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider, now with our cookie."""
    provider = _provider(request, SAML)
    waiting = LoginSession(request, "saml_acs_session", "saml-acs-session")
    kept = waiting.store.get("answer")
    waiting.delete()
    if not kept:
        return sso.refusal(request, "not_checked", provider=SAML)
    try:
        answer = _checked(request, kept, _saml_config(request, provider))
        state = provider.unstash_redirect_state(request, answer.get_in_response_to())
    except NOT_SOUND:
        return sso.refusal(request, "not_checked", provider=SAML)
    # One assertion opens one session, whichever browser and whichever process it comes to.
    if not throttle.take("saml-assertion", str(answer.get_assertion_id()), limit=1, per=86_400).allowed:
        return sso.refusal(request, "not_checked", provider=SAML)
    wanted = state.get("next") or reverse("admin:index")
    return sso.arrive(request=request, identity=_saml_identity(provider, answer), wanted=wanted)


def _checked(request: HttpRequest, said: str, config: dict[str, Any]) -> Any:
    """The provider's answer, if it is signed, for us, in time, and to a question of ours. Raises ValueError else."""
    answer = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(settings=config), said)
    if not answer.is_valid(_seen_by_library(request)):
        raise ValueError(answer.get_error())
    # What the library lets pass when it is missing, although only the assertion is signed and not what is around it.
    question, here = answer.get_in_response_to(), config["sp"]["assertionConsumerService"]["url"]
    confirmed = answer._query_assertion("/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
    bound = any(
        one.get("InResponseTo") == question and one.get("Recipient") == here and one.get("NotOnOrAfter")
        for one in confirmed
    )
    if not question or not bound or config["sp"]["entityId"] not in answer.get_audiences() or not answer.get_nameid():
        raise ValueError("The assertion is not bound to this site and to a question of ours.")
    return answer


def _saml_identity(provider: Any, answer: Any) -> sso.Identity:
    said, attributes = provider._extract(answer), answer.get_attributes()
    return sso.Identity(
        provider=SAML,
        subject=str(said.get("uid") or answer.get_nameid()),
        email=_text(said, "email"),
        email_verified=said.get("email_verified") is True,
        username=_text(said, "username"),
        first_name=_text(said, "first_name"),
        last_name=_text(said, "last_name"),
        groups=[str(one) for one in attributes.get(settings.SAML_ROLE_ATTRIBUTE, [])],
        means=[str(one) for one in answer.get_authn_contexts()],
    )


@require_safe
def saml_metadata(request: HttpRequest, organization_slug: str = SAML) -> HttpResponse:
    """What the provider is told of us."""
    provider = _provider(request, SAML)
    about = OneLogin_Saml2_Settings(settings=_saml_config(request, provider), sp_validation_only=True)
    return HttpResponse(about.get_sp_metadata(), content_type="application/samlmetadata+xml")


def saml_nothing(request: HttpRequest, organization_slug: str = SAML) -> HttpResponse:
    raise Http404("Signing out at the provider does not sign out here.")
