"""Named places where a test may kill or stop the process, to see that everything repairs itself."""

import os
import signal
import sys
import threading
from contextlib import suppress

from django.conf import settings

VARIABLE = "HRASSIST_FAILPOINT"
STOP = "stop:"
HOLD = "hold:"


def reach(name: str) -> None:
    """Die here, as by kill -9, when the variable names this place, or stop for `stop:` and its name; in development.

    For `hold:` and its name the first thread that comes here stays, and says so; the others of its process go on.
    """
    named = os.environ.get(VARIABLE, "")
    if not settings.DEVELOPMENT or named.removeprefix(STOP).removeprefix(HOLD) != name:
        return
    if named.startswith(HOLD):
        _hold(name)
    else:
        os.kill(os.getpid(), signal.SIGSTOP if named.startswith(STOP) else signal.SIGKILL)


def _hold(name: str) -> None:
    # Whoever is second finds nothing to delete.
    with suppress(KeyError):
        del os.environ[VARIABLE]
        sys.stderr.write(f"held at {name}\n")
        sys.stderr.flush()
        threading.Event().wait()
