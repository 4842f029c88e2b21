"""A job's own rules: which places' laws apply, whether people are ranked, who asked for a human, and who waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib import jurisdictions, local_time
from hrassist.lib.errors import DomainError
from jobs.actions import demographics, job_notices, privacy_settings
from jobs.matching import lawful
from jobs.models import Application, Job, JobPrivacy

SHOWN = 200


def job_privacy_view(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Read the rules of a job; by those who may change it, change them."""
    job: Job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_rankingoptout"):
        raise PermissionDenied
    here = reverse("admin:jobs_job_privacy", args=[job.pk])
    now = timezone.now()
    if request.method == "POST":
        if not user.has_perm("jobs.change_job"):
            raise PermissionDenied
        said = request.POST
        codes = said.getlist("codes") if said.get("of") == "chosen" else None
        try:
            privacy_settings.set_job(
                job=job, ranking_off="off" in said, why=said.get("why", ""), codes=codes, by=user, now=now,
                asks_demographics=said.get("asks"), expected_updated_at=local_time.read(said.get("seen", "")),
            )  # fmt: skip
            messages.success(request, "The rules of this job are set.")
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(here)
    audit.viewed("job.privacy_viewed", target=job, by=user, job=job)
    privacy = JobPrivacy.objects.filter(job=job).first()
    rules = lawful.rules_of(job, today=now.date())
    active = Application.objects.visible_to(user).active().filter(job=job).select_related("candidate", "stage")
    optouts = set(lawful.opted_out(job).values_list("candidate_id", flat=True))
    left = lawful.reasons(job, list(active.values_list("candidate_id", flat=True)[:SHOWN]), now=now)
    context = {
        "privacy": privacy,
        "rules": rules,
        "off_by_law": rules.off_for and not (privacy and privacy.ranking_off),
        "places": [
            (code, one.name, code in {found.code for found in rules.jurisdictions})
            for code, one in jurisdictions.everything().items()
        ],
        "chosen": privacy is not None and privacy.jurisdictions is not None,
        "notices": job_notices.of_job(job),
        "asks": [(one.value, one.label) for one in (JobPrivacy.Asks.AS_PLACE, JobPrivacy.Asks.NO, JobPrivacy.Asks.YES)],
        "is_asking": demographics.asks(job),
        "by_people": list(active.filter(candidate__in=optouts).order_by("entered_stage_at")[:SHOWN]),
        "not_yet": sum(one == lawful.LeftOut.NOT_YET for one in left.values()),
        "may_change": user.has_perm("jobs.change_job"),
    }
    return pages.render(request, "job", job, tab="privacy", template="jobs/job_privacy.html", context=context)


add_page("jobs/job/<uuid:job_id>/privacy/", job_privacy_view, name="jobs_job_privacy")
pages.add_tab(
    pages.Tab(
        noun="job", name="privacy", label="Privacy", url_name="admin:jobs_job_privacy",
        permission="jobs.view_rankingoptout", order=88,
    )
)  # fmt: skip
