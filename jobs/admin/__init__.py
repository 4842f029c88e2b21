"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import (
    application,
    candidate_applications,
    columns,
    dashboard,
    exports,
    finder,
    imports,
    job,
    menu,
    reports,
)

__all__ = [
    "application",
    "candidate_applications",
    "columns",
    "dashboard",
    "exports",
    "finder",
    "imports",
    "job",
    "menu",
    "reports",
]
