"""Tell who saw or took what, and whom it concerns."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from audit import actions as audit
from hrassist.privacy import breach


class Command(BaseCommand):
    help = "Report from the audit trail what was seen and taken in a time: by whom, of whom, with the forms to fill in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="2026-11-24 or 2026-11-24T08:00, in the site's time zone.")
        parser.add_argument("--until", default="", help="The same; now, if left out.")
        parser.add_argument("--actor", default="", help="A user name, or the identifier of a user or token.")
        parser.add_argument("--address", default="", help="An IP address.")
        parser.add_argument("--job", default="", help="The identifier of a job.")
        parser.add_argument(
            "--folder", default="", help="Where report.md and people.csv are put; without: on the screen."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        begun, now = time.monotonic(), timezone.now()
        question = breach.Question(
            since=_moment(options["since"]),
            until=_moment(options["until"]) if options["until"] else now,
            actor=options["actor"],
            address=options["address"],
            job=options["job"],
        )
        try:
            found = breach.report(question)
        except breach.Asked as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            audit.record(
                "breach.reported", events=found.events, people=len(found.people), narrowed=bool(question.actor)
            )
        text = breach.notifications_text(
            found, company=settings.COMPANY_NAME, contact=settings.PRIVACY_CONTACT, now=timezone.localtime(now)
        )
        if options["folder"]:
            folder = Path(options["folder"])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.md").write_text(text)
            with (folder / "people.csv").open("w", newline="") as file:
                breach.write_people(found, file)
            self.stdout.write(f"{folder}/report.md, {folder}/people.csv")
        else:
            self.stdout.write(text)
        for name, kind, events in found.actors[:20]:
            self.stdout.write(f"{events:9} by {name} ({kind})")
        for address, events in found.addresses[:20]:
            self.stdout.write(f"{events:9} from {address}")
        self.stdout.write(f"{found.events} events, {len(found.people)} people, {time.monotonic() - begun:.1f} s")


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
        day = parse_date(text) if found is None else None
    except ValueError as error:
        raise CommandError(f"{text} is not a time. Write it as 2026-11-24T08:00.") from error
    if found is None and day is not None:
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  made aware below
    if found is None:
        raise CommandError(f"{text} is not a time. Write it as 2026-11-24T08:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
