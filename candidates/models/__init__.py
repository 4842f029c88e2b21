"""The nouns of this app."""

from candidates.models.candidate import Candidate
from candidates.models.contact import CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.duplicate import CandidateMerge, DuplicateGroup, DuplicateMember, DuplicateSearch, NotDuplicate
from candidates.models.imported import ImportedRow
from candidates.models.notice import Channel, ConsentRecord, Notice, NoticeDelivery
from candidates.models.resume import Resume, ResumePage, ResumeParse, ResumeText, ResumeVector
from candidates.models.self_service import CorrectionRequest, SelfServiceLink
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
    "Channel",
    "ConsentRecord",
    "CorrectionRequest",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateSearch",
    "ImportedRow",
    "NotDuplicate",
    "Notice",
    "NoticeDelivery",
    "PoolMembership",
    "Resume",
    "ResumePage",
    "ResumeParse",
    "ResumeText",
    "ResumeVector",
    "SelfServiceLink",
    "Source",
    "Tag",
    "TalentPool",
    "UploadTicket",
]
