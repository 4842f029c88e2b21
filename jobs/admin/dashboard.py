"""What this app adds to the first page: the open jobs with their funnels."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from hrassist.admin import dashboard
from hrassist.admin.dashboard import Card
from jobs.admin import funnel
from jobs.models import Application, Job, Stage

SHOWN = 8


def open_jobs(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    jobs = list(Job.objects.visible_to(user).open()[:SHOWN])
    steps = funnel.of_jobs(jobs)
    return {"jobs": [(job, steps[job.pk]) for job in jobs], "kinds": [kind.label for kind in Stage.Kind]}


def new_applications(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    rows = Application.objects.visible_to(user).active().select_related("candidate", "job")
    return {"applications": list(rows[:5])}


dashboard.add(
    Card(template="jobs/card_open_jobs.html", data=open_jobs, permission="jobs.view_job", wide=True, order=10),
    Card(
        template="jobs/card_new_applications.html",
        data=new_applications,
        permission="jobs.view_application",
        order=30,
    ),
)
