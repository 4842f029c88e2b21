"""The recruiters' pages about people, their resumes and uploads."""

from candidates.admin import (
    bulk,
    candidate,
    corrections,
    dashboard,
    exports,
    finder,
    imports,
    menu,
    privacy,
    resume_piece,
    source,
    tag,
    talent_pool,
    upload,
    upload_page,
)

__all__ = [
    "bulk",
    "candidate",
    "corrections",
    "dashboard",
    "exports",
    "finder",
    "imports",
    "menu",
    "privacy",
    "resume_piece",
    "source",
    "tag",
    "talent_pool",
    "upload",
    "upload_page",
]
