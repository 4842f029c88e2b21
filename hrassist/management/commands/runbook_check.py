"""Run every reading command of the runbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops import runbook
from hrassist.ops.runbook import Result


class Command(BaseCommand):
    help = "Run each command of docs/infrastructure that only reads, and say which failed."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", dest="only_list", help="Name them and run none.")
        parser.add_argument(
            "--left-out", action="store_true", help="Name those that are not run, each with its reason."
        )
        parser.add_argument("--root", type=Path, default=settings.BASE_DIR / "docs" / "infrastructure")

    def handle(self, *_args: Any, only_list: bool, root: Path, left_out: bool = False, **_options: Any) -> None:
        try:
            commands, others = runbook.commands(root), runbook.left_out(root)
        except (runbook.NotReading, runbook.NoPages) as error:
            raise CommandError(str(error)) from error
        if left_out:
            for one in others:
                self.stdout.write(f"{one.command.page}: {one.command.text}\n{'':14}{one.reason or 'NOBODY SAID WHY'}")
            self.stdout.write(f"{len(others)} commands are left out.")
            return
        failed, runner = 0, runbook.Runner(cwd=settings.BASE_DIR)
        for command in commands:
            if only_list:
                self.stdout.write(f"{command.page:40}{command.text}")
                continue
            ran = runner.run(command)
            failed += ran.result == Result.FAILED
            self.stdout.write(
                f"{ran.result:14}{command.page}: {command.text}" + (f"\n{'':14}{ran.said}" if ran.said else "")
            )
            self.stdout.flush()
        if failed:
            raise CommandError(f"{failed} of {len(commands)} failed.")
        self.stdout.write(f"{len(commands)} commands{' in all' if only_list else ', none failed'}.")
        self.stdout.write(f"{len(others)} others are left out: --left-out says which, and why.")
