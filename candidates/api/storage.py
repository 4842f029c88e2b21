"""Where a browser puts a file when the store is this machine's disk."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
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
        # What is left of the body must not be taken for the next request of this connection.
        return HttpResponse(
            error.message + "\n", status=error.status, content_type="text/plain", headers={"Connection": "close"}
        )
    return HttpResponse(status=201)


urlpatterns = [path(f"{storage.UPLOAD_PATH}<str:token>", receive, name="storage-incoming")]
