"""Names that lead where a test says, and a server behind one of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.hrassist.lib.egress.outside import HOST, Server


@pytest.fixture(autouse=True)
def named(settings):
    settings.EGRESS_HOSTS = [HOST]


@pytest.fixture
def names(monkeypatch) -> Callable[..., list[str]]:
    """Let the resolver answer as told, one list of addresses for each time it is asked; gives what it was asked."""
    asked: list[str] = []

    def answer(*rounds: list[str]) -> list[str]:
        def resolve(host, port, *_how, **_more):
            asked.append(host)
            return [
                (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
                for ip in rounds[min(len(asked), len(rounds)) - 1]
            ]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return answer


@pytest.fixture
def server(tmp_path, settings, names) -> Iterator[Server]:
    one = Server(tmp_path)
    settings.EGRESS_INTERNAL_HOSTS, settings.EGRESS_PORTS = [HOST], [443, one.port]
    settings.EGRESS_CA_FILE = str(one.ca)
    names(["127.0.0.1"])
    yield one
    one.close()
