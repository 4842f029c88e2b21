"""Back up the database and the files into the places."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import dump, files, keys, looks, pgbackrest, places, status

KINDS = {"full": "a full", "incr": "an incremental"}


class Command(BaseCommand):
    help = "Back up the database and the files, encrypted, into place A, B or both; exit 1 where one place failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--place", default="all", choices=["A", "B", "all"])
        parser.add_argument("--kind", default="all", choices=["database", "files", "all"])

    def handle(self, *args: Any, place: str, kind: str, **options: Any) -> None:
        del args, options
        failed: list[str] = []
        try:
            ring, chosen = keys.configured(), places.configured(place)
        except DomainError as error:
            raise CommandError(error.message) from error
        # One place that is down keeps nothing from the other.
        for one in chosen:
            try:
                if kind in {"database", "all"} and settings.BACKUP_ENGINE == "pgbackrest":
                    # One repository at a time is all that it does; its WAL goes to both by itself.
                    repo = pgbackrest.REPOSITORIES[one.label]
                    due = pgbackrest.kind_due(repo, now=timezone.now())
                    pgbackrest.backup(repo, kind=due)
                    self.stdout.write(f"{one.label}: {KINDS[due]} backup is in repository {repo}.")
                    dump.keep_canary(one, ring=ring)
                elif kind in {"database", "all"}:
                    done = dump.make(one, ring=ring)
                    self.stdout.write(
                        f"{one.label}: {done['name']}: {sum(done['rows'].values()):,} rows of {len(done['rows'])} "
                        f"tables, {done['size']:,} bytes in {done['seconds']} s."
                    )
                if kind in {"files", "all"}:
                    self._files(one, failed, ring)
            except DomainError as error:
                failed.append(f"{one.label}: {error.message}")
        if settings.BACKUP_ENGINE != "pgbackrest" or kind != "files":
            # Who copies files may not read the server's repositories (deploy/vm), and would find less than there is.
            looks.leave(status.read())
        if failed:
            raise CommandError(" ".join(failed))

    def _files(self, place: places.Place, failed: list[str], ring: keys.Ring) -> None:
        copied = files.copy(place, now=timezone.now(), ring=ring)
        self.stdout.write(
            f"{place.label}: {copied.copied} files copied ({copied.bytes:,} bytes), {copied.kept} there already, "
            f"{copied.renewed} locks renewed, {copied.removed} past their time."
        )
        for what, names in (
            ("missing", copied.missing),
            ("altered", copied.altered),
            ("written over in the place", copied.replaced),
        ):
            if names:
                failed.append(f"{place.label}: {len(names)} files are {what}: {', '.join(names[:5])}.")
