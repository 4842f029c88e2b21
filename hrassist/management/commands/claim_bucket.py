"""Make a copy of another environment's files this environment's own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.lib.storage import StorageUnavailable


class Command(BaseCommand):
    help = (
        "Mark both buckets, or their folder of HRASSIST_S3_PREFIX, as this environment's (HRASSIST_ENV). For a copy of "
        "production's files that staging may have: resumes in it are of real people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="owner", required=True, help="Whose it is now, for example production.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.STORAGE_BACKEND != "s3":
            raise CommandError("Files are stored on this machine's disk: there is no bucket (AWS_S3_BUCKET_NAME).")
        from hrassist.lib.storage import marks  # noqa: PLC0415  boto3 takes 0.3 s; a disk needs none

        try:
            owners = {place: place.owner() for place in marks.places()}
            # What nobody marked is anybody's: a rule of the bucket for what arrives takes the mark as well.
            for place, now in owners.items():
                if now not in {options["owner"], settings.ENVIRONMENT, ""}:
                    raise CommandError(
                        f"{place.name} belongs to {now}, not to {options['owner']}. Nothing was changed."
                    )
            for place, now in owners.items():
                if now != settings.ENVIRONMENT:
                    place.mark(environment=settings.ENVIRONMENT)
                self.stdout.write(f"{place.name} belongs to {settings.ENVIRONMENT} now.")
        except StorageUnavailable as error:
            raise CommandError(error.message) from error
