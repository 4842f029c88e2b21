"""Requests through the proxy for as long as something goes on, each answer kept."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections import Counter
from types import TracebackType

NAME = "hr.example.com"


class Named(http.client.HTTPSConnection):
    """A connection to an address, under the name that the proxy answers to."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=NAME)


class Load:
    """Threads that ask one after the other, by GET and by POST, over connections that stay open."""

    def __init__(
        self,
        port: int,
        *,
        token: str,
        threads: int = 4,
        host: str = "127.0.0.1",
        pause: float = 0.04,
        writes: bool = True,
    ) -> None:
        self.port, self.token, self.host, self.pause, self.writes = port, token, host, pause, writes
        self.found: Counter[str] = Counter()
        self.slowest = 0.0
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Load:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        for one in self._threads:
            one.join(60)

    @property
    def total(self) -> int:
        return sum(self.found.values())

    def wait_for(self, more: int, *, seconds: float = 60) -> None:
        """Until so many further requests were answered."""
        goal, until = self.total + more, time.monotonic() + seconds
        while self.total < goal and time.monotonic() < until:
            time.sleep(0.05)
        assert self.total >= goal, dict(self.found)

    def _ask(self, number: int) -> None:
        connection: Named | None = None
        headers = {"Host": NAME, "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        count = 0
        while not self._ending.is_set():
            count += 1
            writes = self.writes and number == 0 and count % 3 == 0
            began = time.monotonic()
            try:
                if connection is None:
                    connection = Named(self.host, self.port, timeout=60)
                if writes:
                    body = json.dumps({"full_name": f"Load {number} {count}"})
                    connection.request("POST", "/api/v1/candidates", body=body, headers=headers)
                else:
                    connection.request("GET", "/api/v1/me", headers=headers)
                answer = connection.getresponse()
                answer.read()
                said = f"{'POST' if writes else 'GET'} {answer.status}"
                if answer.headers.get("Connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                said = type(error).__name__
                connection = None
            with self._lock:
                self.found[said] += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(self.pause)
        if connection is not None:
            connection.close()
