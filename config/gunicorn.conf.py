"""The web process: threads for admin and API; the Procfile overrides what differs for streams."""

import os
from wsgiref.util import setup_testing_defaults

bind = os.environ.get("HRASSIST_WEB_BIND", f"127.0.0.1:{os.environ.get('HRASSIST_PORT', '8000')}")
worker_class = "gthread"
workers = int(os.environ.get("HRASSIST_WEB_WORKERS", "2"))
threads = int(os.environ.get("HRASSIST_WEB_THREADS", "4"))
# Loaded once and forked: the workers share the memory of the code.
preload_app = True
timeout = 30
graceful_timeout = 20
keepalive = 5
# A heartbeat file on a slow disk would make gunicorn kill healthy workers.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - gunicorn's own convention
accesslog = None
errorlog = "-"
loglevel = os.environ.get("HRASSIST_WEB_LOG_LEVEL", "warning")
if os.environ.get("HRASSIST_ENV") != "development":
    # What gunicorn itself says of a request that broke quotes its address; the application's formatter leaves that out.
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "hrassist.lib.logs.JsonFormatter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": loglevel.upper()},
        "loggers": {"gunicorn.error": {"handlers": ["console"], "level": loglevel.upper(), "propagate": False}},
    }


def when_ready(server):
    """Answer one request before the workers are forked, so that the first visitor does not wait for the imports."""
    if server.cfg.worker_class_str != "gthread":
        return
    from django.conf import settings  # noqa: PLC0415  the settings are there once gunicorn has loaded the app
    from django.db import connections  # noqa: PLC0415

    environ = {"PATH_INFO": "/livez", "HTTP_HOST": (settings.ALLOWED_HOSTS or ["localhost"])[0].lstrip("*.")}
    environ["wsgi.url_scheme"] = "https"
    setup_testing_defaults(environ)
    answer = server.app.wsgi()(environ, lambda *_: None)
    list(answer)
    # A database connection must never be shared by two processes.
    connections.close_all()
