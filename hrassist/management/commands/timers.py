"""Run by the clock what timers of systemd run on a machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops.timers import running, table


class Command(BaseCommand):
    help = (
        "Run backups, the drill, checks and what else is due by the clock (config/timers.toml) until it is told to "
        "end: the service `timers` of the compose file."
    )
    # A wrong setting is said by each command that it concerns, and keeps the others from nothing.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--table", type=Path, default=settings.TIMERS_CONFIG, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            timers = table.load(options["table"])
        except table.BadTimers as error:
            raise CommandError(str(error)) from error
        told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        manage = str(settings.BASE_DIR / "manage.py")
        of_all = running.Timers(
            timers, folder=settings.TIMERS_DIR, command=(sys.executable, manage), allowed=allowed, tell=self._tell,
            environment={**os.environ, **of_backups()},
        )  # fmt: skip
        if not has_backups():
            self._tell(
                "NOTHING IS BACKED UP here: no backup and no drill runs until HRASSIST_BACKUP_KEY_FILE and a place "
                "(HRASSIST_BACKUP_A) are set. docs/infrastructure/backup.md"
            )
        self._tell(f"{len(timers)} timers wait for their time.")
        running.run(of_all, until=told)

    def _tell(self, line: str) -> None:
        # In one piece: several processes are told of at once.
        self.stdout.write(line)
        self.stdout.flush()


def has_backups() -> bool:
    """Whether there is a key and a place."""
    places = any(said["where"] for said in settings.BACKUP_PLACES.values())
    is_in_file = settings.BACKUP_KEY_FILE and Path(settings.BACKUP_KEY_FILE).is_file()
    return bool(places and (settings.BACKUP_KEY or is_in_file))


def of_backups() -> dict[str, str]:
    """The secrets of backups, which this process took out of its environment as it read them (hrassist.env)."""
    found = {"HRASSIST_BACKUP_KEY": settings.BACKUP_KEY}
    for place, said in settings.BACKUP_PLACES.items():
        found[f"HRASSIST_BACKUP_{place}_ACCESS_KEY_ID"] = said["access_key"]
        found[f"HRASSIST_BACKUP_{place}_SECRET_ACCESS_KEY"] = said["secret_key"]
    return {name: value for name, value in found.items() if value}


def allowed(timer: table.Timer) -> bool:
    """Whether what it needs is there, as the conditions of units say it on a machine."""
    if timer.only == "backups":
        return has_backups()
    if timer.only == "bounces":
        folder = settings.VAR_DIR / "bounces"
        return folder.is_dir() and any(folder.iterdir())
    return True
