"""Make the buckets that files are kept in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.errors import DomainError
from hrassist.ops import buckets


class Command(BaseCommand):
    help = (
        "Make the bucket of files and the one of uploads where they are missing, closed to strangers, with CORS for "
        "our own pages and an end for uploads that nobody confirmed. May be repeated: what is so already stays."
    )
    # It runs before there is a database to ask (deploy/compose).
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", default=settings.PUBLIC_URL, help="Where browsers upload from.")

    def handle(self, *_args: Any, origin: str, **_options: Any) -> None:
        if settings.STORAGE_BACKEND != "s3":
            self.stdout.write("Files are kept on this machine's disk: there are no buckets to make.")
            return
        try:
            for one in buckets.make(origin=origin.rstrip("/")):
                self.stdout.write(f"{one.bucket}: {one.what}: {one.how}")
        except DomainError as error:
            raise CommandError(error.message) from error
