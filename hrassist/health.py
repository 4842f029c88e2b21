"""Is the process alive, and can it do its work?

What a part needs to answer is bounded by limits of its own: five seconds to connect to the database and two for each
statement here, three to connect to the store, two for the scanner. An answer is given again for READY_SECONDS.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse, JsonResponse

from audit.actions import seals
from candidates.actions import replaying
from candidates.erasure.ledger import LedgerBroken, LedgerUnavailable
from hrassist import databases
from hrassist.lib import backlog, redis_server, storage
from hrassist.lib.scanner import ClamdScanner
from jobs.models import ModelEndpoint

LATE_SECONDS = 600
SKEW_SECONDS = 30
LEAST_DISK = 200 * 2**20
STATEMENT = "2s"
# A comparison with the ledger may go through everybody: less often than the rest.
AGAIN = 5
SCANNER_SECONDS = 2.0


@contextmanager
def _briefly() -> Iterator[CursorWrapper]:
    """A cursor whose statements end after STATEMENT, and those that run within it too; none that comes later."""
    within = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
                       [STATEMENT])  # fmt: skip
        before, _ = cursor.fetchone()
        yield cursor
        # The limit ends with the transaction, and a savepoint is none.
        if within:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def _database() -> str:
    with _briefly() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _queue() -> str:
    """A queue that stands still is for the worker to mend: no page becomes better by being taken away too."""
    with _briefly():
        oldest = max((queue.oldest for queue in backlog.queues()), default=0.0)
    if oldest >= LATE_SECONDS:
        return f"The oldest task has waited {oldest / 60:.0f} minutes. Is a worker running?"
    return ""


def _storage() -> str:
    storage.clean().probe()
    return ""


def _disk() -> str:
    free = shutil.disk_usage(settings.BASE_DIR).free
    return "" if free > LEAST_DISK else f"Only {free // 2**20} MB of disk are left."


def _scanner() -> str:
    if settings.CLAMD_SOCKET:
        ClamdScanner(settings.CLAMD_SOCKET, timeout=SCANNER_SECONDS).version()
    return ""


def _redis() -> str:
    """Caches are empty without it, and limits are counted in the database."""
    if settings.REDIS_URL and not redis_server.answers():
        return "Redis does not answer. Start it, or take REDIS_URL away."
    return ""


def _clock() -> str:
    with _briefly():
        apart = abs(databases.skew())
    return "" if apart <= SKEW_SECONDS else f"This clock and the database's differ by {apart:.0f} seconds. Start NTP."


def _seals() -> str:
    with _briefly():
        late = seals.lag()
    return f"Not sealed for {late.seconds / 60:.0f} minutes." if late.is_late else ""


def _role() -> str:
    with _briefly():
        standing = databases.standing()
    return "" if standing.is_safe else "The application's database role could rewrite the audit trail."


@dataclass(slots=True)
class _Restored:
    """Whether it is known that no restore brought anybody back, and when that was last asked."""

    is_settled: bool = False
    at: float = float("-inf")
    said: str = ""
    unread: str = ""


_restored = _Restored()


def _erasures() -> str:
    """Nobody may be served who was erased; once that is so it stays so for as long as this process lives."""
    if not _restored.is_settled and time.monotonic() - _restored.at >= settings.READY_SECONDS * AGAIN:
        _restored.said, _restored.unread = _compare_with_ledger()
        _restored.is_settled, _restored.at = not (_restored.said or _restored.unread), time.monotonic()
    return _restored.said


def _compare_with_ledger() -> tuple[str, str]:
    try:
        back = replaying.how_many_back()
    except LedgerBroken:
        return "The ledger of erasures was changed. docs/privacy.md", ""
    except LedgerUnavailable:
        # No reason to take the site down: most starts are not after a restore.
        return "", "The ledger of erasures cannot be read: whether a restore brought somebody back is not known."
    if back:
        return f"{back} erased people are here again after a restore. Run manage.py replay_erasures.", ""
    return "", ""


def _erasure_ledger() -> str:
    return _restored.unread


def _language_model() -> str:
    """How its last call or test ended; asking it here would cost money at every scrape."""
    with _briefly():
        failed = ModelEndpoint.objects.filter(enabled=True).exclude(test_said="").exists()
    return (
        "A language model failed when it was last asked. Test it under Language models, or switch it off."
        if failed
        else ""
    )


Asks = Callable[[], str]
PARTS: dict[str, Asks] = {"database": _database, "erasures": _erasures, "storage": _storage, "disk": _disk}
# What somebody must mend, while requests can be answered meanwhile.
WARNINGS: dict[str, Asks] = {
    "erasure_ledger": _erasure_ledger, "queue": _queue, "scanner": _scanner, "redis": _redis, "clock": _clock,
    "audit_seals": _seals, "database_role": _role, "language_model": _language_model,
}  # fmt: skip


@dataclass(slots=True)
class _Kept:
    """The last answer, and since when it holds."""

    found: dict[str, str] = field(default_factory=dict)
    at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept = _Kept()


def _is_drained() -> bool:
    return bool(settings.DRAIN_FILE.exists())


_leaving: list[Callable[[], bool]] = [_is_drained]


def leave_when(leaving: Callable[[], bool]) -> None:
    """Answer not ready as soon as this is so; a process that ends finishes what it has and wants nothing new."""
    _leaving.append(leaving)


def livez(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when every part we need answers, else 503 with the part and what is wrong; no secret is shown.

    A part that works but wants mending says "warning: …" and leaves it at 200.
    """
    if any(leaving() for leaving in _leaving):
        answer = JsonResponse({"process": "is about to end and takes no new work"}, status=503)
        answer.headers["Connection"] = "close"
        return answer
    found = state()
    return JsonResponse(found, status=200 if is_ready(found) else 503)


def is_ready(found: dict[str, str]) -> bool:
    return all(said == "ok" or said.startswith("warning: ") for said in found.values())


def state() -> dict[str, str]:
    """What each part says, asked anew at most each READY_SECONDS."""
    with _kept.lock:
        if not _kept.found or time.monotonic() - _kept.at >= settings.READY_SECONDS:
            _kept.found, _kept.at = _ask(), time.monotonic()
        return _kept.found


def _ask() -> dict[str, str]:
    found = {name: asked(ask) for name, ask in PARTS.items()}
    if set(found.values()) == {"ok"}:
        said = {name: asked(ask) for name, ask in WARNINGS.items()}
        found |= {name: one if one == "ok" else f"warning: {one}" for name, one in said.items()}
    return found


def asked(ask: Asks) -> str:
    """ "ok", or why not: never what an error quotes, for that may be a password."""
    try:
        return ask() or "ok"
    except Exception as error:
        return f"does not answer ({type(error).__name__})"


def timed(ask: Asks) -> tuple[bool, float]:
    """Whether a part answers without complaint, and how many seconds that took."""
    began = time.perf_counter()
    said = asked(ask)
    return said == "ok", time.perf_counter() - began


def services() -> dict[str, Asks]:
    """What this installation needs from outside its own processes, and how to ask it."""
    asks = {"database": _database, "storage": _storage}
    if settings.CLAMD_SOCKET:
        asks["scanner"] = _scanner
    if settings.REDIS_URL:
        asks["redis"] = _redis
    return asks
