"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import application, bulk, candidate_applications, columns, dashboard, finder, job, menu

__all__ = ["application", "bulk", "candidate_applications", "columns", "dashboard", "finder", "job", "menu"]
