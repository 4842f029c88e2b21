"""Prints the visible text of resume files, without a database."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from candidates.resumes.cage import read_in_cage
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Print the text of resume files, a form feed between pages. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *_: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        failed = False
        for path in files:
            try:
                document = read_in_cage(path.read_bytes())
            except OSError as error:
                self.stderr.write(f"{path}: {error.strerror or error}.")
                failed = True
                continue
            except DomainError as error:
                self.stderr.write(f"{path}: {error.message} ({error.code})")
                failed = True
                continue
            if len(files) > 1:
                self.stdout.write(f"==> {path} <==")
            self.stdout.write(document.text)
        if failed:
            sys.exit(1)
