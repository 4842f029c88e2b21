"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import (
    application,
    candidate_applications,
    columns,
    dashboard,
    drive,
    finder,
    intake,
    job,
    job_openings,
    job_post,
    job_stages,
    links,
    menu,
    requisition,
)

__all__ = [
    "application",
    "candidate_applications",
    "columns",
    "dashboard",
    "drive",
    "finder",
    "intake",
    "job",
    "job_openings",
    "job_post",
    "job_stages",
    "links",
    "menu",
    "requisition",
]
