"""Somebody in a role who asks for one address after the other, and all that each answer gives away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from audit.models import Event
from hrassist.lib.ids import uuid7
from hrassist.models import User
from tests.factories import UserFactory, api_token
from tests.test_permissions import ROLES, routes
from tests.world import World

# What differs from answer to answer whoever asks: tokens, identifiers of requests, clocks.
NOISE = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=data-token=")\w+|(?<=csrf=")\w+|'
    r'"csrf[^"]*": ?"\w+"|"token": ?"\w{64}"|"request_id": ?"[^"]*"|'
    # A second factor that somebody sets up is another secret at each look.
    r'(?<=src="data:image/svg\+xml;base64,)[\w+/=]+|(?<=<code class="secret-text">)[^<]+|'
    r"(?<=&quot;challenge&quot;: &quot;)[\w-]+|"
    # How long ago something was, told within a page by the database's clock, which no test holds still.
    r"(?<=>)(just now|in \d+ min|\d+ min ago)(?=</time>)|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?|\d\d:\d\d(:\d\d)?\b"
)
OF_EACH_ANSWER = {"X-Request-ID", "Set-Cookie", "Date", "Server-Timing", "ETag", "Last-Modified", "Expires"}
NUMBER_OF_NOTHING = 2_000_000_001


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gave: all bytes, all headers, the events it left, and what was asked of the database."""

    status: int
    headers: dict[str, str]
    body: bytes
    events: list[Event]
    statements: list[str]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_shown(self) -> bool:
        return 200 <= self.status < 300

    @property
    def asks_to_sign_in(self) -> bool:
        return self.status == 302 and "/login/" in self.headers.get("Location", "")

    def without(self, *names: object) -> str:
        """Body and headers as one text, without what differs anyway and without these identifiers."""
        kept = sorted(f"{name}: {value}" for name, value in self.headers.items() if name not in OF_EACH_ANSWER)
        shown = "\n".join(line for line in kept if not line.startswith("Content-Length")) + "\n\n" + self.text
        for name in sorted((str(one) for one in names), key=len, reverse=True):
            # A short number stands in many places of a page; only as a part of an address does it name the thing.
            shown = shown.replace(name, "·") if len(name) > 12 else re.sub(rf"/{name}\b", "/·", shown)
        return NOISE.sub("·", shown)


class Visitor:
    """A user of this role with a browser and a token; every request's traces are undone unless it is told to keep."""

    def __init__(self, role: str, *, user: User | None = None, scopes: tuple[str, ...] | None = None):
        group = ROLES[role]
        self.role = role
        self.user: User | None = user or (UserFactory(role=group) if group is not None else None)
        self.token = api_token(self.user, scopes=scopes) if self.user else ""
        client = Client()
        if self.user:
            client.force_login(self.user)
        self._cookies = client.cookies.output(header="", sep=";")

    def get(self, path: str, **how: Any) -> Answer:
        return self.ask("GET", path, **how)

    def ask(self, method: str, path: str, data: Any = None, *, counted: bool = False) -> Answer:
        """One request with its events, inside a transaction that is rolled back; `counted` with its statements."""
        with transaction.atomic():
            newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
            with CaptureQueriesContext(connection) if counted else nullcontext([]) as asked:
                response = self.send(method, path, data)
                body = content_of(response)
            answer = self._answer(response, body, newest=newest, statements=[one["sql"] for one in asked])
            transaction.set_rollback(True)
        return answer

    @staticmethod
    def _answer(response: Any, body: bytes, *, newest: int, statements: list[str]) -> Answer:
        return Answer(
            status=response.status_code,
            headers=dict(response.items()),
            body=body,
            events=list(Event.objects.filter(id__gt=newest).order_by("id")),
            statements=statements,
        )

    def send(self, method: str, path: str, data: Any) -> Any:
        verb = method.lower()
        if path.startswith("/api/"):
            api = APIClient(raise_request_exception=False)
            if self.token:
                api.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token}")
            bare = method in {"GET", "HEAD"}
            return getattr(api, verb)(path) if bare else getattr(api, verb)(path, data or {}, format="json")
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(self._cookies)
        return getattr(client, verb)(path) if data is None else getattr(client, verb)(path, data)


def content_of(response: Any) -> bytes:
    """All bytes of an answer; a stream of events never ends, and nothing of it is read."""
    if not response.streaming:
        return bytes(response.content)
    if "event-stream" in response.headers.get("Content-Type", "") or response.is_async:
        return b""
    return b"".join(response.streaming_content)


def getters() -> list[str]:
    """Every address that answers GET, once."""
    return list(dict.fromkeys(route for route, methods in routes() if "GET" in methods))


class Nothing:
    """Stands in for a world: each parameter of an address is of the right shape and names nothing."""

    def __init__(self, like: World):
        self._like = like

    def values(self, route: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in self._like.values(route).items():
            if name in {"number", "token", "content_type_id"}:
                made[name] = value
            elif isinstance(value, int):
                made[name] = NUMBER_OF_NOTHING
            elif _is_uuid(value):
                made[name] = uuid7()
            else:
                made[name] = value
        return made


def filled(route: str, values: dict[str, Any]) -> str:
    """The address with these values for its parameters."""
    assert set(parameters(route)) <= set(values), f"tests/test_permissions.py: World.values lacks a value of {route}"
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), route)


def parameters(route: str) -> list[str]:
    return re.findall(r"<(?:\w+:)?(\w+)>", route)


def named(route: str, values: dict[str, Any]) -> list[Any]:
    """The values that stand in this address."""
    return [values[name] for name in parameters(route)]


def _is_uuid(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def multiset(events: list[Event], names: dict[str, str]) -> Iterator[str]:
    """Events as sorted words, `2×resume.viewed resume own`; identifiers are called by these names."""
    found = Counter(
        " ".join(
            filter(
                None,
                [
                    one.action,
                    "" if one.outcome == "allow" else one.outcome,
                    f"{one.target_type.rpartition('.')[2]}={names.get(one.target_id, '?')}" if one.target_type else "",
                    f"of={names.get(one.subject_ref, '?')}" if one.subject_ref else "",
                ],
            )
        )
        for one in events
    )
    for words, times in sorted(found.items()):
        yield words if times == 1 else f"{times}×{words}"
