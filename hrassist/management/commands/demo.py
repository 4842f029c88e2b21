"""Fill a development installation with invented people and jobs, through the real pipeline."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hrassist.lib.errors import DomainError
from hrassist.ops.demo import accounts, files, load, vacancies


class Command(BaseCommand):
    help = (
        "Fill a development installation with invented people and jobs: resumes are written as real files and go "
        "through the real upload and reading. Again adds nothing; after a kill it goes on where it stood."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--candidates", type=int, default=320, help="people with a readable resume (default 320)")
        parser.add_argument("--jobs", type=int, default=12, help="jobs, 1 to 12 (default 12)")
        parser.add_argument("--seed", type=int, default=1, help="other people for another number (default 1)")
        parser.add_argument("--workers", type=int, default=0, help="reading processes (default: one per core)")
        parser.add_argument(
            "--files-only", type=Path, metavar="FOLDER", help="only write the files and truth.jsonl, with no database"
        )
        parser.add_argument("--new-password", action="store_true", help="only give the recruiter a new password")

    def handle(self, *_args: Any, **options: Any) -> None:
        count, jobs = options["candidates"], options["jobs"]
        if count < 1:
            raise CommandError("--candidates is at least 1.")
        if not 1 <= jobs <= len(vacancies.vacancies()):
            raise CommandError(f"--jobs is between 1 and {len(vacancies.vacancies())}.")
        try:
            if options["files_only"]:
                self._write_files(options["files_only"], count=count, seed=options["seed"])
            elif options["new_password"]:
                load.require_a_place_for_it()
                self._print_login(accounts.replace_password())
            else:
                self._load(count=count, jobs=jobs, seed=options["seed"], workers=options["workers"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _write_files(self, folder: Path, *, count: int, seed: int) -> None:
        written = files.write_all(folder, count=count, seed=seed)
        self.stdout.write(f"{written} files and truth.jsonl are in {folder}")

    def _load(self, *, count: int, jobs: int, seed: int, workers: int) -> None:
        load.require_a_place_for_it()
        recruiter, password = accounts.ensure_recruiter()
        # Before the long part: a password that was never printed would be lost with an interrupted run.
        if password:
            self._print_login(password)
        bar = Bar()
        loaded = load.load(by=recruiter, candidates=count, jobs=jobs, seed=seed, workers=workers, progress=bar.show)
        bar.close()
        if loaded.new_files or loaded.new_applications:
            self.stdout.write(
                f"Demo: {loaded.available} resumes read, {loaded.rejected} refused with a reason, {loaded.jobs} jobs, "
                f"{loaded.new_applications} applications, in {loaded.seconds:.0f} s"
            )
        if loaded.parked:
            self.stderr.write(f"{loaded.parked} files are parked: they could not be read in several tries.")

    def _print_login(self, password: str) -> None:
        self.stdout.write(f"Login: {accounts.RECRUITER}   Password: {password}   (shown once)")


class Bar:
    """Progress on a terminal as one line that grows, elsewhere as a line for each tenth."""

    WIDTH = 40

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._tenth = -1
        self._drawn = False

    def show(self, done: int, total: int) -> None:
        if sys.stdout.isatty():
            full = self.WIDTH * done // total
            passed = time.monotonic() - self._began
            line = f"\rReading resumes [{'#' * full}{'.' * (self.WIDTH - full)}] {done}/{total}  {passed:.0f} s "
            sys.stdout.write(line)
            self._drawn = True
        elif done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            sys.stdout.write(f"Reading resumes {done}/{total}\n")
        sys.stdout.flush()

    def close(self) -> None:
        if self._drawn:
            sys.stdout.write("\n")
