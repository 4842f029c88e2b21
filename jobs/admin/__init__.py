"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import (
    application,
    bulk_message,
    candidate_applications,
    candidate_matches,
    columns,
    compose,
    dashboard,
    email_template,
    finder,
    holdings,
    job,
    menu,
    message,
    offer,
    offer_writing,
)

__all__ = [
    "application",
    "bulk_message",
    "candidate_applications",
    "candidate_matches",
    "columns",
    "compose",
    "dashboard",
    "email_template",
    "finder",
    "holdings",
    "job",
    "menu",
    "message",
    "offer",
    "offer_writing",
]
