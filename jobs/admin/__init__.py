"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import (
    application,
    candidate_applications,
    candidate_matches,
    columns,
    dashboard,
    finder,
    holdings,
    job,
    menu,
)

__all__ = [
    "application",
    "candidate_applications",
    "candidate_matches",
    "columns",
    "dashboard",
    "finder",
    "holdings",
    "job",
    "menu",
]
