"""Addresses of the stream process."""

from django.urls import path

from candidates.api.upload_stream import upload_events
from hrassist.health import livez

urlpatterns = [
    path("livez", livez),
    path("streams/uploads", upload_events),
]
