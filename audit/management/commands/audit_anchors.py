"""Say how far the copies of the seals outside the database reach; no database is needed."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actions import anchoring
from audit.sealing import anchors, keys
from hrassist.lib import local_time
from hrassist.lib.errors import DomainError


class Command(BaseCommand):
    help = (
        "Print when the newest seal was made of which a place outside the database has a genuine copy: how far a "
        "restore has to come (restore --heartbeat). Exit 1 where no place has one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until", metavar="TIME", help="The newest one up to this moment: for restore --as-of.")

    def handle(self, *_args: Any, until: str | None, **_options: Any) -> None:
        moment = _moment(until) if until else None
        found: list[datetime] = []
        unread: list[str] = []
        try:
            ring = keys.configured()
        except DomainError as error:
            raise CommandError(error.message) from error
        for place in anchors.configured():
            try:
                seal = anchoring.newest(place, ring=ring, until=moment)
            except DomainError as error:
                # The other one may know.
                unread.append(error.message)
                continue
            if seal is None:
                self.stderr.write(f"{place.name}: no copy of a seal that our key signed.")
            else:
                self.stderr.write(f"{place.name}: seal {seal.seq}, {seal.sealed_at.isoformat()}")
                found.append(seal.sealed_at)
        for message in unread:
            self.stderr.write(message)
        if not found:
            raise CommandError(" ".join(unread) or "No place has a copy of a seal.")
        self.stdout.write(max(found).isoformat())


def _moment(text: str) -> datetime:
    found = local_time.instant(text)
    if found is None:
        raise CommandError("--until is a moment such as 2026-11-26T03:15:00+00:00.")
    return found
