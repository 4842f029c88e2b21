"""Tailoring of resumes: the run, its five steps, what it tells while it works, its lines and where each comes from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from candidates.models import Resume
from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from hrassist.models import LongTask
from jobs.models.application import Application, seen
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.resume_template import ResumeTemplate

if TYPE_CHECKING:
    from hrassist.models import User

OFFLINE = "offline"
# NOTIFY carries the key of the run and nothing else.
EVENT_CHANNEL = "hrassist_tailoring"
# The columns that name a file of a run in the store.
FILE_KEYS = ("docx_key", "pdf_key", "letter_docx_key", "letter_pdf_key", "png_key")


class TailoringRunQuerySet(models.QuerySet["TailoringRun"]):
    def visible_to(self, user: User) -> Self:
        """Runs of applications that the user sees, for whom may see tailored resumes."""
        if not user.has_perm("jobs.view_tailoringrun"):
            return self.none()
        return self.filter(seen(user, path="application__"))

    def logged_for(self, user: User) -> Self:
        """Every run, for those who answer for what software does: they read models and figures, never of whom."""
        return self if user.has_perm("jobs.view_ranking_log") else self.none()

    def with_writers(self) -> Self:
        """For a list that says of each run who wrote it: in one statement, without what was written."""
        steps = TailoringStep.objects.only("run", "position", "state", "provider", "model", "prompt_version")
        return self.prefetch_related(models.Prefetch("steps", steps))

    def in_log(self) -> Self:
        """With who wrote it and how often people decided against it, without a word of the person."""
        lines = TailoringLine.objects.filter(run=models.OuterRef("pk")).exclude(decision=TailoringLine.Decision.WAITING)

        def count(of: models.QuerySet[TailoringLine]) -> Coalesce:
            found = of.order_by().values("run").annotate(count=models.Count("pk")).values("count")
            return Coalesce(models.Subquery(found), 0)

        rejected = lines.filter(decision=TailoringLine.Decision.REJECTED)
        return (
            self.with_writers()
            .annotate(decided=count(lines), rejected=count(rejected))
            .defer("source", "source_text", "brief", "digests")
        )

    def unfinished(self) -> Self:
        return self.filter(state__in=[TailoringRun.State.QUEUED, TailoringRun.State.RUNNING])


class TailoringRun(models.Model):
    """One tailoring of one resume to the job of an application."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Working"
        REVIEW = "review", "To be reviewed"
        APPROVED = "approved", "Approved, files being made"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"

    # A worker tells at every step that it lives; after this long without a word another one takes the run.
    LEASE: ClassVar = timedelta(seconds=150)

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.QUEUED: {State.RUNNING, State.CANCELLED, State.FAILED},
        State.RUNNING: {State.REVIEW, State.FAILED, State.CANCELLED},
        State.FAILED: {State.QUEUED},
        State.CANCELLED: {State.QUEUED},
        State.REVIEW: {State.APPROVED, State.CANCELLED},
        State.APPROVED: {State.READY, State.REVIEW},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="tailoring_runs")
    resume = models.ForeignKey(Resume, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    provider = models.CharField(
        max_length=60, help_text="What goes on with it: offline, or the name of a language model."
    )
    endpoint = models.ForeignKey(
        ModelEndpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False,
        db_index=False, help_text="The language model that goes on with it, whatever it is called by now.",
    )  # fmt: skip
    language = models.CharField(max_length=8, default="en", help_text="Of headings and labels.")
    with_letter = models.BooleanField(default=True)
    template = models.ForeignKey(
        ResumeTemplate, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False,
        db_index=False,
        help_text="What the DOCX of the resume is put into; without one, our own form.",
    )  # fmt: skip
    batch = models.ForeignKey(
        LongTask, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False,
        db_index=False, help_text="The work by which it was begun together with others.",
    )  # fmt: skip
    input_hash = models.CharField(max_length=64, editable=False)
    brief = models.JSONField(default=dict, help_text="The job as it was: title, employer, text, requirements.")
    source = models.JSONField(default=dict, help_text="The parsed resume as it was: what every line is measured by.")
    source_text = models.TextField(blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    failed_for = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=300, blank=True)
    blocked_count = models.PositiveIntegerField(default=0, help_text="Inventions that were found and not let through.")
    docx_key = models.CharField(max_length=120, blank=True, editable=False)
    pdf_key = models.CharField(max_length=120, blank=True, editable=False)
    letter_docx_key = models.CharField(max_length=120, blank=True, editable=False)
    letter_pdf_key = models.CharField(max_length=120, blank=True, editable=False)
    png_key = models.CharField(max_length=120, blank=True, editable=False, db_default="", help_text="The first page.")
    digests = models.JSONField(default=dict, help_text="SHA-256 of each file, by its kind.")
    read_back = models.JSONField(default=dict, help_text="How many fields our own parser read back from the DOCX.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = TailoringRunQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {
            "source", "source_text", "docx_key", "pdf_key", "letter_docx_key", "letter_pdf_key", "png_key", "digests",
            "input_hash", "message",
        }  # fmt: skip
        keep: ClassVar = {
            "id", "application", "resume", "state", "provider", "endpoint", "language", "with_letter", "template",
            "batch", "brief", "lease_token", "lease_until", "attempt", "cancel_asked_at", "failed_for", "blocked_count",
            "read_back", "created_by", "created_at", "updated_at", "started_at", "ended_at", "approved_by",
            "approved_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = "tailored resume"
        permissions: ClassVar = [
            ("approve_tailoringrun", "Can approve a tailored resume for use"),
            ("download_tailoringrun", "Can download a tailored resume"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["application", "-created_at"], name="tailoringrun_of_application"),
            models.Index(fields=["-created_at", "-id"], name="tailoringrun_newest"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="tailoringrun_leases"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="tailoringrun_of_batch"),
            # The sweep of the store asks by key.
            models.Index(fields=["docx_key"], name="tailoringrun_docx"),
            models.Index(fields=["pdf_key"], name="tailoringrun_pdf"),
            models.Index(fields=["letter_docx_key"], name="tailoringrun_letter_docx"),
            models.Index(fields=["png_key"], name="tailoringrun_png"),
            models.Index(fields=["letter_pdf_key"], name="tailoringrun_letter_pdf"),
        ]
        constraints: ClassVar = [
            # The same resume, job and prompts are tailored once at a time.
            models.UniqueConstraint(
                fields=["application", "input_hash"],
                condition=Q(state__in=["queued", "running", "review", "approved"]) & ~Q(input_hash=""),
                name="tailoringrun_once",
            ),
            models.CheckConstraint(condition=both_or_none("approved_at", "approved_by"), name="tailoringrun_approved"),
            # No file without somebody who approved it.
            models.CheckConstraint(
                condition=Q(docx_key="", pdf_key="") | Q(approved_at__isnull=False), name="tailoringrun_files_approved"
            ),
        ]

    def __str__(self) -> str:
        return f"Tailored resume of {self.application}"

    @property
    def writers(self) -> list[str]:
        """The language models whose answers it is made of, by the names that they had then; none where none was."""
        done = [step.provider for step in self.steps.all() if step.state == TailoringStep.State.DONE]
        return [name for name in dict.fromkeys(done) if name not in ("", OFFLINE)]

    @property
    def versions(self) -> list[str]:
        """What its steps were written by: each model with the versions of its prompts."""
        done = [step for step in self.steps.all() if step.state == TailoringStep.State.DONE and step.model]
        prompts: dict[str, list[str]] = {}
        for step in done:
            prompts.setdefault(step.model, []).append(step.prompt_version)
        return [f"{model} ({', '.join(versions)})" for model, versions in prompts.items()]

    @property
    def written_by(self) -> str:
        """Who writes it, in words: language models by the names that operators gave them, or none."""
        writers = self.writers
        if self.provider != OFFLINE:
            return ", ".join(dict.fromkeys([*writers, self.provider]))
        if writers:
            return f"{', '.join(writers)}, finished without a language model"
        return "Built in, no language model"

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move not in MOVES."""
        if to not in self.MOVES.get(self.state, set()):
            raise Conflict(
                f"A tailored resume that is {self.get_state_display().lower()} cannot become {to}. Load the page anew.",
                code="tailoring_state",
            )
        self.state = to
        over = to in (self.State.REVIEW, self.State.READY, self.State.FAILED, self.State.CANCELLED)
        self.ended_at = now if over else None

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING, self.State.APPROVED)

    def is_stalled(self, *, now: datetime) -> bool:
        return self.state == self.State.RUNNING and self.lease_until is not None and self.lease_until < now


class TailoringStep(models.Model):
    """One agent's part of a run. It is done once for one input: a run goes on at its first step without an output."""

    class Agent(models.TextChoices):
        ANALYSIS = "analysis", "Job analysis"
        OPTIMISATION = "optimisation", "Optimisation"
        IMPLEMENTATION = "implementation", "Implementation"
        VALIDATION = "validation", "Validation"
        POLISH = "polish", "Polish"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running", "Working"
        DONE = "done"
        FAILED = "failed"

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.RUNNING},
        State.RUNNING: {State.DONE, State.FAILED},
        State.FAILED: {State.RUNNING},
    }

    run = models.ForeignKey(TailoringRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    agent = models.CharField(max_length=16, choices=Agent.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    provider = models.CharField(
        max_length=60, blank=True, db_default="", help_text="Who wrote it: offline, or the name of a language model."
    )
    model = models.CharField(
        max_length=120, blank=True, db_default="", help_text="The model's identifier at the provider."
    )
    prompt_version = models.CharField(max_length=40, blank=True)
    input_hash = models.CharField(max_length=64, blank=True)
    output = models.JSONField(null=True, blank=True)
    repaired = models.PositiveSmallIntegerField(default=0, help_text="Lines that a repair call mended.")
    blocked = models.PositiveSmallIntegerField(default=0, help_text="Lines that went back to the original.")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class PersonalData:
        erase: ClassVar = {"output", "input_hash"}
        keep: ClassVar = {
            "id", "run", "position", "agent", "state", "attempt", "provider", "model", "prompt_version", "repaired",
            "blocked", "tokens_in", "tokens_out", "cost", "started_at", "ended_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["position"]
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "position"], name="tailoringstep_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_agent_display()}"


class ModelCall(models.Model):
    """One call of a language model that costs: which was asked, when, and what it took, whatever came of it."""

    step = models.ForeignKey(TailoringStep, on_delete=models.CASCADE, related_name="calls")
    endpoint = models.ForeignKey(
        ModelEndpoint, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False,
        help_text="Whose budget it counts against.",
    )  # fmt: skip
    provider = models.CharField(max_length=60, help_text="What the language model was called then.")
    model = models.CharField(max_length=120, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "step", "endpoint", "provider", "model", "tokens_in", "tokens_out", "cost", "at"}

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        default_permissions = ()
        indexes: ClassVar = [
            # What a language model took since the first of a month is read before each call.
            models.Index(
                fields=["endpoint", "at"], include=["tokens_in", "tokens_out", "cost"], name="modelcall_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} for {self.step}"


class TailoringEvent(models.Model):
    """What a run tells while it works; pieces of text go when their step is done."""

    run = models.ForeignKey(TailoringRun, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar = {"data"}
        keep: ClassVar = {"id", "run", "seq", "kind", "at"}

    class Meta:
        ordering: ClassVar = ["seq"]
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "seq"], name="tailoringevent_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class TailoringLine(models.Model):
    """One line of the tailored resume: what it says, what the original said, what the check found, what was decided."""

    class Part(models.TextChoices):
        SUMMARY = "summary"
        WORK = "work", "Experience"
        LETTER = "letter", "Cover letter"

    class Decision(models.TextChoices):
        WAITING = "waiting", "Not decided"
        ACCEPTED = "accepted"
        REJECTED = "rejected", "Original kept"

    run = models.ForeignKey(TailoringRun, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    part = models.CharField(max_length=8, choices=Part.choices)
    entry = models.CharField(max_length=8, blank=True, help_text="The job or project that it stands under: w0.")
    replaces = models.CharField(
        max_length=12, blank=True, help_text="The line of the resume that it is put for: w0.b1."
    )
    original = models.TextField(blank=True)
    text = models.TextField()
    findings = models.JSONField(
        default=list, help_text="[{level, rule, value, message}]: what a person has to look at."
    )
    refused = ArrayField(models.CharField(max_length=40), default=list, help_text="Rules that kept a wording out.")
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class PersonalData:
        erase: ClassVar = {"original", "text", "findings"}
        keep: ClassVar = {
            "id", "run", "position", "part", "entry", "replaces", "refused", "decision", "decided_by", "decided_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "position"], name="tailoringline_once"),
            models.CheckConstraint(
                condition=both_or_none("decided_at", "decided_by"), name="tailoringline_decided_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"

    @property
    def is_changed(self) -> bool:
        return self.text != self.original


class ProvenanceLink(models.Model):
    """One line of the original that a line of the tailored resume rests on."""

    line = models.ForeignKey(TailoringLine, on_delete=models.CASCADE, related_name="provenance")
    source = models.CharField(max_length=12, help_text="Its identifier in the resume's skeleton.")
    quote = models.TextField(help_text="As the resume says it.")
    page = models.PositiveSmallIntegerField(default=1)

    class PersonalData:
        erase: ClassVar = {"quote"}
        keep: ClassVar = {"id", "line", "source", "page"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["line", "source"], name="provenancelink_once")]

    def __str__(self) -> str:
        return f"{self.line_id} from {self.source}"
