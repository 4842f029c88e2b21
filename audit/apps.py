"""Who did what, and who saw what."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.actions import migrated, signins  # noqa: PLC0415  its models must be loaded
        from hrassist.lib import dbactor  # noqa: PLC0415

        signins.connect()
        dbactor.connect()
        post_migrate.connect(migrated.after_migrate, sender=self)
