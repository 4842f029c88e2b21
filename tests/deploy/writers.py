"""Programs and people who write through the proxy, one thing after the other; what each of them was told is kept."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from tests.deploy.load import NAME, Named
from tests.uploading import md5_of

PEOPLE = "/api/v1/candidates"
CSRF = "c" * 32  # what a browser has as a cookie and sends in its form  # pragma: allowlist secret
# How long a program goes on asking for one answer.
PATIENCE = 120.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    # Seconds.
    took: float

    @property
    def document(self) -> dict[str, str]:
        return dict(json.loads(self.body)) if self.body[:1] == b"{" else {}

    @property
    def is_final(self) -> bool:
        """Whether there is no reason to ask again: somebody else's turn, or a broken answer, is no answer yet."""
        return self.status < 500 and self.document.get("code") != "idempotency_key_in_use"


@dataclass
class Write:
    """One thing that somebody wanted once, however often they asked for it."""

    name: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def last(self) -> Answer:
        return self.answers[-1]

    @property
    def statuses(self) -> list[int]:
        return [one.status for one in self.answers]


class Line:
    """A connection to the proxy that is opened again when it was closed."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port, self.headers = port, {"Host": NAME} | headers
        self._connection: Named | None = None

    def ask(self, method: str, path: str, body: bytes = b"", **more: str) -> Answer:
        headers = self.headers | {name.replace("_", "-"): value for name, value in more.items()}
        asked = time.monotonic()
        if self._connection is None:
            self._connection = Named("127.0.0.1", self.port, timeout=60)
        try:
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
            got = Answer(answer.status, dict(answer.headers), answer.read(), time.monotonic() - asked)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.headers.get("Connection") == "close":
            self.close()
        return got

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Writers:
    """A thread for each writer that is begun: what they wanted by name, and what broke them."""

    def __init__(self, port: int, *, token: str, session: dict[str, str], files: Iterator[tuple[str, bytes]]) -> None:
        self.port = port
        self.program = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.browser = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in session.items()),
            "Origin": f"https://{NAME}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.writes: dict[str, list[Write]] = {}
        self.broken: list[str] = []
        self._files = files
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        for one in self._threads:
            one.join(PATIENCE + 60)

    def begin(self, *names: str) -> None:
        """Let writers of these names begin; the first word of a name says what it writes."""
        for name in names:
            write = getattr(self, f"_{name.split()[0]}")
            line = Line(self.port, self.browser if name.startswith("form") else self.program)
            self._threads.append(threading.Thread(target=self._go_on, args=(name, write, line)))
            self._threads[-1].start()

    def of(self, kind: str) -> list[Write]:
        """What writers of this kind wanted, or of any."""
        return [one for name, writes in self.writes.items() if name.startswith(kind) for one in writes]

    def unheard(self, kind: str, *, after: float = 1.0) -> list[Write]:
        """What writers of this kind want, and have had no answer for so many seconds."""
        waiting = self.waiting(kind)
        time.sleep(after)
        return [one for one in waiting if not one.answers]

    def waiting(self, kind: str = "") -> list[Write]:
        return [one for one in self.of(kind) if not one.answers]

    def wait_until_answered(self, writes: list[Write], *, but: int) -> None:
        """Until all of these have an answer, but for so many."""
        until = time.monotonic() + PATIENCE
        while sum(not one.answers for one in writes) > but:
            assert time.monotonic() < until, [one.name for one in writes if not one.answers]
            time.sleep(0.1)

    def again(self, one: Write) -> Answer:
        """Ask for what a program with a key asked, beside it and with its key."""
        line = Line(self.port, self.program)
        try:
            return line.ask("POST", PEOPLE, json.dumps({"full_name": one.name}).encode(), Idempotency_Key=one.name)
        finally:
            line.close()

    def _go_on(self, name: str, write: Callable[[Line, Write], bool], line: Line) -> None:
        mine = self.writes.setdefault(name, [])
        try:
            while not self._ending.is_set():
                one = Write(f"{name} {len(mine)}")
                mine.append(one)
                if not write(line, one):
                    break
                time.sleep(0.1)
        except Exception as error:
            self.broken.append(f"{name}: {error!r}")
        line.close()

    def _until_final(self, one: Write, ask: Callable[[], Answer]) -> Answer:
        """Ask as a program does: again after a while, as long as there is no answer."""
        until = time.monotonic() + PATIENCE
        while True:
            one.answers.append(ask())
            if one.last.is_final or time.monotonic() > until:
                return one.last
            time.sleep(min(float(one.last.headers.get("Retry-After", "1")), 2))

    def _keyed(self, line: Line, one: Write) -> bool:
        body = json.dumps({"full_name": one.name}).encode()
        self._until_final(one, lambda: line.ask("POST", PEOPLE, body, Idempotency_Key=one.name))
        return True

    def _keyless(self, line: Line, one: Write) -> bool:
        one.answers.append(line.ask("POST", PEOPLE, json.dumps({"full_name": one.name}).encode()))
        return True

    def _change(self, line: Line, one: Write) -> bool:
        """The first one makes the person whom all the others change."""
        if one.name == "change 0":
            body = json.dumps({"full_name": "Changed"}).encode()
            self._changed = self._until_final(one, lambda: line.ask("POST", PEOPLE, body, Idempotency_Key=one.name))
            return True
        body = json.dumps({"headline": one.name}).encode()
        self._until_final(one, lambda: line.ask("PATCH", f"{PEOPLE}/{self._changed.document['id']}", body))
        return True

    def _form(self, line: Line, one: Write) -> bool:
        empty = {f"{noun}-{count}_FORMS": 0 for noun in ("emails", "phones", "links") for count in ("TOTAL", "INITIAL")}
        said = {"full_name": one.name, "headline": "", "city": "", "country": "", "csrfmiddlewaretoken": CSRF} | empty
        one.answers.append(line.ask("POST", "/candidates/candidate/add/", urlencode(said).encode()))
        return True

    def _upload(self, line: Line, one: Write) -> bool:
        """The three steps of docs/api.md, each repeated until it is answered."""
        found = next(self._files, None)
        if found is None:
            self.writes["upload"].remove(one)
            return False
        filename, data = found
        about = {"filename": filename, "size": len(data), "content_type": "application/pdf", "md5_b64": md5_of(data)}
        body = json.dumps(about).encode()
        ticket = self._until_final(
            one, lambda: line.ask("POST", "/api/v1/uploads", body, Idempotency_Key=one.name)
        ).document
        headers = {"Authorization": "", **dict(ticket["headers"])}
        where = urlsplit(ticket["url"]).path
        self._until_final(one, lambda: line.ask("PUT", where, data, **headers))
        self._until_final(one, lambda: line.ask("POST", ticket["confirm"], b"{}"))
        return True
