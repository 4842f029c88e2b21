"""Scores reading and ranking on labelled data, without a database."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = "Score parsing (labelled .jsonl[.gz]), ranking (a folder of jobs and resumes) or layouts (a folder of PDFs)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("parsing", "ranking", "layouts"))
        parser.add_argument("path", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        path: Path = options["path"]
        if not path.exists():
            raise CommandError(f"{path} does not exist.")
        # Each mode loads its own models, some of them large, so only the one asked for is imported.
        mode = import_module(f"hrassist.ops.evaluation.{options['what']}")
        try:
            report = mode.evaluate(path)
        except (DomainError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        if not report:
            raise CommandError(f"Nothing to measure in {path}.")
        self.stdout.write(mode.render(report) if hasattr(mode, "render") else str(report))
