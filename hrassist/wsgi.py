"""The web process: admin and API."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from hrassist import env
from hrassist.databases import limit_statements
from hrassist.metrics import files
from hrassist.ops import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
with env.said_in_words():
    files.begin(files.WEB, settings.METRICS_DIR)
    application = get_wsgi_application()
    start.or_stop()
limit_statements()
