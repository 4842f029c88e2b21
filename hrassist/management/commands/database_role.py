"""Make the role that the application connects as, and give it exactly its rights."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from hrassist.lib import dbroles


class Command(BaseCommand):
    help = (
        "As the owner (HRASSIST_DB_OWNER_URL), make the role of DATABASE_URL with its password and give it its rights: "
        "rows of all tables, but of the audit trail only reading and adding. May be repeated."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        role = settings.DB_APP_ROLE
        if not role:
            raise CommandError(
                "DATABASE_URL and HRASSIST_DB_OWNER_URL name the same role. Name a second one in DATABASE_URL, such as "
                "hrassist_app; this command makes it."
            )
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if not dbroles.exists(cursor, role) or settings.DB_APP_PASSWORD:
                    dbroles.create(cursor, role=role, password=settings.DB_APP_PASSWORD)
                dbroles.grant(cursor, role=role)
                found = dbroles.standing(cursor, role=role)
        except DatabaseError as error:
            raise CommandError(f"The owner could not do it: {str(error).strip()}") from error
        self.stdout.write(f"{found.in_words()}.")
        if not found.is_safe:
            raise CommandError("It has more than that from somewhere else: see GRANTs and memberships of the role.")
