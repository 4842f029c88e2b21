"""The web process: admin and API."""

import os

from django.core.wsgi import get_wsgi_application

from hrassist.databases import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
application = get_wsgi_application()
limit_statements()
