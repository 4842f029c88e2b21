"""The stream process: long-lived answers under /streams/, nothing else; admin and API stay with the web process."""

import os

import django
from django.conf import settings

from hrassist import env
from hrassist.metrics import files
from hrassist.ops import start
from hrassist.stream_handler import StreamHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")


with env.said_in_words():
    files.begin(files.STREAM, settings.METRICS_DIR)
    django.setup(set_prefix=False)
    start.or_stop(listening=True)
from hrassist.metrics import streams

application = streams.counted(StreamHandler())
