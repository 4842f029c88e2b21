"""The web process: admin and API."""

import os

from django.core.wsgi import get_wsgi_application

from hrassist import env
from hrassist.databases import limit_statements
from hrassist.ops import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
with env.said_in_words():
    application = get_wsgi_application()
    start.or_stop()
limit_statements()
