"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import application, dashboard, finder, job, menu

__all__ = ["application", "dashboard", "finder", "job", "menu"]
