"""The nouns of this app."""

# Named for Django alone: who counts or keeps answers about sex and race imports them from where they stand.
from jobs.models import demographic as demographic
from jobs.models.application import Application, RejectionReason, StageTransition
from jobs.models.decision import HumanDecision
from jobs.models.drive import DriveJob, IntakeSubmission, RecruitmentDrive, TrackingLink
from jobs.models.interview import Absence, CalendarInvitation, Interview, Interviewer, InterviewPlanStep
from jobs.models.job import HiringTeamMember, Job
from jobs.models.job_post import JobPost
from jobs.models.match import Match, MatchEvidence, MatchRun
from jobs.models.message import EmailTemplate, Message
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.note import Note, NoteMention
from jobs.models.offer import Offer, OfferApproval
from jobs.models.opening import Opening
from jobs.models.privacy import JobPrivacy, JurisdictionSetting, RankingOptOut, ReviewRequest
from jobs.models.referral import Referral
from jobs.models.report_document import ReportDocument, ReportKind, ReportPerson
from jobs.models.report_schedule import ReportRecipient, ReportSchedule
from jobs.models.requisition import Requisition, RequisitionApproval
from jobs.models.resume_template import ResumeTemplate
from jobs.models.scorecard import Scorecard, ScorecardAttribute, ScorecardRating
from jobs.models.stage import Stage
from jobs.models.tailoring import (
    ProvenanceLink,
    TailoringLine,
    TailoringRun,
    TailoringStep,
)
from jobs.models.tailoring_course import ModelCall, TailoringEvent
from jobs.models.waiting import StageWait

__all__ = [
    "Absence",
    "Application",
    "CalendarInvitation",
    "DriveJob",
    "EmailTemplate",
    "HiringTeamMember",
    "HumanDecision",
    "IntakeSubmission",
    "Interview",
    "InterviewPlanStep",
    "Interviewer",
    "Job",
    "JobPost",
    "JobPrivacy",
    "JurisdictionSetting",
    "Match",
    "MatchEvidence",
    "MatchRun",
    "Message",
    "ModelCall",
    "ModelEndpoint",
    "Note",
    "NoteMention",
    "Offer",
    "OfferApproval",
    "Opening",
    "ProvenanceLink",
    "RankingOptOut",
    "RecruitmentDrive",
    "Referral",
    "RejectionReason",
    "ReportDocument",
    "ReportKind",
    "ReportPerson",
    "ReportRecipient",
    "ReportSchedule",
    "Requisition",
    "RequisitionApproval",
    "ResumeTemplate",
    "ReviewRequest",
    "Scorecard",
    "ScorecardAttribute",
    "ScorecardRating",
    "Stage",
    "StageTransition",
    "StageWait",
    "TailoringEvent",
    "TailoringLine",
    "TailoringRun",
    "TailoringStep",
    "TrackingLink",
]
