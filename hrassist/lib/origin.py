"""Who acts, from where: known to the process, and more closely within a request."""

from __future__ import annotations

import getpass
import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest

ActorType = Literal["user", "token", "service", "command", "anonymous", "candidate"]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
_WRITES = {"POST", "PATCH", "DELETE"}
_SECRET = re.compile(r"pass|secret|token|key|dsn|credential", re.IGNORECASE)
_CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# What the session says of how somebody signed in, `password+totp` say, and of who acts in somebody else's name.
AUTH_METHOD, IMPERSONATOR = "auth_method", "impersonator_id"
_LONG_RUNNING = {"procrastinate", "runserver"}


@dataclass(frozen=True, slots=True)
class Origin:
    """The actor and the way in, named as the columns of an audit event."""

    actor_type: ActorType
    actor_id: str = ""
    actor_display: str = ""
    token_id: str = ""
    session_hash: str = ""
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    method: str = ""
    route: str = ""
    auth_method: str = ""
    impersonator_id: str = ""
    trace_id: str = ""
    ip_chain_trusted: bool | None = None

    def as_columns(self) -> dict[str, Any]:
        return asdict(self)


class RequestOrigin:
    """The origin of everything done within one request, read when asked: signing in changes the actor halfway."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.request_id = request_id_of(request)
        # What this request has on record already: (action, target type, target id).
        self.seen: set[tuple[str, str, str]] = set()
        # The events of what it changed; those of what was rolled back are gone.
        self.recorded: list[int] = []
        # Whether a refusal or failure of this request is on record already.
        self.kept = False

    @property
    def shows_nothing(self) -> bool:
        """HEAD: the audit middleware lets no byte of a body leave."""
        return self.request.method == "HEAD"

    def __call__(self) -> Origin:
        request = self.request
        user = getattr(request, "user", None)
        token = getattr(getattr(request, "auth", None), "pk", None)
        session_key = getattr(getattr(request, "session", None), "session_key", None)
        signed_in = user is not None and user.is_authenticated
        # Somebody on their own page, which a link opened: they have no account.
        candidate = getattr(request, "acting_candidate", None)
        match = request.resolver_match
        return Origin(
            actor_type="candidate" if candidate else ("token" if token else "user") if signed_in else "anonymous",
            actor_id=str(candidate) if candidate else str(user.pk) if user is not None and signed_in else "",
            actor_display=user.get_username()[:200] if user is not None and signed_in and not candidate else "",
            token_id=str(token or ""),
            session_hash=hashlib.sha256(session_key.encode()).hexdigest() if session_key else "",
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", "").replace("\0", "")[:256],
            request_id=self.request_id,
            method=(request.method or "")[:8],
            route=(match.route if match else "")[:200],
            auth_method=_auth_method(request, token=bool(token)) if signed_in else "",
            impersonator_id=str(_of_session(request, IMPERSONATOR))[:40] if signed_in else "",
            trace_id=trace_id_of(request),
            ip_chain_trusted=chain_is_trusted(request),
        )

    def renew_request_id(self) -> None:
        """Take another id: somebody used this one before, and two requests are never one access."""
        self.request_id = uuid4().hex


_current: ContextVar[RequestOrigin | None] = ContextVar("hrassist_origin", default=None)
_process: Origin = Origin(actor_type="service", actor_display=Path(sys.argv[0]).name[:200])


@contextmanager
def within(request: RequestOrigin) -> Iterator[RequestOrigin]:
    """Make everything inside the block come from this request."""
    before = _current.set(request)
    try:
        yield request
    finally:
        _current.reset(before)


def of_request() -> RequestOrigin | None:
    return _current.get()


def of_process() -> Origin:
    return _process


def current() -> Origin:
    """The origin of what happens now: the request's inside one, otherwise the process's."""
    request = _current.get()
    return request() if request else _process


def begin_process(argv: list[str]) -> Origin:
    """Remember which command this process is, and who started it; called once by manage.py."""
    global _process  # noqa: PLW0603  a process has one command line
    name = argv[1] if len(argv) > 1 else "help"
    if name in _LONG_RUNNING:
        _process = Origin(actor_type="service", actor_display=name)
    else:
        _process = Origin(actor_type="command", actor_id=_os_user(), actor_display=masked(argv[1:])[:200])
    return _process


def masked(argv: list[str]) -> str:
    """A command line that may be kept: values of secret-looking options and credentials in URLs are stars."""
    shown: list[str] = []
    hide_next = False
    for argument in argv:
        name, separator, _ = argument.partition("=")
        if hide_next and not argument.startswith("--"):
            shown.append("***")
        elif separator and _SECRET.search(name):
            shown.append(f"{name}=***")
        else:
            shown.append(_CREDENTIALS_IN_URL.sub("***", argument))
        hide_next = argument.startswith("-") and not separator and bool(_SECRET.search(argument))
    return " ".join(shown)


def request_id_of(request: HttpRequest) -> str:
    """The proxy's id where a trusted proxy sets one, otherwise a fresh one."""
    given = request.headers.get("X-Request-ID", "")
    if settings.TRUSTED_PROXIES and _REQUEST_ID.fullmatch(given):
        return given
    return uuid4().hex


def repeated_as(request: HttpRequest) -> str:
    """The id under which the proxy before several hosts sends a write again if its host dies; "" where none does."""
    given = request.headers.get("X-Request-ID", "")
    if (
        not (settings.WRITES_REPEATED and settings.TRUSTED_PROXIES)
        or request.method not in _WRITES
        or not _REQUEST_ID.fullmatch(given)
    ):
        return ""
    return f"request {given}"


def trace_id_of(request: HttpRequest) -> str:
    """The trace that a trusted proxy says the request belongs to (W3C traceparent)."""
    found = _TRACE.fullmatch(request.headers.get("traceparent", "").strip().lower())
    return found[1] if found and settings.TRUSTED_PROXIES else ""


def _auth_method(request: HttpRequest, *, token: bool) -> str:
    """`token`, or what the session began with: `password+totp`, `oidc`, `break-glass+recovery_codes`."""
    return "token" if token else str(_of_session(request, AUTH_METHOD) or "session")[:40]


def _of_session(request: HttpRequest, key: str) -> Any:
    session = getattr(request, "session", None)
    return session.get(key, "") if session is not None else ""


def chain_is_trusted(request: HttpRequest) -> bool:
    """Whether every proxy between us and the address on record is ours."""
    forwarded = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return len(forwarded) >= int(settings.TRUSTED_PROXIES)


def client_ip(request: HttpRequest) -> str | None:
    """The address the outermost trusted proxy saw; without proxies the peer's, whatever X-Forwarded-For claims.

    The chain is read from the right: each trusted proxy added one entry there, and what stands further left is whatever
    the client wrote.
    """
    hops: int = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    peer = str(request.META.get("REMOTE_ADDR", ""))
    # Fewer entries than proxies: somebody came in behind them, so the header proves nothing.
    return _address(forwarded[-hops] if hops and len(forwarded) >= hops else peer)


def network_of(request: HttpRequest | None) -> str:
    """Whom to count requests by where nobody is signed in: the address, of IPv6 the /64 that one home has."""
    return network(client_ip(request) if request is not None else None)


def network(ip: str | None) -> str:
    """The address itself; of IPv6 the /64 around it."""
    if ip is None or ip_address(ip).version == 4:
        return ip or "unknown"
    return str(ip_network(f"{ip}/64", strict=False))


def _address(text: str) -> str | None:
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _os_user() -> str:
    try:
        return getpass.getuser()[:40]
    except (OSError, KeyError):
        return ""
