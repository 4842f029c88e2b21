"""Migrate a release so that it can be taken back."""

import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.ops.migrating import safely, steps


class Command(BaseCommand):
    help = (
        "Migrate one step at a time with a fresh backup, short waits for locks and a probe after each; what fails is "
        "reversed. Production needs the receipt of staging for the same commit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--env", required=True, choices=["staging", "production"])
        parser.add_argument("--receipt", type=Path, metavar="FILE", help="Written by staging, read by production.")
        parser.add_argument(
            "--without-staging", action="store_true",
            help="There is no staging: production migrates without its receipt, which stays on record.",
        )  # fmt: skip
        parser.add_argument(
            "--snapshot-made", default="", metavar="NAME",
            help="The snapshot or branch that was made at the provider, beside the backup that is made here.",
        )  # fmt: skip
        parser.add_argument("--commit", default="", help="What is released; by default what git says.")
        parser.add_argument("--probe", default="", metavar="COMMAND", help="Exit 0: well. curl -fsS https://…/readyz")
        parser.add_argument("--plan", action="store_true", help="Only name the migrations, and do nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        if options["plan"]:
            migrations = steps.plan()
            irreversible = set(steps.cannot_go_back(migrations))
            for one in migrations:
                name = steps.name_of(one)
                self.stdout.write(f"{name}{'  (cannot be reversed)' if name in irreversible else ''}")
            self.stdout.write(f"{len(migrations)} migrations.")
            return
        try:
            said = safely.run(
                environment=options["env"], commit=options["commit"] or _commit(), probe=options["probe"],
                receipt=options["receipt"], without_staging=options["without_staging"],
                snapshot=options["snapshot_made"], tell=self.stderr.write,
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        waits = f", {said['lock_waits']} waits for locks" if said["lock_waits"] else ""
        lint = "" if steps.NOT_LINTED not in said["lint"] else ", not linted here"
        self.stdout.write(f"{len(said['applied'])} migrations applied{waits}{lint}.")


def _commit() -> str:
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - the operator's own git
            cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise CommandError("git does not say which commit this is. Name it with --commit.") from error
