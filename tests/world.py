"""One of everything that an address can be about, somebody's own or other people's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from audit.actions import seals
from audit.models import Event, Seal
from audit.sealing.keys import generate
from candidates.models import (
    Candidate,
    CandidateMerge,
    CorrectionRequest,
    DataExport,
    DuplicateGroup,
    DuplicateMember,
    Erasure,
    LegalHold,
    Notice,
    RetentionRule,
    Source,
)
from hrassist.models import ApiToken, LongTask, Notification, SavedView, User
from jobs.models import Absence, DriveJob, IntakeSubmission, MatchRun, Referral, RejectionReason, ReviewRequest
from tests import hiring
from tests.factories import (
    ApplicationFactory,
    CandidateFactory,
    JobFactory,
    ResumeFactory,
    UploadTicketFactory,
    UserFactory,
    api_token,
)


class World:
    """Things the person has to do with (`own`: their team's job) or not.

    `open` is somebody else's job that is no secret, `other` is somebody else's confidential one.
    """

    def __init__(self, user: User | None, whose: str):
        somebody = UserFactory()
        owner = user if user and whose == "own" else somebody
        roles = {"Interviewer": "interviewer", "Hiring manager": "hiring_manager", "Recruiter": "recruiter"}
        role = user.groups.first() if user else None
        team = {user: roles[role.name]} if user and role and role.name in roles and whose == "own" else {}
        self.job = JobFactory(confidential=whose == "other", team={somebody: "recruiter"} | team)
        self.candidate = CandidateFactory()
        self.resume = ResumeFactory(candidate=self.candidate, content=b"%PDF-1.7", pages=1, parse={})
        self.application = ApplicationFactory(job=self.job, candidate=self.candidate)
        self.upload = UploadTicketFactory(created_by=owner, filename="cv.pdf")
        self.run = MatchRun.objects.create(
            job=self.job,
            model_hash="",
            weights={},
            criteria=[],
            considered=0,
            ranked=0,
            milliseconds=0,
            created_by=owner,
        )
        self.user = owner
        self.hiring = hiring_rows(self.application, owner)
        api_token(owner)
        self.token = ApiToken.objects.filter(user=owner).latest("created_at")

    def path(self, route: str) -> str:
        values = self.values(route)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), route)

    def values(self, route: str) -> dict[str, Any]:
        """What stands for each parameter of an address."""
        model = re.match(r"(\w+)/(\w+)/<path:object_id>", route)
        return {
            "candidate_id": self.candidate.pk,
            "resume_id": self.resume.pk,
            "job_id": self.job.pk,
            "application_id": self.application.pk,
            "upload_id": self.upload.pk,
            "run_id": self.run.pk,
            "user_id": self.job.team.first().user_id,
            "id": self.user.pk,
            "number": 1,
            "page": 1,
            "code": "eu",
            "token": "not-a-ticket",
            "factor_id": 2_000_000_001,
            "organization_slug": "nobody",
            "export_id": self.hiring["dataexport"].pk,
            "apitoken_id": self.token.pk,
            **{f"{name}_id": row.pk for name, row in self.hiring.items()},
            "content_type_id": ContentType.objects.get_for_model(Candidate).pk,
            "object_id": self._object(model[2]) if model else self.candidate.pk,
        }

    def _object(self, model: str) -> Any:
        made = {
            "candidate": self.candidate,
            "job": self.job,
            "application": self.application,
            "uploadticket": self.upload,
            "user": self.user,
            "apitoken": self.token,
            **self.hiring,
        }
        if model in made:
            return made[model].pk
        if model == "rejectionreason":
            return RejectionReason.objects.get_or_create(name="Withdrew")[0].pk
        if model == "seal":
            return sealed()
        rows: dict[str, Any] = {"group": Group, "event": Event}
        assert model in rows, f"tests/world.py does not know how to make a {model}"
        return rows[model].objects.first().pk


def sealed() -> int:
    """The number of some seal over the trail; an interval without events is sealed too."""
    if not Seal.objects.exists():
        seals.seal_next(ring=generate(), heartbeat=timedelta(0))
    return int(Seal.objects.values_list("pk", flat=True).first() or 0)


def hiring_rows(application: Any, owner: User) -> dict[str, Any]:
    """One row of every further noun, about this application or its person, by the name of its model."""
    about: dict[str, Any] = {"application": application}
    interview = hiring.InterviewFactory(**about, created_by=owner, interviewers=[owner])
    link = hiring.TrackingLinkFactory(job=application.job, created_by=owner)
    drive = hiring.DriveFactory(created_by=owner)
    DriveJob.objects.create(drive=drive, job=application.job)
    group = DuplicateGroup.objects.create(size=2)
    twin = CandidateFactory()
    ApplicationFactory(candidate=twin, job=application.job)
    for member in (application.candidate, twin):
        DuplicateMember.objects.create(group=group, candidate=member)
    gone = CandidateFactory(merged_into=application.candidate)
    now = timezone.now()
    return {
        "tag": hiring.TagFactory(),
        "talentpool": hiring.TalentPoolFactory(),
        "poolmembership": hiring.PoolMembershipFactory(candidate=application.candidate),
        "source": Source.objects.create(name=f"source of {application.pk}"),
        "duplicategroup": group,
        "candidatemerge": CandidateMerge.objects.create(kept=application.candidate, gone=gone, by=owner),
        "requisition": hiring.RequisitionFactory(job=application.job, created_by=owner),
        "jobpost": hiring.JobPostFactory(job=application.job),
        "recruitmentdrive": drive,
        "trackinglink": link,
        "intakesubmission": IntakeSubmission.objects.create(
            link=link, job=application.job, full_name="Jane", email="jane@example.org", consented_at=now,
            application=application, candidate=application.candidate,
        ),
        "interview": interview,
        "scorecard": hiring.ScorecardFactory(**about, by=owner, interview=interview),
        "absence": Absence.objects.create(user=owner, starts_at=now, ends_at=now + timedelta(days=1)),
        "offer": hiring.OfferFactory(**about, created_by=owner),
        "tailoringrun": hiring.TailoringRunFactory(**about, created_by=owner),
        "reportdocument": hiring.ReportDocumentFactory(job=application.job, owner=owner),
        "reportschedule": hiring.ReportScheduleFactory(job=application.job, created_by=owner),
        "modelendpoint": hiring.ModelEndpointFactory(updated_by=owner),
        "resumetemplate": hiring.ResumeTemplateFactory(created_by=owner),
        "emailtemplate": hiring.EmailTemplateFactory(),
        "message": hiring.MessageFactory(**about, candidate=application.candidate, by=owner),
        "note": hiring.NoteFactory(**about, candidate=application.candidate, by=owner),
        "humandecision": hiring.HumanDecisionFactory(**about, by=owner),
        "referral": Referral.objects.create(application=application, referred_by=owner),
        "notification": Notification.objects.create(
            user=owner, kind=Notification.Kind.MENTION, text="You were mentioned", url="/"
        ),
        "savedview": SavedView.objects.create(model="candidates.candidate", name="Mine", owner=owner),
        "longtask": LongTask.objects.create(kind="test", title="Test", created_by=owner),
        "task": LongTask.objects.create(kind="test", title="Test", created_by=owner),
        **privacy_rows(application, owner),
    }  # fmt: skip


def privacy_rows(application: Any, owner: User) -> dict[str, Any]:
    """What people asked for about their data, and what holds for it."""
    candidate, due = application.candidate, timezone.now() + timedelta(days=30)
    number = Notice.objects.count() + 2
    return {
        "dataexport": DataExport.objects.create(candidate=candidate, channel="mail", requested_by=owner, due_at=due),
        "erasure": Erasure.objects.create(
            candidate=application.candidate, channel=Erasure.Channel.values[0], requested_by=owner, run_after=due,
            due_at=due, reason="Asked by mail",
        ),
        "legalhold": LegalHold.objects.create(
            scope="application", target_ref=application.pk, reason="A dispute", placed_by=owner
        ),
        "retentionrule": RetentionRule.objects.create(
            name="Of one job", clock="rejected", months=12, job_ref=application.job_id
        ),
        "notice": Notice.objects.create(
            kind="privacy", jurisdiction="test", version=number, title="Notice", text="What we keep.",
            sha256=Notice.digest("Notice", "What we keep."), published_at=timezone.now(), published_by=owner,
        ),
        "correctionrequest": CorrectionRequest.objects.create(candidate=candidate, proposed={"city": "Bonn"}),
        "reviewrequest": ReviewRequest.objects.create(
            application=application, channel=ReviewRequest._meta.get_field("channel").choices[0][0], due_at=due
        ),
    }  # fmt: skip
