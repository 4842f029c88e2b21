"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import candidate, dashboard, finder, menu, resume_piece, upload, upload_page

__all__ = ["candidate", "dashboard", "finder", "menu", "resume_piece", "upload", "upload_page"]
