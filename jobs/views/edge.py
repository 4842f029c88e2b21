"""What every public page does: a pace for each address, no indexing unless wanted, and refusals as pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from hrassist.lib import origin
from hrassist.lib.errors import DomainError
from jobs.actions import intake

View = Callable[..., HttpResponseBase]
HIDDEN = "noindex, nofollow"


def public(*, robots: str = HIDDEN) -> Callable[[View], View]:
    """Answer at a bearable pace, tell robots what they may keep, and show what an action refuses as a page."""

    def dress(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                intake.require_pace("page", origin.network_of(request))
                answer = view(request, *args, **kwargs)
            except DomainError as error:
                answer = refusal(request, error)
            answer["X-Robots-Tag"] = robots if answer.status_code == 200 else HIDDEN
            return answer

        return guarded

    return dress


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page that says why not, and what to do."""
    answer = render(request, "public/refusal.html", {"error": error}, status=error.status)
    if error.status == 429:
        answer["Retry-After"] = str(getattr(error, "retry_after", 30))
    return answer


def nothing_here(request: HttpRequest) -> HttpResponse:
    error = DomainError("The address is wrong, or what stood here is no longer public.")
    return render(request, "public/refusal.html", {"error": error}, status=404)
