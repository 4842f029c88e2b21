"""Sessions of the library `requests`, for packages that want one: what they send goes through the egress client."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from hrassist.lib import egress


class EgressAdapter(BaseAdapter):
    """Sends what a session was asked to by `egress.call`; its limits and refusals become the session's errors."""

    def __init__(self, *, purpose: str, hosts: Collection[str]) -> None:
        super().__init__()
        self._purpose, self._hosts = purpose, tuple(hosts)

    def send(self, request: Any, *_how: Any, **_more: Any) -> requests.Response:
        ours = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent"}
        body = request.body or b""
        try:
            answer = egress.call(
                str(request.method),
                str(request.url),
                purpose=self._purpose,
                hosts=self._hosts,
                headers={name: str(value) for name, value in request.headers.items() if name.lower() not in ours},
                body=body.encode() if isinstance(body, str) else body,
            )
        except (egress.EgressRefused, egress.EgressFailed) as error:
            raise requests.ConnectionError(error.message, request=request) from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.raw = io.BytesIO(answer.body)
        response.url, response.request, response.encoding = request.url, request, "utf-8"
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def guard(session: requests.Session, *, purpose: str, hosts: Collection[str], plain: bool = False) -> None:
    """Let a session reach the outside by the egress client only; `plain` keeps http:// for a test's own server."""
    session.trust_env = False
    if not plain:
        session.adapters.clear()
    session.mount("https://", EgressAdapter(purpose=purpose, hosts=hosts))
