"""Named places where a test may kill or stop the process, to see that everything repairs itself."""

import os
import signal

from django.conf import settings

VARIABLE = "HRASSIST_FAILPOINT"
STOP = "stop:"


def reach(name: str) -> None:
    """Die here, as by kill -9, when the variable names this place, or stop for `stop:` and its name; in development."""
    named = os.environ.get(VARIABLE, "")
    if settings.DEVELOPMENT and named.removeprefix(STOP) == name:
        os.kill(os.getpid(), signal.SIGSTOP if named.startswith(STOP) else signal.SIGKILL)
