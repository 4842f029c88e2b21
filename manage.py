#!/usr/bin/env python
"""Django's command line for hrassist."""

import gc
import os
import sys

import django
from django.core.management import execute_from_command_line

from hrassist import env
from hrassist.lib import logs, origin
from hrassist.metrics import files

# Commands that serve for as long as the machine runs, and as what they count.
COUNTING = {("runserver",): files.WEB, ("procrastinate", "worker"): files.WORKER}


def main() -> None:
    # Nothing that a start reads in is ever garbage, and looking for some there takes a sixth of its time.
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    # Whatever this process changes is on record as done by this command and its operating system user.
    origin.begin_process(sys.argv)
    if os.environ.get("HRASSIST_ENV") != "development":
        logs.log_what_nobody_caught()
    with env.said_in_words():
        for command, role in COUNTING.items():
            if tuple(sys.argv[1 : 1 + len(command)]) == command:
                from django.conf import settings  # noqa: PLC0415  read once it is known which they are

                files.begin(role, settings.METRICS_DIR)
        works = sys.argv[1:3] == ["procrastinate", "worker"]
        # The server of development waits by itself for whoever mends what keeps it from starting.
        if sys.argv[1:2] != ["runserver"]:
            django.setup()
        gc.freeze()
        gc.enable()
        if works or sys.argv[1:2] == ["metrics"]:
            from hrassist.ops import start  # noqa: PLC0415  only what stays asks

            start.or_stop(listening=works, working=works)
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
