"""Is the process alive, and can it do its work?"""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from hrassist.lib import storage


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _queue() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - min(scheduled_at)) FROM procrastinate_jobs WHERE status = 'todo'"
        )
        row = cursor.fetchone()
    return "" if not row or row[0] is None or row[0] < 600 else f"The oldest task has waited {row[0] / 60:.0f} minutes."


def _storage() -> str:
    storage.clean().probe()
    return ""


def _disk() -> str:
    free = shutil.disk_usage(settings.BASE_DIR).free
    return "" if free > 200 * 2**20 else f"Only {free // 2**20} MB of disk are left."


PARTS: dict[str, Callable[[], str]] = {"database": _database, "queue": _queue, "storage": _storage, "disk": _disk}


def livez(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when every part we need answers, else 503 with the part and what is wrong; no secret is shown."""
    found: dict[str, str] = {}
    for name, ask in PARTS.items():
        try:
            found[name] = ask() or "ok"
        except Exception as error:
            found[name] = f"does not answer ({type(error).__name__})"
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)
