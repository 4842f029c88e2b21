"""Who did what, and who saw what."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.actions import signins  # noqa: PLC0415  its models must be loaded
        from hrassist.lib import dbactor  # noqa: PLC0415

        signins.connect()
        dbactor.connect()
