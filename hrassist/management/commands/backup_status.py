"""Say how backups stand, from what lies in the places."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops.backup import looks, metrics, status


class Command(BaseCommand):
    help = "Read every place and say how old backups, copies and drills are; exit 1 where somebody has to act."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON document.")
        parser.add_argument("--prom", action="store_true", help="Metrics in the format of Prometheus.")
        parser.add_argument("--out", type=Path, metavar="FILE", help="Write into this file, whole or not at all.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        found = status.read()
        looks.leave(found)
        if options["prom"]:
            text = metrics.prometheus(found)
        elif options["json"]:
            text = json.dumps(found.as_json(), indent=1) + "\n"
        else:
            text = "".join(
                f"{one.level:5} {one.what}{f' → {one.advice}' if one.advice else ''}\n" for one in found.all_facts
            )
        if options["out"]:
            draft = options["out"].with_name(f".{options['out'].name}.{os.getpid()}")
            draft.write_text(text)
            if options["prom"]:
                # A collector of text files is no member of the group, which may read the key of backups.
                draft.chmod(0o644)
            draft.replace(options["out"])
        else:
            self.stdout.write(text, ending="")
        # A scraper wants its metrics whatever they say.
        if found.worst == status.Level.PAGE and not options["prom"]:
            raise CommandError(next(one.what for one in found.all_facts))
