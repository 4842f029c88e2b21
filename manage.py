#!/usr/bin/env python
"""Django's command line for hrassist."""

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
        if sys.argv[1:3] == ["procrastinate", "worker"]:
            django.setup()
            from hrassist.ops import start  # noqa: PLC0415  only a worker asks

            start.or_stop(listening=True)
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
