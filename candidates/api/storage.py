"""Where a browser puts a file when the store is this machine's disk."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hrassist.lib import storage
from hrassist.lib.errors import DomainError


# The signature in the address is the right to upload, as it is at an object store: no session, so nothing to forge.
@csrf_exempt
@require_http_methods(["PUT"])
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Take one file exactly as its ticket says; 403, 410 or 412 with a sentence otherwise."""
    store = storage.incoming()
    if not isinstance(store, storage.DiskIncoming):
        raise Http404
    try:
        store.receive(
            token,
            length=request.headers.get("Content-Length", ""),
            content_type=request.headers.get("Content-Type", ""),
            md5_b64=request.headers.get("Content-MD5", ""),
            body=request,
        )
    except DomainError as error:
        if not isinstance(error, storage.BadTicket):
            # A client that is still sending reads no answer: it would see a broken connection instead of the reason.
            _drain(request)
        return HttpResponse(error.message + "\n", status=error.status, content_type="text/plain")
    return HttpResponse(status=201)


def _drain(request: HttpRequest) -> None:
    left = settings.UPLOAD_MAX_BYTES
    with suppress(UnreadablePostError):
        while left > 0 and (chunk := request.read(storage.CHUNK)):
            left -= len(chunk)


urlpatterns = [path(f"{storage.UPLOAD_PATH}<str:token>", receive, name="storage-incoming")]
