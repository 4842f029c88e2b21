"""Figures of the work itself: people, applications, reading, rankings, language models, storage, and the law's dates.

Counts only. What reads whole tables is asked each five minutes; what an index answers, at each scrape.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Avg, Count, Min, Q, Sum
from django.utils import timezone
from prometheus_client import Metric

from candidates.models import Candidate, DataExport, Erasure, Resume, ResumeVector, RetentionDue, UploadTicket
from hrassist.metrics.state import Group, add, by, gauge
from hrassist.models import Session, User
from jobs.models import Application, Job, MatchRun, ModelEndpoint, RecruitmentDrive, Stage, TailoringRun
from jobs.tailoring import budget

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOWS = (("15m", timedelta(minutes=15)), ("1d", DAY), ("7d", timedelta(days=7)))
SLOW = 300.0


def hiring() -> Iterator[Metric]:
    """What is there in all."""
    stages = dict(
        Application.objects.filter(status=Application.Status.ACTIVE)
        .order_by()
        .values_list("stage_kind")
        .annotate(count=Count("pk"))
    )
    yield by(
        "hrassist_candidates_in_stage",
        "Active applications by the kind of step they are at.",
        "stage",
        [(kind, stages.get(kind, 0)) for kind in Stage.Kind.values],
    )
    yield gauge("hrassist_candidates", "People on record.", Candidate.objects.count())
    for name, told, model in (
        ("hrassist_applications", "Applications by status.", Application),
        ("hrassist_jobs", "Jobs by status.", Job),
        ("hrassist_drives", "Recruitment drives by status.", RecruitmentDrive),
    ):
        counts = dict(model._default_manager.order_by().values_list("status").annotate(count=Count("pk")))
        yield by(name, told, "status", [(status, counts.get(status, 0)) for status in model.Status.values])


def activity() -> Iterator[Metric]:
    """What came in and was done lately, and by how many people."""
    now = timezone.now()
    since = now - DAY
    came = Application.objects.filter(applied_at__gt=since).aggregate(
        all=Count("pk"), drive=Count("pk", filter=Q(tracking_link__isnull=False))
    )
    yield gauge("hrassist_applications_day", "Applications within 24 hours.", came["all"])
    yield gauge("hrassist_applications_by_link_day", "Those of them that came by a link of ours.", came["drive"])
    runs = MatchRun.objects.filter(created_at__gt=since).aggregate(
        runs=Count("pk"), ranked=Sum("ranked"), took=Avg("milliseconds")
    )
    yield gauge("hrassist_rankings_day", "Rankings within 24 hours.", runs["runs"])
    yield gauge("hrassist_matches_day", "People ranked for a job within 24 hours.", runs["ranked"] or 0)
    yield gauge("hrassist_ranking_seconds", "How long these rankings took on average.", (runs["took"] or 0) / 1000)
    users = Session.objects.filter(user__isnull=False).aggregate(
        **{
            f"w{name}": Count("user", filter=Q(last_used_at__gt=now - window), distinct=True)
            for name, window in WINDOWS
        }
    )
    yield by(
        "hrassist_users_active",
        "People with a session that they used within the time.",
        "window",
        [(name, users[f"w{name}"]) for name, _ in WINDOWS],
    )
    yield gauge("hrassist_users", "Accounts that may sign in.", User.objects.filter(is_active=True).count())


def reading() -> Iterator[Metric]:
    """How far the worker is with what was uploaded."""
    now = timezone.now()
    waiting = UploadTicket.objects.waiting().aggregate(count=Count("pk"), first=Min("confirmed_at"))
    yield gauge("hrassist_uploads_waiting", "Uploads that wait to be read.", waiting["count"])
    yield gauge(
        "hrassist_uploads_oldest_seconds",
        "For how long the oldest of them waits.",
        max((now - waiting["first"]).total_seconds(), 0.0) if waiting["first"] else 0.0,
    )
    yield gauge(
        "hrassist_uploads_parked", "Uploads given up after several tries.", UploadTicket.objects.parked().count()
    )


def files() -> Iterator[Metric]:
    """What was read, what has a vector, and how many bytes are stored."""
    since = timezone.now() - HOUR
    all_of = Resume.objects.order_by().aggregate(
        bytes=Sum("size"),
        ready=Count("pk", filter=Q(state=Resume.State.READY)),
        unreadable=Count("pk", filter=Q(state=Resume.State.UNREADABLE)),
        read=Count("pk", filter=Q(created_at__gt=since, state=Resume.State.READY)),
        failed=Count("pk", filter=Q(created_at__gt=since, state=Resume.State.UNREADABLE)),
    )
    yield by(
        "hrassist_resumes",
        "Resumes by what became of reading them.",
        "state",
        [("ready", all_of["ready"]), ("unreadable", all_of["unreadable"])],
    )
    yield by(
        "hrassist_resumes_read_hour",
        "Resumes read within an hour.",
        "outcome",
        [("ready", all_of["read"]), ("unreadable", all_of["failed"])],
    )
    yield gauge("hrassist_storage_bytes", "Bytes of stored resumes.", all_of["bytes"] or 0)
    yield gauge(
        "hrassist_vectors_missing",
        "Read resumes in use that have no vector yet.",
        Resume.objects.ready().current().filter(vector__isnull=True).count(),
    )
    yield gauge(
        "hrassist_vectors_hour",
        "Vectors made within an hour, of new resumes and by another model of old ones.",
        ResumeVector.objects.filter(made_at__gt=since).count(),
    )


def models() -> Iterator[Metric]:
    """What language models write and take, and what each may; one that is switched off has no budget to pass."""
    now = timezone.now()
    runs = dict(
        TailoringRun.objects.filter(created_at__gt=now - DAY)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    yield by(
        "hrassist_llm_runs_day",
        "Resumes tailored within 24 hours by how far they are.",
        "state",
        [(name, runs.get(name, 0)) for name in TailoringRun.State.values],
    )
    rows = list(ModelEndpoint.objects.all())
    used = [row for row in rows if row.enabled]
    spent = [(row.name, budget.of_month(row, now=now)) for row in rows]
    for name, told, values in (
        ("hrassist_llm_month_cost", "What a language model cost this month.",
         [(model, float(month.cost)) for model, month in spent]),
        ("hrassist_llm_month_budget", "What it may cost in a month.",
         [(row.name, float(row.month_budget)) for row in used]),
        ("hrassist_llm_month_tokens", "Tokens that it took this month.",
         [(model, month.tokens) for model, month in spent]),
        ("hrassist_llm_month_tokens_budget", "Tokens that it may take in a month.",
         [(row.name, row.month_tokens) for row in used]),
        ("hrassist_llm_up", "Whether it answered as it should when it was last asked or tested.",
         [(row.name, float(not row.test_said)) for row in used if row.tested_at]),
    ):  # fmt: skip
        yield by(name, told, "model", values)


def deadlines() -> Iterator[Metric]:
    """What is past its date."""
    now = timezone.now()
    yield by(
        "hrassist_privacy_overdue",
        "Requests and deadlines of the law that have passed.",
        "kind",
        [
            ("erasure", Erasure.objects.overdue(now=now).count()),
            ("copy", DataExport.objects.overdue(now=now).count()),
            # Applied once a night, so a day's delay is none.
            ("retention", RetentionDue.objects.filter(due_at__lt=now - 2 * DAY, held=False).count()),
        ],
    )


add(Group("hiring", hiring, seconds=SLOW))
add(Group("activity", activity, seconds=60))
add(Group("reading", reading))
add(Group("files", files, seconds=SLOW))
add(Group("models", models, seconds=60))
add(Group("deadlines", deadlines, seconds=60))
