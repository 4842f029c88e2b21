"""The nouns of this app."""

from candidates.models.candidate import Candidate
from candidates.models.contact import CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.resume import Resume, ResumePage, ResumeParse, ResumeText, ResumeVector
from candidates.models.upload import UploadTicket

__all__ = [
    "Candidate",
    "CandidateEmail",
    "CandidateLink",
    "CandidatePhone",
    "Resume",
    "ResumePage",
    "ResumeParse",
    "ResumeText",
    "ResumeVector",
    "UploadTicket",
]
