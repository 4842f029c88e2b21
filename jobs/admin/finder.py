"""Finding jobs in the global search."""

from typing import Any

from django.urls import reverse

from hrassist.admin import search
from hrassist.admin.search import Hit
from jobs.models import Job


def jobs(user: Any, words: str) -> list[Hit]:
    rows = Job.objects.visible_to(user)
    for word in words.split()[:6]:
        rows = rows.filter(title__icontains=word)
    return [
        Hit(
            title=job.title,
            detail=" · ".join(part for part in (job.get_status_display(), job.department, job.place) if part),
            url=reverse("admin:jobs_job_change", args=[job.pk]),
            icon="briefcase",
        )
        for job in rows.order_by("-created_at", "-pk")[:5]
    ]


search.add(search.Provider(label="Jobs", permission="jobs.view_job", find=jobs, order=20))
