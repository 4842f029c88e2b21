"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import candidate, dashboard, exports, finder, imports, menu, upload, upload_page

__all__ = ["candidate", "dashboard", "exports", "finder", "imports", "menu", "upload", "upload_page"]
