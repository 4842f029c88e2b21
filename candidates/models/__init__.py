"""The nouns of this app."""

from candidates.models.candidate import Candidate
from candidates.models.contact import CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.duplicate import CandidateMerge, DuplicateGroup, DuplicateMember, DuplicateSearch, NotDuplicate
from candidates.models.imported import ImportedRow
from candidates.models.resume import Resume, ResumePage, ResumeParse, ResumeText, ResumeVector
from candidates.models.source import Source
from candidates.models.tag import CandidateTag, Tag
from candidates.models.talent_pool import PoolMembership, TalentPool
from candidates.models.upload import UploadTicket

__all__ = [
    "Candidate",
    "CandidateEmail",
    "CandidateLink",
    "CandidateMerge",
    "CandidatePhone",
    "CandidateTag",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateSearch",
    "ImportedRow",
    "NotDuplicate",
    "PoolMembership",
    "Resume",
    "ResumePage",
    "ResumeParse",
    "ResumeText",
    "ResumeVector",
    "Source",
    "Tag",
    "TalentPool",
    "UploadTicket",
]
