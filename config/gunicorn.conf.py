"""The web process: threads for admin and API; the Procfile overrides what differs for streams."""

import gc
import os
import socket
import sys
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


# How long a client of a stream may take nothing of what is sent: it is gone, or it does not read.
STUCK_SECONDS = 30


def when_ready(server):
    """Answer one request before the workers are forked, so that the first visitor does not wait for the imports."""
    from hrassist.metrics import workers  # noqa: F401, PLC0415  its counters begin at nought

    _keep_for_good()
    if server.cfg.worker_class_str != "gthread":
        _for_streams()
        # Only the operating system can end a connection whose buffers are full; what it accepts inherits this.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            for listener in server.LISTENERS:
                if listener.sock.family != socket.AF_UNIX:
                    listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_SECONDS * 1000)
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


def _keep_for_good():
    """Let the collector pass over what was loaded: it looks for garbage there for a third of a second at a time."""
    gc.collect()
    gc.freeze()


def _for_streams():
    """Give the one thread that delivers its turn: an event for a thousand people is a thousand writes."""
    # At each write a thread that asks the database may go first, and keep the interpreter: not for five milliseconds.
    sys.setswitchinterval(0.0005)
    # What open streams hold is no garbage, and looking through all of it stops every delivery for a sixth of a second.
    gc.set_threshold(20_000, 20, 50)


def post_worker_init(worker):
    """Let a worker that was told to end say that it is not ready, on connections that are still open."""
    from hrassist import health  # noqa: PLC0415  the application is loaded by now

    health.leave_when(lambda: not worker.alive)


def worker_abort(worker):
    """Remember that the master gave this worker up: it hung."""
    worker.was_given_up = True


def worker_exit(server, worker):
    """Leave word that this end was meant: somebody stopped the worker, or it had answered its share of requests."""
    from hrassist.metrics import workers  # noqa: PLC0415  as above

    if not worker.alive and not getattr(worker, "was_given_up", False):
        workers.leave_word(worker.pid)


def child_exit(server, worker):
    """Count the end of a worker in the master, and keep what it had counted."""
    from hrassist.metrics import files, workers  # noqa: PLC0415  as above

    workers.count_end(worker.pid)
    files.fold(worker.pid)
