"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import bulk, candidate, dashboard, finder, menu, source, tag, talent_pool, upload, upload_page

__all__ = ["bulk", "candidate", "dashboard", "finder", "menu", "source", "tag", "talent_pool", "upload", "upload_page"]
