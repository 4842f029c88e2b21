"""The stream process: long-lived answers under /streams/, nothing else; admin and API stay with the web process."""

import os
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from hrassist import env
from hrassist.metrics import files
from hrassist.ops import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")


class StreamHandler(ASGIHandler):
    """Django's ASGI application on the small address list of hrassist/stream_urls.py."""

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = "hrassist.stream_urls"
        return request, error


with env.said_in_words():
    files.begin(files.STREAM, settings.METRICS_DIR)
    django.setup(set_prefix=False)
    start.or_stop()
from hrassist.metrics import streams  # noqa: E402  where it counts is decided by then

application = streams.counted(StreamHandler())
