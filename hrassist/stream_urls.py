"""Addresses of the stream process."""

from django.urls import path

from candidates.api.upload_stream import upload_events
from hrassist.health import livez
from jobs.api.tailoring_stream import tailoring_events

urlpatterns = [
    path("livez", livez),
    path("streams/uploads", upload_events),
    path("streams/tailorings/<uuid:tailoringrun_id>", tailoring_events),
]
