"""What every answer carries, also those that other middleware gives up on, and which methods are asked at all."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from hrassist.lib.storage import UPLOAD_PATH

API = "/api/"
# Pages know reading and sending a form. Anything else is a mistake or a probe, and TRACE would pass the CSRF check.
OF_PAGES = ("GET", "HEAD", "POST")
OF_API = (*OF_PAGES, "PUT", "PATCH", "DELETE", "OPTIONS")
UNUSED = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone",
    "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb", "web-share",
    "xr-spatial-tracking",
)  # fmt: skip
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    # Passkeys are used by pages of ours, and nothing else of what browsers can do.
    "Permissions-Policy": ", ".join(
        [f"{feature}=()" for feature in UNUSED] + [f"publickey-credentials-{deed}=(self)" for deed in ("create", "get")]
    ),
}
PRIVATE = "private, no-store"
NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class HeadersMiddleware:
    """Stands before all others: an answer that never came as far as they did is guarded too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        allowed = OF_API if request.path.startswith((API, f"/{UPLOAD_PATH}")) else OF_PAGES
        response = self.get_response(request) if request.method in allowed else HttpResponseNotAllowed(allowed)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", NO_PAGE)
        response.headers.setdefault("Reporting-Endpoints", f'policy="/{settings.POLICY_REPORTS_PATH}"')
        # What nobody said anything about may hold what people told us.
        response.headers.setdefault("Cache-Control", PRIVATE)
        if response.headers["Cache-Control"] == "no-store":
            response.headers["Cache-Control"] = PRIVATE
        return response
