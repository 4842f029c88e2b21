"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import application, candidate_applications, columns, dashboard, finder, job, menu, notes

__all__ = ["application", "candidate_applications", "columns", "dashboard", "finder", "job", "menu", "notes"]
