"""Prove that the newest backup can be restored."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import looks, places, status
from hrassist.ops.backup.drill import drill


class Command(BaseCommand):
    help = "Restore the newest backup into a scratch database, judge it, leave a signed receipt with RPO and RTO."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--place", default="all", choices=["A", "B", "all"])
        parser.add_argument("--each", action="store_true", help="Each place, one after the other; a receipt for each.")
        parser.add_argument("--json", action="store_true", help="The receipt as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        try:
            labels = [one.label for one in places.configured()] if options["each"] else [options["place"]]
            # One that fails keeps the other from nothing.
            said = [drill(which=label, tell=self.stderr.write) for label in labels]
        except DomainError as error:
            raise CommandError(error.message) from error
        looks.leave(status.read())
        for one in said:
            self._tell(one, as_json=options["json"])
        failed = [f"The drill failed: {one['why']}" for one in said if not one["passed"]]
        if failed:
            raise CommandError(" ".join(failed))

    def _tell(self, said: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(said, indent=1))
        elif said["passed"]:
            for note in said.get("evidence", {}).get("notes", []):
                self.stdout.write(f"note: {note}")
            self.stdout.write(
                f"Passed: {said['rows']:,} rows of {said['tables']} tables from place {said['place']}; RPO "
                f"{said['rpo_seconds']} s, RTO {said['rto_seconds']} s; {said['files']['opened']} files opened, "
                f"{said['files']['not_copied']} not copied yet; {said['would_be_erased_again']} would be erased again."
            )
