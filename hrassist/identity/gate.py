"""Nobody is somebody before both factors are proven: what stands between a session and every page.

A session whose password was right and whose second factor is still owed shows everybody else `AnonymousUser`: pages,
the API, files and streams refuse it as they refuse any stranger, without knowing of factors. Only the pages that prove
or set up a factor read `request.owing`.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangosMiddleware
from django.contrib.auth.middleware import auser as djangos_auser
from django.contrib.auth.middleware import get_user as djangos_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from audit import actions as audit
from hrassist.forms import BREAK_GLASS
from hrassist.identity import factors
from hrassist.identity.sessions import FRESH, FROM, PROVEN, STARTED, WANTED, digest_of
from hrassist.lib import origin
from hrassist.models import Session

if TYPE_CHECKING:
    from hrassist.models import User

# Scripts that ask again and again say so: that a page is open is no sign that somebody sits before it.
BACKGROUND = "X-Background"


class AuthenticationMiddleware(DjangosMiddleware):
    """Django's own, for whom only a session with both factors is somebody."""

    def process_request(self, request: HttpRequest) -> None:
        asked: Any = request
        asked.user = SimpleLazyObject(lambda: _shown(request))
        asked.owing = SimpleLazyObject(lambda: _owing(request))
        asked.auser = partial(_ashown, request)


def owes_factor(session: Any) -> bool:
    """Whether the second factor of this session is still to be proven."""
    return PROVEN not in session and bool(settings.REQUIRE_MFA or session.get(WANTED))


def begin(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A sign-in begins: its hours run from now, and a factor proven earlier counts no more."""
    session: Any = request.session
    session.pop(PROVEN, None)
    session[STARTED] = time.time()
    session[FRESH] = time.time()
    session[WANTED] = factors.has_factor(user)
    # The session is written when the request is over, and who asked from where is forgotten.
    here = origin.current()
    session[FROM] = {"ip": here.ip, "agent": here.user_agent}
    # Every event of this session says how it began: an emergency is told apart from everyday work by it.
    session[origin.AUTH_METHOD] = "break-glass" if user.username == BREAK_GLASS else "password"


def prove(request: HttpRequest, *, method: str) -> None:
    """The second factor was shown just now; the session gets a new key, so that an older copy is worth nothing."""
    request.session[PROVEN] = {"method": method, "at": time.time()}
    request.session[origin.AUTH_METHOD] = f"{request.session.get(origin.AUTH_METHOD, 'session')}+{method}"[:40]
    request.session[FRESH] = time.time()
    request.session.cycle_key()


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are so recently that they may change how they do that."""
    return time.time() - float(request.session.get(FRESH, 0)) < settings.PROOF_LASTS.total_seconds()


def _shown(request: HttpRequest) -> Any:
    user = djangos_user(request)
    if user.is_authenticated and owes_factor(request.session):
        return AnonymousUser()
    if user.is_authenticated and BACKGROUND not in request.headers:
        _note_use(request)
    return user


async def _ashown(request: HttpRequest) -> Any:
    user = await djangos_auser(request)
    if user.is_authenticated and await sync_to_async(owes_factor)(request.session):
        return AnonymousUser()
    return user


def _owing(request: HttpRequest) -> User | None:
    user: Any = djangos_user(request)
    return user if user.is_authenticated and owes_factor(request.session) else None


def _note_use(request: HttpRequest) -> None:
    note: Any = getattr(request.session, "note_use", None)
    if note is not None:
        note()


def still_active(user: User) -> bool:
    return user.may_sign_in(now=timezone.now())


def end_other_sessions(request: HttpRequest, *, user: User, by: User) -> int:
    """End every session of this account but the present one: whoever else holds one must prove themselves anew."""
    count, _ = Session.objects.of(user).exclude(pk=digest_of(request.session.session_key)).delete()
    if count:
        audit.record("user.sessions_ended", target=user, by=by, count=count)
    return count


def refresh(request: HttpRequest) -> None:
    """Keep that the person proved just now who they are."""
    request.session[FRESH] = time.time()
