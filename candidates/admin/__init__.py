"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import candidate, dashboard, duplicates, finder, menu, merges, settling, upload, upload_page

__all__ = ["candidate", "dashboard", "duplicates", "finder", "menu", "merges", "settling", "upload", "upload_page"]
