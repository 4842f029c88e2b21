"""Who comes in by the company's own sign-in, with which roles, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from audit import actions as audit
from hrassist.accounts import BadAccount, role_named
from hrassist.identity import entry, gate
from hrassist.lib import origin
from hrassist.lib.errors import DomainError
from hrassist.models import Session, User

BACKEND = "hrassist.sign_in.SessionBackend"


class Refused(DomainError):
    """Somebody the provider knows, who may not come in here."""

    code = "sso_refused"
    status = 403


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider said of somebody, after every check of that it was the provider."""

    provider: str
    subject: str
    email: str = ""
    email_verified: bool = False
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    groups: list[str] = field(default_factory=list)
    # How they signed in there: amr values, or the class of the authentication context.
    means: list[str] = field(default_factory=list)

    @property
    def has_second_factor(self) -> bool:
        return bool(set(self.means) & set(settings.SSO_MFA_VALUES))


WHY = {
    "no_role": "Your company account is known, but none of its groups has a role here. Ask an operator for one.",
    "inactive": "Your account here is switched off. Ask an operator.",
    "email_taken": (
        "There is an account here with your address already, and it is not linked to your company account. "
        "Ask an operator."
    ),
    "not_checked": "The answer of your company's sign-in could not be checked, so it was not used. Please try again.",
    "cancelled": "You went back from your company's sign-in. Nothing has happened.",
}


def offered() -> list[tuple[str, str]]:
    """The name of each provider that is set up, and the name of the page that leads to it."""
    found = []
    if settings.OIDC_ISSUER:
        found.append((settings.OIDC_NAME, "oidc_begin"))
    if settings.SAML_IDP_ENTITY_ID:
        found.append((settings.SAML_NAME, "saml_begin"))
    return found


def roles_of(groups: Iterable[str]) -> list[str]:
    """The roles of these groups, as HRASSIST_SSO_ROLES says; the default role where there is none."""
    wanted = [settings.SSO_ROLES[group] for group in groups if group in settings.SSO_ROLES]
    if not wanted and settings.SSO_DEFAULT_ROLE:
        wanted = [settings.SSO_DEFAULT_ROLE]
    found = set()
    for name in wanted:
        try:
            found.add(role_named(name))
        except BadAccount:
            # A mistyped role gives nobody anything; the system check names it.
            continue
    return sorted(found)


def arrive(*, request: HttpRequest, identity: Identity, wanted: str) -> HttpResponse:
    """Sign this person in, or say why not."""
    user, refused_for = admit(identity=identity)
    if user is None or refused_for:
        return refusal(request, refused_for, provider=identity.provider, user=user)
    login(request, user, backend=BACKEND)
    request.session[origin.AUTH_METHOD] = identity.provider
    if identity.has_second_factor:
        gate.prove(request, method="sso")
    audit.record(
        "user.sso_signed_in", target=user, by=user, provider=identity.provider, second_factor=identity.has_second_factor
    )
    if gate.owes_factor(request.session):
        return HttpResponseRedirect(entry.beginning(user, wanted=wanted))
    return HttpResponseRedirect(wanted)


@transaction.atomic
def admit(*, identity: Identity) -> tuple[User | None, str]:
    """The account of this identity, made or linked if need be, with the roles of today; or why there is none."""
    with connection.cursor() as cursor:
        # Two first sign-ins at the same moment make one account.
        name = f"{identity.provider}\0{identity.subject}".replace("\0", "\x01")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    link = SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject).first()
    roles = roles_of(identity.groups)
    if link is not None:
        user = User.objects.select_for_update().get(pk=link.user_id)
        if not user.may_sign_in(now=timezone.now()):
            return user, "inactive"
        link.save(update_fields=["last_login"])
    else:
        found = _account_to_link(identity, roles)
        if isinstance(found, str):
            return None, found
        user = found
        SocialAccount.objects.create(user=user, provider=identity.provider, uid=identity.subject, extra_data={})
        audit.record("user.sso_linked", target=user, by=user, provider=identity.provider)
    _give_roles(user, roles, provider=identity.provider)
    return user, "" if roles or user.is_superuser else "no_role"


def _account_to_link(identity: Identity, roles: list[str]) -> User | str:
    """An account with this verified address where that is allowed, else a new one; never somebody else's."""
    same = list(User.objects.select_for_update().filter(email__iexact=identity.email)) if identity.email else []
    if same:
        allowed = settings.SSO_LINK_EMAIL and identity.email_verified and len(same) == 1 and not same[0].is_superuser
        if not allowed:
            return "email_taken"
        return same[0] if same[0].may_sign_in(now=timezone.now()) else "inactive"
    if not roles:
        return "no_role"
    user = User(
        username=_free_username(identity),
        email=identity.email[:254],
        first_name=identity.first_name[:150],
        last_name=identity.last_name[:150],
        is_staff=True,
    )
    user.set_unusable_password()
    user.save()
    audit.record("user.added", target=user, by=user, provider=identity.provider)
    return user


def _free_username(identity: Identity) -> str:
    plain = re.sub(r"[^\w.@+-]", "", identity.username or identity.email.partition("@")[0])[:140] or "person"
    number, name = 1, plain
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{plain}-{number}"
    return name


def _give_roles(user: User, roles: list[str], *, provider: str) -> None:
    before = set(user.groups.values_list("name", flat=True))
    if before == set(roles):
        return
    user.groups.set(Group.objects.filter(name__in=roles))
    # Who loses a role must not go on with a session that began with it.
    Session.objects.of(user).delete()
    audit.record("user.sso_roles_set", target=user, by=user, provider=provider, roles=roles, before=sorted(before))


def refusal(request: HttpRequest, why: str, *, provider: str, user: User | None = None) -> HttpResponse:
    """The page that says why the company's sign-in did not open this site, and the record of it."""
    audit.denied("user.sso_refused", target=user, reason_code=why, provider=provider)
    told: dict[str, Any] = {"title": "Not signed in", "why": WHY[why], "site_title": "hrassist"}
    answer = render(request, "entry/refused.html", told, status=200 if why == "cancelled" else 403)
    answer["Cache-Control"] = "private, no-store"
    return answer
