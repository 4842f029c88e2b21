"""Vacancies, applications, matches."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Who works on a job sees the people who applied for it; candidates cannot import jobs to know that.
        from candidates.models import consent_effects, grounds, visibility  # noqa: PLC0415
        from candidates.search import operators  # noqa: PLC0415
        from hrassist import notifications, tokens  # noqa: PLC0415
        from hrassist.lib.storage.named import keep  # noqa: PLC0415
        from jobs import tasks  # noqa: F401, PLC0415  the worker must know every task
        from jobs.actions import (  # noqa: PLC0415
            bulk_messages,  # noqa: F401  and every kind of long work
            erased_interviews,
            long_ranking,  # noqa: F401
            owners,
            withdrawals,
        )
        from jobs.models import (  # noqa: PLC0415
            application,
            disclosure,
            erasers,
            finding,
            followers,
            job,
            keeping,
            offer,
            report_document,
            tailoring,
        )

        visibility.widen(application.people_of_visible_applications)
        visibility.narrow(application.people_of_confidential_jobs_only)
        grounds.add(application.people_in_process)
        consent_effects.on_withdrawal(withdrawals.ends)
        followers.register()
        erasers.register()
        disclosure.register()
        keeping.register()
        owners.register()
        erased_interviews.register()
        keep(offer.Offer, "letter_docx_key", "letter_pdf_key")
        keep(tailoring.TailoringRun, *tailoring.FILE_KEYS)
        keep(report_document.ReportDocument, "docx_key", "pdf_key")
        tokens.know_jobs(job.open_jobs_of)
        notifications.guard("job_ref", application.jobs_seen)
        operators.add(*finding.OPERATORS)
