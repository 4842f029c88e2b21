"""Say whether this installation holds what it promises, and mend what can be mended."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist import check_outcomes
from hrassist.models import CheckOutcome
from hrassist.ops import fsck


class Command(BaseCommand):
    help = "Check invariants I1 to I12 over rows, stored files, tasks and the audit trail; exit 1 where one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Mend what can be mended, and check once more.")
        parser.add_argument("--quick", action="store_true", help="Do not read every stored file, only its size.")
        parser.add_argument("--only", nargs="+", metavar="I1", default=[], help="Only these invariants.")
        parser.add_argument(
            "--access-log", type=Path, nargs="+", metavar="FILE", default=[],
            help="The logs of all web servers of one time, for I5 both ways.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="One JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        known = {one.name for one in fsck.INVARIANTS}
        if unknown := set(options["only"]) - known:
            raise CommandError(f"There is no invariant {', '.join(sorted(unknown))}. They are I1 to I12.")
        logs = [self._lines(file) for file in options["access_log"]]
        verdict = fsck.judge(
            now=timezone.now(), repair=options["repair"], deep=not options["quick"], only=options["only"],
            access_logs=logs,
        )  # fmt: skip
        if not options["only"]:
            ran = [CheckOutcome.Name.FSCK, *([] if options["quick"] else [CheckOutcome.Name.FSCK_FILES])]
            if not check_outcomes.keep(ran, broken=sum(map(bool, verdict.broken.values())), now=timezone.now()):
                self.stderr.write("What was found could not be kept for the figures: the database refused it.")
        if options["json"]:
            self.stdout.write(json.dumps(verdict.as_json(), indent=1))
        else:
            self._tell(verdict)
        if not verdict.holds:
            names = ", ".join(name for name, found in verdict.broken.items() if found)
            raise CommandError(f"Broken: {names}.")

    def _lines(self, file: Path) -> list[str]:
        try:
            return file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error

    def _tell(self, verdict: fsck.Verdict) -> None:
        for line in verdict.mended:
            self.stdout.write(f"mended  {line}")
        for line in verdict.not_mended:
            self.stdout.write(f"not mended  {line}")
        for one in fsck.INVARIANTS:
            if one.name not in verdict.broken:
                continue
            found = verdict.broken[one.name]
            self.stdout.write(f"{'BROKEN' if found else 'holds '}  {one.name:4} {one.promise}")
            for broken in found[:20]:
                self.stdout.write(f"        {broken.what}")
                if broken.advice:
                    self.stdout.write(f"        → {broken.advice}")
            if len(found) > 20:
                self.stdout.write(f"        and {len(found) - 20} more")
