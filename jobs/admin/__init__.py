"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import (
    absence,
    application,
    candidate_applications,
    columns,
    dashboard,
    finder,
    interview,
    interview_cards,
    interview_list,
    interview_plan,
    interview_schedule,
    job,
    menu,
    scorecard,
    scorecard_summary,
)

__all__ = [
    "absence",
    "application",
    "candidate_applications",
    "columns",
    "dashboard",
    "finder",
    "interview",
    "interview_cards",
    "interview_list",
    "interview_plan",
    "interview_schedule",
    "job",
    "menu",
    "scorecard",
    "scorecard_summary",
]
