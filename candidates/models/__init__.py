"""The nouns of this app."""

from candidates.models.candidate import Candidate
from candidates.models.contact import CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.data_export import DataExport
from candidates.models.duplicate import CandidateMerge, DuplicateGroup, DuplicateMember, DuplicateSearch, NotDuplicate
from candidates.models.erasure import Erasure
from candidates.models.imported import ImportedRow
from candidates.models.legal_hold import LegalHold
from candidates.models.notice import Channel, ConsentRecord, Notice, NoticeDelivery
from candidates.models.resume import Resume, ResumePage, ResumeParse, ResumeText, ResumeVector
from candidates.models.retention import RetentionDue, RetentionRule
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
    "DataExport",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateSearch",
    "Erasure",
    "ImportedRow",
    "LegalHold",
    "NotDuplicate",
    "Notice",
    "NoticeDelivery",
    "PoolMembership",
    "Resume",
    "ResumePage",
    "ResumeParse",
    "ResumeText",
    "ResumeVector",
    "RetentionDue",
    "RetentionRule",
    "SelfServiceLink",
    "Source",
    "Tag",
    "TalentPool",
    "UploadTicket",
]
