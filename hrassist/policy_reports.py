"""What browsers report about the content policy: counted by rule, kind and page, without anything of the person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hrassist.lib import tally

LARGEST, MOST = 32_768, 20
# Names that a report may say; whatever else it says is somebody's invention.
DIRECTIVES = {
    *settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "script-src-elem", "script-src-attr", "style-src-elem",
    "style-src-attr", "frame-src", "child-src", "worker-src", "media-src", "require-trusted-types-for",
}  # fmt: skip
_WORDS = {"inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-sink"}
_EXTENSIONS = ("chrome-extension", "moz-extension", "safari-web-extension", "ms-browser-extension")


# A browser sends it by itself and without a token of ours; nothing but a counter can be moved by it.
@csrf_exempt
@require_POST
def take_reports(request: HttpRequest) -> HttpResponse:
    """Count what a report tells; always 204, so that a probe learns nothing."""
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) <= LARGEST:
        for what in _told(request.body):
            tally.add(tally.POLICY, what)
    return HttpResponse(status=204)


def _told(body: bytes) -> Iterator[str]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return
    for one in (said if isinstance(said, list) else [said])[:MOST]:
        if not isinstance(one, dict):
            continue
        # The newer form wraps it in `body`, the older one in `csp-report`, and they spell the names differently.
        about: Any = one.get("csp-report") or (one.get("body") if one.get("type") == "csp-violation" else None)
        if isinstance(about, dict) and (what := _counted(about)):
            yield what


def _counted(about: dict[str, Any]) -> str:
    directive = str(
        about.get("effectiveDirective") or about.get("effective-directive") or about.get("violated-directive")
    )
    directive = directive.partition(" ")[0]
    if directive not in DIRECTIVES:
        return ""
    blocked = str(about.get("blockedURL") or about.get("blocked-uri") or "")
    page = str(about.get("documentURL") or about.get("document-uri") or "")
    return f"{directive}, {_kind(blocked)}, on {_route(page)}"


def _kind(blocked: str) -> str:
    scheme = blocked.partition(":")[0]
    if scheme in _WORDS:
        return scheme
    if scheme in _EXTENSIONS:
        return "an extension"
    return "another site" if scheme in {"http", "https", "ws", "wss"} else "something else"


def _route(page: str) -> str:
    """The pattern of the page: its own address may hold a secret or what somebody typed."""
    try:
        path = urlsplit(page).path
        return resolve(path).route or "the first page"
    except (Resolver404, ValueError):
        return "no page of ours"
