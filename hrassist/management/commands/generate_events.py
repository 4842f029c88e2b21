"""Fill a development database with years of audit events."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hrassist.lib.errors import DomainError
from hrassist.ops.workload import load
from hrassist.ops.workload.events import load_events


class Command(BaseCommand):
    help = "Add audit events of the past two years to a development database, as `make bench-audit` searches them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--events", type=int, default=10_000_000)
        parser.add_argument("--seed", type=int, default=1, help="others for another number (default 1)")
        parser.add_argument("--database", help="a database of its own on the same server, made if it is not there")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["events"] < 1:
            raise CommandError("--events is at least 1.")
        try:
            with load.database(options["database"]) if options["database"] else nullcontext():
                seconds = load_events(
                    count=options["events"], seed=options["seed"], now=timezone.now(), progress=self.stdout.write
                )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{options['events']:,} events in {seconds:.0f} s")
