"""Fill a development database with as many people, jobs and applications as a large employer has."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hrassist.lib.errors import DomainError
from hrassist.ops.workload import load


class Command(BaseCommand):
    help = (
        "Fill a development database by COPY: people with contacts and resumes, jobs, applications with their history, "
        "and what belongs to them. Files and vectors are left out. Job 1 has exactly 500 active applications."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--candidates", type=int, default=1_000_000)
        parser.add_argument("--jobs", type=int, default=5_000)
        parser.add_argument("--applications", type=int, default=2_000_000)
        parser.add_argument("--seed", type=int, default=1, help="other people for another number (default 1)")
        parser.add_argument("--until", help="the last day, YYYY-MM-DD (default today)")
        parser.add_argument("--database", help="a database of its own on the same server, made if it is not there")
        parser.add_argument("--append", action="store_true", help="although there are people already")

    def handle(self, *_args: Any, **options: Any) -> None:
        candidates, jobs, applications = options["candidates"], options["jobs"], options["applications"]
        if candidates < 1 or jobs < 2 or applications < 0:
            raise CommandError("--candidates is at least 1, --jobs at least 2, --applications at least 0.")
        if applications > candidates * min(jobs - 1, 10):
            raise CommandError("--applications is at most ten for each candidate, and one for each job but the first.")
        try:
            with load.database(options["database"]) if options["database"] else nullcontext():
                loaded = load.load(
                    candidates=candidates, jobs=jobs, applications=applications, seed=options["seed"],
                    now=_day(options["until"]), append=options["append"], progress=self.stdout.write,
                )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        for table, rows in loaded.rows.items():
            self.stdout.write(f"{rows:>12,}  {table}")
        self.stdout.write(f"{sum(loaded.rows.values()):>12,}  rows in {loaded.seconds:.0f} s")


def _day(said: str | None) -> datetime:
    """The end of that day, or of yesterday: nothing lies in the future, and the same day gives the same rows."""
    if not said:
        return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError("--until is a day such as 2026-09-01.") from error
