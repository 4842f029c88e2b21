"""People and their resumes."""

from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    name = "candidates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from candidates import tasks  # noqa: F401, PLC0415  the worker must know every task
        from candidates.models import candidate, followers  # noqa: PLC0415
        from hrassist import notifications  # noqa: PLC0415

        followers.register()
        notifications.guard("subject_ref", candidate.people_seen)
