"""The nouns of this app."""

from jobs.models.application import Application, RejectionReason, StageTransition
from jobs.models.job import HiringTeamMember, Job
from jobs.models.match import Match, MatchEvidence, MatchRun
from jobs.models.opening import Opening
from jobs.models.stage import Stage

__all__ = [
    "Application",
    "HiringTeamMember",
    "Job",
    "Match",
    "MatchEvidence",
    "MatchRun",
    "Opening",
    "RejectionReason",
    "Stage",
    "StageTransition",
]
