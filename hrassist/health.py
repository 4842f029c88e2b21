"""Is the process alive, and can it do its work?"""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from audit.actions import seals
from hrassist import databases
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


def _seals() -> str:
    late = seals.lag()
    return f"Not sealed for {late.seconds / 60:.0f} minutes." if late.is_late else ""


def _role() -> str:
    standing = databases.standing()
    return "" if standing.is_safe else "The application's database role could rewrite the audit trail."


PARTS: dict[str, Callable[[], str]] = {"database": _database, "queue": _queue, "storage": _storage, "disk": _disk}
# What somebody must mend, while requests can be answered meanwhile.
WARNINGS: dict[str, Callable[[], str]] = {"audit_seals": _seals, "database_role": _role}


def livez(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when every part we need answers, else 503 with the part and what is wrong; no secret is shown.

    A part that works but wants mending says "warning: …" and leaves it at 200.
    """
    found = {name: _asked(ask) for name, ask in PARTS.items()}
    ready = set(found.values()) == {"ok"}
    if ready:
        said = {name: _asked(ask) for name, ask in WARNINGS.items()}
        found |= {name: one if one == "ok" else f"warning: {one}" for name, one in said.items()}
    return JsonResponse(found, status=200 if ready else 503)


def _asked(ask: Callable[[], str]) -> str:
    try:
        return ask() or "ok"
    except Exception as error:
        return f"does not answer ({type(error).__name__})"
