"""Reports as documents: each belongs to whom it was made for, and goes with the people whom it names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import Candidate, visibility
from candidates.models.erasing import Person
from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from hrassist.roles import COUNT_ANSWERS
from jobs.models.application import Application, seen
from jobs.models.drive import RecruitmentDrive
from jobs.models.job import Job, of_seen_job

if TYPE_CHECKING:
    from hrassist.models import User


class ReportKind(models.TextChoices):
    CANDIDATE = "candidate", "Candidate report"
    JOB = "job", "Job report"
    DRIVE = "drive", "Drive report"
    MONTHLY = "monthly", "Monthly report"
    BIAS = "bias", "Bias audit report"
    SUMMARY = "summary", "Public summary of the bias audit"


# What somebody needs to have a report of a kind made, and to open it later.
NEEDED: dict[str, tuple[str, ...]] = {
    ReportKind.CANDIDATE: ("jobs.view_application", "candidates.view_candidate"),
    ReportKind.JOB: ("jobs.view_reports", "jobs.view_application"),
    ReportKind.DRIVE: ("jobs.view_reports", "jobs.view_recruitmentdrive"),
    ReportKind.MONTHLY: ("jobs.view_reports",),
    ReportKind.BIAS: ("jobs.view_ranking_log",),
    # It is nothing but figures by sex and race: for who may count answers.
    ReportKind.SUMMARY: ("jobs.view_ranking_log", COUNT_ANSWERS),
}
# Those over a period, and among them those of rates, which leave as tables too: in neither is anybody named.
OF_PERIOD = frozenset((ReportKind.MONTHLY, ReportKind.BIAS, ReportKind.SUMMARY))
OF_RATES = frozenset((ReportKind.BIAS, ReportKind.SUMMARY))


def kinds_for(user: User) -> list[ReportKind]:
    """The kinds of report that the user may have made."""
    return [kind for kind in ReportKind if user.has_perms(NEEDED[kind])]


class ReportDocumentQuerySet(models.QuerySet["ReportDocument"]):
    def visible_to(self, user: User) -> Self:
        """One's own, about what one still sees: a report holds what its owner might see, and nobody else's sight."""
        if not user.is_authenticated or not user.is_active or not user.has_perm("jobs.view_reportdocument"):
            return self.none()
        if user.only_jobs is not None:
            # A report holds what its owner saw: a token that is narrowed to some jobs would read beyond them.
            return self.none()
        about = Q(job__isnull=True) | Q(job__isnull=False) & of_seen_job(user)
        applied = Q(application__isnull=True) | Q(application__isnull=False) & seen(user, path="application__")
        person = Q(candidate__isnull=True) | Q(candidate__isnull=False) & visibility.condition(user, path="candidate__")
        drive = Q(drive__isnull=True) | Q(drive__in=RecruitmentDrive.objects.visible_to(user))
        return self.filter(about, applied, person, drive, owner=user.pk, kind__in=kinds_for(user))

    def unfinished(self) -> Self:
        return self.filter(state__in=[ReportDocument.State.QUEUED, ReportDocument.State.MAKING])


class ReportDocument(models.Model):
    """One report for one user, as DOCX and PDF of the same words; what is in it is what they saw when it was made."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        MAKING = "making", "Being made"
        READY = "ready"
        FAILED = "failed"

    # A worker that dies is found after this time: a report takes seconds.
    LEASE: ClassVar = timedelta(seconds=90)
    ATTEMPTS: ClassVar = 3
    KEPT: ClassVar = timedelta(days=90)

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.QUEUED: {State.MAKING, State.FAILED},
        State.MAKING: {State.READY, State.FAILED},
        State.FAILED: {State.QUEUED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=ReportKind.choices)
    title = models.CharField(max_length=250)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    step = models.CharField(max_length=60, blank=True, help_text="What the worker does now.")
    candidate = models.ForeignKey(Candidate, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    drive = models.ForeignKey(RecruitmentDrive, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+",
        help_text="For whom it is made: their rights decide what is in it.",
    )  # fmt: skip
    schedule = models.ForeignKey(
        "jobs.ReportSchedule", null=True, blank=True, on_delete=models.SET_NULL, related_name="documents"
    )
    docx_key = models.CharField(max_length=120, blank=True, editable=False)
    pdf_key = models.CharField(max_length=120, blank=True, editable=False)
    digests = models.JSONField(default=dict, help_text="SHA-256 of each file, by its kind.")
    sizes = models.JSONField(default=dict, help_text="Bytes of each file, by its kind.")
    pages = models.PositiveIntegerField(default=0)
    shows = models.JSONField(
        default=dict, help_text="What its owner has to see to open it: jobs, applications, cards, permissions."
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ReportDocumentQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"title", "docx_key", "pdf_key", "digests", "message"}
        keep: ClassVar = {
            "id", "kind", "state", "step", "candidate", "application", "job", "drive", "since", "until", "owner",
            "schedule", "sizes", "pages", "shows", "lease_token", "lease_until", "attempt", "created_at", "ended_at",
            "expires_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = "report"
        default_permissions = ("view", "add", "delete")
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at", "-id"], name="reportdocument_of_owner"),
            models.Index(fields=["lease_until"], condition=Q(state="making"), name="reportdocument_leases"),
            models.Index(fields=["created_at"], condition=Q(state="queued"), name="reportdocument_queued"),
            models.Index(fields=["expires_at"], name="reportdocument_expires"),
            # The sweep of the store asks by key.
            models.Index(fields=["docx_key"], name="reportdocument_docx"),
            models.Index(fields=["pdf_key"], name="reportdocument_pdf"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "making"], ended_at__isnull=True)
                | Q(state__in=["ready", "failed"], ended_at__isnull=False),
                name="reportdocument_ended_with_state",
            ),
            # No file of a report that is not whole.
            models.CheckConstraint(
                condition=Q(state="ready") & ~Q(docx_key="") | ~Q(state="ready") & Q(docx_key="", pdf_key=""),
                name="reportdocument_files_when_ready",
            ),
            models.CheckConstraint(
                condition=both_or_none("lease_token", "lease_until"), name="reportdocument_lease_pair"
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__gte=models.F("since")), name="reportdocument_period"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move not in MOVES."""
        if to not in self.MOVES.get(self.state, set()):
            raise Conflict(
                f"A report that is {self.get_state_display().lower()} cannot become {to}. Load the page anew.",
                code="report_state",
            )
        self.state = to
        self.ended_at = now if to in (self.State.READY, self.State.FAILED) else None

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.MAKING)


class ReportPerson(models.Model):
    """Somebody whom a report names."""

    document = models.ForeignKey(ReportDocument, on_delete=models.CASCADE, related_name="people")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "document", "candidate"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "candidate"], name="reportperson_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate} in {self.document}"


def named_in_report(person: Person) -> Q:
    """Reports about or with this person: such a paper goes whole, for it cannot be emptied of one name."""
    named = ReportPerson.objects.filter(candidate__in=person.ids).values("document")
    return Q(candidate__in=person.ids) | Q(application__candidate__in=person.ids) | Q(pk__in=named)
