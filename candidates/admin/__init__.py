"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import candidate, corrections, dashboard, finder, menu, privacy, upload, upload_page

__all__ = ["candidate", "corrections", "dashboard", "finder", "menu", "privacy", "upload", "upload_page"]
