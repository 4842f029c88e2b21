"""The web process: admin and API."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from hrassist.databases import limit_statements
from hrassist.metrics import files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
files.begin(files.WEB, settings.METRICS_DIR)
application = get_wsgi_application()
limit_statements()
