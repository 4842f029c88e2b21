"""What this app adds to the side bar."""

from typing import Any

from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem
from jobs.models import Application, Job


def open_jobs(user: Any) -> int:
    return Job.objects.visible_to(user).open().count()


def active_applications(user: Any) -> int:
    # Beyond a thousand nobody reads the exact number in a side bar.
    return Application.objects.visible_to(user).active()[:1000].count()


navigation.add(
    NavItem(
        label="Jobs",
        url_name="admin:jobs_job_changelist",
        icon="briefcase",
        permission="jobs.view_job",
        section="Hiring",
        order=30,
        count=open_jobs,
    ),
    NavItem(
        label="Applications",
        url_name="admin:jobs_application_changelist",
        icon="file",
        permission="jobs.view_application",
        section="Hiring",
        order=40,
        count=active_applications,
    ),
    NavItem(
        label="Rejection reasons",
        url_name="admin:jobs_rejectionreason_changelist",
        icon="list",
        permission="jobs.change_rejectionreason",
        section="Settings",
        order=90,
    ),
)
