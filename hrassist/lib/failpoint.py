"""Named places where a test may kill the process, to see that everything repairs itself."""

import os
import signal

from django.conf import settings

VARIABLE = "HRASSIST_FAILPOINT"


def reach(name: str) -> None:
    """Die here, as by kill -9, when the variable names this place; only in development."""
    if settings.DEVELOPMENT and os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
