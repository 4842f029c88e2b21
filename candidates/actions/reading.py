"""The door to reading resumes: bytes or text in, everything that can be told from them out; no row is touched."""

from candidates.resumes.mask import MASK
from candidates.resumes.reading import (
    HEAD,
    ReadResume,
    WrittenDate,
    dates_in,
    head_of,
    read_document,
    read_file,
    read_text,
    skills_in,
    was_trained_on,
)
from candidates.resumes.skills import SkillSpan

__all__ = [
    "HEAD",
    "MASK",
    "ReadResume",
    "SkillSpan",
    "WrittenDate",
    "dates_in",
    "head_of",
    "read_document",
    "read_file",
    "read_text",
    "skills_in",
    "was_trained_on",
]
