"""Vacancies, applications, matches."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Who works on a job sees the people who applied for it; candidates cannot import jobs to know that.
        from candidates.models import visibility  # noqa: PLC0415
        from candidates.search import operators  # noqa: PLC0415
        from hrassist import notifications  # noqa: PLC0415
        from hrassist.lib.storage.named import keep  # noqa: PLC0415
        from jobs import tasks  # noqa: F401, PLC0415  the worker must know every task
        from jobs.actions import bulk_messages, long_ranking, owners  # noqa: F401, PLC0415  and every kind of long work
        from jobs.models import application, disclosure, erasers, finding, followers, keeping, offer  # noqa: PLC0415

        visibility.widen(application.people_of_visible_applications)
        visibility.narrow(application.people_of_confidential_jobs_only)
        followers.register()
        erasers.register()
        disclosure.register()
        keeping.register()
        owners.register()
        keep(offer.letters_named)
        notifications.guard("job_ref", application.jobs_seen)
        operators.add(*finding.OPERATORS)
