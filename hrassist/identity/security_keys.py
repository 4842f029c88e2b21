"""Security keys and passkeys: WebAuthn as a second factor, bound to the site's name, not to a look-alike."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from audit import actions as audit
from hrassist.identity import factors, notices
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import User

MOST = 10
_STATE = "webauthn"


class KeyRefused(DomainError):
    """What the security key answered is not right for this site, this account or this moment."""

    code = "key_refused"
    default_message = "The security key could not be checked. Please try again; if it stays so, use a code instead."


def usable_here(request: HttpRequest) -> bool:
    """Whether a browser would offer keys on this address: it must be a name, not a number."""
    host = request.get_host().rpartition("]")[0] or request.get_host().partition(":")[0]
    return any(one.isalpha() for one in host) and not host.startswith("[")


def options_to_add(request: HttpRequest, user: User) -> str:
    """What the browser asks a new key for, as JSON; its challenge is kept in the session and good for one answer."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=f"hrassist-{user.pk}".encode(), name=user.username, display_name=user.display_name
        ),
        credentials=list(_credentials(user).values()),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    request.session[_STATE] = {"add": state}
    return _as_json(options)


@transaction.atomic
def add(*, request: HttpRequest, user: User, answer: str, name: str, by: User, now: datetime) -> Authenticator:
    """Keep the key that answered the challenge of this session. Raises KeyRefused, Conflict."""
    User.objects.select_for_update().get(pk=user.pk)
    if len(_credentials(user)) >= MOST:
        raise Conflict("There are {most} keys already. Remove one you do not use any more.", most=MOST)
    said, state = _read(answer), _take_state(request, "add")
    try:
        made = _server(request).register_complete(state, said)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise KeyRefused from error
    credential = made.credential_data
    if credential is None or credential.credential_id in {one.credential_id for one in _credentials(user).values()}:
        raise KeyRefused("This key is here already.")
    row = Authenticator.objects.create(
        user=user,
        type=factors.KEY,
        created_at=now,
        data={"name": name.strip()[:60] or f"Security key {len(_credentials(user)) + 1}", "credential": said}
        | {"counter": made.counter},
    )
    audit.record("user.factor_added", target=user, by=by, factor=str(row.pk), kind=row.type)
    notices.tell(user=user, what="factor_added", now=now)
    return row


def options_to_prove(request: HttpRequest, user: User) -> str:
    """What the browser asks one of the account's keys for, as JSON; nothing where there is no key."""
    credentials = list(_credentials(user).values())
    if not credentials:
        return ""
    options, state = _server(request).authenticate_begin(credentials, UserVerificationRequirement.PREFERRED)
    request.session[_STATE] = {"prove": state}
    return _as_json(options)


def prove(*, request: HttpRequest, user: User, answer: str, now: datetime) -> Authenticator:
    """The key that answered this session's challenge. Raises KeyRefused."""
    try:
        return _proven(request, user, answer, now=now)
    except KeyRefused as error:
        audit.denied("user.factor_failed", target=user, by=user, reason_code=error.code)
        raise


@transaction.atomic
def _proven(request: HttpRequest, user: User, answer: str, *, now: datetime) -> Authenticator:
    User.objects.select_for_update().get(pk=user.pk)
    said, state = _read(answer), _take_state(request, "prove")
    known = _credentials(user)
    try:
        used = _server(request).authenticate_complete(state, list(known.values()), said)
        counter = _counter(said)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise KeyRefused from error
    row_id = next(pk for pk, credential in known.items() if credential.credential_id == used.credential_id)
    row = Authenticator.objects.get(pk=row_id)
    before = int(row.data.get("counter", 0))
    # A key that counts never counts backwards; one that does was copied.
    if (counter or before) and counter <= before:
        raise KeyRefused(
            "This security key seems to have been copied. Remove it, and use another factor.", code="key_copied"
        )
    row.data["counter"], row.last_used_at = counter, now
    row.save(update_fields=["data", "last_used_at"])
    return row


def _counter(said: dict[str, Any]) -> int:
    from fido2.webauthn import AuthenticationResponse  # noqa: PLC0415  read beside the library's own check

    return int(AuthenticationResponse.from_dict(said).response.authenticator_data.counter)


def _credentials(user: User) -> dict[int, AttestedCredentialData]:
    found = {}
    for row in Authenticator.objects.filter(user=user, type=factors.KEY).order_by("pk"):
        kept = RegistrationResponse.from_dict(row.data["credential"]).response.attestation_object.auth_data
        if kept.credential_data is not None:
            found[row.pk] = kept.credential_data
    return found


def _server(request: HttpRequest) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name="hrassist", id=request.get_host().partition(":")[0]))


def _take_state(request: HttpRequest, what: str) -> Any:
    state = (request.session.pop(_STATE, None) or {}).get(what)
    if state is None:
        raise KeyRefused("This took too long, or was answered already. Please try again.")
    return state


def _read(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except ValueError as error:
        raise KeyRefused from error
    if not isinstance(said, dict):
        raise KeyRefused
    return said


def _as_json(options: Any) -> str:
    return json.dumps(dict(options)["publicKey"], default=dict)
