"""Say what the file store can do and whether it is safe."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist import check_outcomes
from hrassist.models import CheckOutcome
from hrassist.ops import storage_doctor


class Command(BaseCommand):
    help = "Probe the configured file store with real requests, store what it can do, exit 1 where it is unsafe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", default="", help="Where browsers upload from, https://hr.example.com.")
        parser.add_argument("--dry-run", action="store_true", help="Do not store what was found.")
        parser.add_argument("--json", action="store_true", help="One JSON document instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        origin = options["origin"] or self._origin()
        findings, flags = storage_doctor.diagnose(origin=origin, stored=not options["dry_run"])
        failed = [one for one in findings if one.level == "fail"]
        if not check_outcomes.keep([CheckOutcome.Name.STORAGE_DOCTOR], broken=len(failed), now=timezone.now()):
            self.stderr.write("What was found could not be kept for the figures: the database refused it.")
        if options["json"]:
            document = {"findings": [asdict(one) for one in findings], "capabilities": asdict(flags)}
            self.stdout.write(json.dumps(document, indent=1))
        else:
            wide = max(len(one.probe) for one in findings)
            for one in findings:
                self.stdout.write(f"{one.level:4}  {one.probe:{wide}}  {one.found}")
                if one.advice:
                    self.stdout.write(f"      {'':{wide}}  → {one.advice}")
        if not storage_doctor.is_safe(findings):
            bad = ", ".join(one.probe for one in failed)
            raise CommandError(f"This store is not safe to use: {bad}.")

    @staticmethod
    def _origin() -> str:
        hosts = [host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))]
        if settings.DEVELOPMENT or not hosts:
            return ""
        return f"https://{hosts[0]}"
