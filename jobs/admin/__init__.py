"""The recruiters' pages about jobs, who applied for them, and who would fit."""

from jobs.admin import application, columns, dashboard, finder, job, menu

__all__ = ["application", "columns", "dashboard", "finder", "job", "menu"]
