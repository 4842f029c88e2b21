"""People and their resumes."""

from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    name = "candidates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.actions import expiring  # noqa: PLC0415
        from candidates import tasks  # noqa: F401, PLC0415  the worker must know every task
        from candidates.erasure import leftovers, traces  # noqa: PLC0415
        from candidates.models import (  # noqa: PLC0415
            candidate,
            data_export,
            followers,
            holding,
            legal_hold,
            own_disclosure,
            own_erasers,
            resume,
        )
        from hrassist import notifications  # noqa: PLC0415
        from hrassist.lib.storage.named import keep  # noqa: PLC0415

        followers.register()
        own_erasers.register()
        own_disclosure.register()
        traces.register()
        leftovers.register()
        keep(resume.Resume, "key", sums=True)
        keep(resume.ResumePage, "key")
        keep(data_export.DataExport, "key", lasting=False)
        expiring.keep_while(legal_hold.held_now)
        holding.register(
            holding.Holdable(
                scope="candidate",
                visible=candidate.Candidate.objects.visible_to,
                touching=holding.people_themselves,
                url_name="admin:candidates_candidate_privacy",
            )
        )
        notifications.guard("subject_ref", candidate.people_seen)
