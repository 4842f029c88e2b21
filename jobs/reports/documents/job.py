"""The report of one job: pipeline, seats, people by rank with their evidence, what interviewers say, sources."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import Avg, Prefetch
from django.utils import timezone

from jobs.models import Application, Job, Match, MatchEvidence, MatchRun, Opening, ReportDocument, Scorecard, Stage
from jobs.reports import sources, time_in_stage, time_to_hire
from jobs.reports.documents import charts, paper
from jobs.reports.documents.paper import Block, Report, Shown
from jobs.reports.documents.people import applicant, standing
from jobs.reports.scope import LONGEST_DAYS, Scope

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

Status = Application.Status
# With their evidence; everybody else stands in the list.
TOP = 10
MOST_LISTED = 1000
MOST_CARDS = 60
MUST = "must"
NOTHING_FOUND = MatchEvidence.Strength.NONE


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    job = Job.objects.visible_to(user).get(pk=cast(UUID, document.job_id))
    # Five hundred people with every column of theirs take as long to read as their table takes to write.
    rows = list(
        Application.objects.visible_to(user).filter(job=job).select_related("candidate").prefetch_related("stage")
        .only("job", "stage", "status", "source", "applied_at", "candidate__full_name", "candidate__erased_at")
        .order_by("applied_at")
    )  # fmt: skip
    # People may have been brought along from before the job stood here.
    began = min([job.created_at, *(one.applied_at for one in rows[:1])])
    since = max(timezone.localdate(began), today - timedelta(days=LONGEST_DAYS))
    scope = Scope(user=user, since=min(since, today), until=today, job=job.pk, jobs=[job.pk])
    shown = Shown(jobs={job.pk}, permissions={"jobs.view_reports", "jobs.view_application"})
    report = Report(
        title=f"Job report: {job.title}",
        subtitle=" · ".join(part for part in (job.department, job.place, job.get_employment_type_display()) if part),
        facts=[
            ("State", str(job.get_status_display()) + (", confidential" if job.confidential else "")),
            ("Opened", paper.day(job.opened_at)),
            ("Closed", paper.day(job.closed_at)),
            ("Hiring team", ", ".join(_team(job))),
        ],
        shown=shown,
    )
    _overview(report, rows, job, scope)
    _pipeline(report, rows, job, scope, look)
    _openings(report, job)
    _people(report, rows, job, user=user)
    _feedback(report, job, user=user)
    _sources(report, scope, look)
    return report


def _team(job: Job) -> list[str]:
    members = job.team.select_related("user").order_by("role", "pk")
    return [f"{one.user.display_name} ({one.get_role_display().lower()})" for one in members]


def _overview(report: Report, rows: list[Application], job: Job, scope: Scope) -> None:
    counts = Counter(one.status for one in rows)
    seats = list(job.openings.values_list("closed_at", "close_reason"))
    filled = sum(reason == Opening.CloseReason.FILLED for _, reason in seats)
    taken = time_to_hire.time_to_hire(scope).total
    report.section(
        "At a glance",
        paper.figures(
            ("Applications", paper.number(len(rows))),
            ("In process", paper.number(counts[Status.ACTIVE])),
            ("Hired", paper.number(counts[Status.HIRED]), f"of {len(seats)} openings" if seats else ""),
            ("Openings filled", f"{filled} of {len(seats)}" if seats else paper.NOTHING),
            ("Days to hire", paper.days(taken.median), "median" if taken.median is not None else ""),
        ),
        None if rows else paper.quiet("Nobody has applied yet. Everything below fills with the first application."),
    )


def _pipeline(report: Report, rows: list[Application], job: Job, scope: Scope, look: Look) -> None:
    stages = list(job.stages.order_by("position"))
    waited = {one.kind: one for one in time_in_stage.time_in_stage(scope).kinds}
    table, bars = [], []
    before: int | None = None
    for stage in stages:
        there = [one for one in rows if one.stage_id == stage.pk]
        reached = sum(_reached(one, stage) for one in rows)
        days = waited.get(stage.kind)
        table.append(
            [
                stage.name, reached, paper.percent(reached, before) if before is not None else paper.NOTHING,
                sum(one.status == Status.ACTIVE for one in there),
                sum(one.status in (Status.REJECTED, Status.WITHDRAWN) for one in there),
                paper.days(days.median if days else None), paper.days(days.p75 if days else None),
            ]
        )  # fmt: skip
        bars.append((stage.name, float(reached), paper.number(reached)))
        before = reached
    report.section(
        "Pipeline",
        charts.bars(bars, alt=_in_words("How many people reached each stage", bars), colour=look.accent),
        paper.table(
            [("Stage", 3), ("Reached", 1.2, "right"), ("Of the one before", 1.6, "right"), ("There now", 1.3, "right"),
             ("Ended there", 1.4, "right"), ("Median days", 1.4, "right"), ("75 % within", 1.4, "right")],
            table,
        ),
        paper.quiet(
            "Reached: at that stage or beyond, by where each application stands or stood when it ended. Days are those "
            "of people who have left the kind of stage; who still waits there does not count."
        ),
    )  # fmt: skip


def _reached(one: Application, stage: Stage) -> bool:
    return one.status == Status.HIRED or one.stage.position >= stage.position


def _openings(report: Report, job: Job) -> None:
    rows = []
    for seat in job.openings.select_related("filled_by__candidate").order_by("number"):
        by = applicant(seat.filled_by, report.shown) if seat.filled_by else ""
        state = seat.get_close_reason_display() if seat.closed_at else "Open"
        rows.append([f"Opening {seat.number}", state, seat.opened_at, seat.closed_at, by])
    report.section(
        "Openings",
        paper.table([("Opening", 1.1), ("State", 1.2), ("Opened", 1.3), ("Closed", 1.3), ("Filled by", 2.5)], rows)
        or paper.quiet("This job has no openings yet."),
    )


def _people(report: Report, rows: list[Application], job: Job, *, user: User) -> None:
    if not rows:
        return
    ranked, run = _ranking(job, [one.candidate_id for one in rows], user=user, shown=report.shown)
    places = sorted(rows, key=lambda one: (_place(ranked, one), one.applied_at))
    table = []
    for one in places[:MOST_LISTED]:
        match = ranked.get(one.candidate_id)
        table.append(
            [
                applicant(one, report.shown), str(match.rank) if match else paper.NOTHING,
                f"{match.must_covered} of {match.must_total}" if match else paper.NOTHING,
                standing(one), one.applied_at, one.source,
            ]
        )  # fmt: skip
    how = (
        f"Ranked on {paper.day(run.created_at)} by you. The order is a help for reading: people decide, and a "
        "requirement without evidence may still be met."
        if run
        else "You have not had this job ranked, so people stand in the order in which they applied."
    )
    if len(rows) > MOST_LISTED:
        how += f" The list holds the first {MOST_LISTED:,} of {len(rows):,}."
    report.section(
        "People",
        paper.quiet(how),
        *_with_evidence(report, places, ranked, run),
        paper.heading("Everybody who applied", paper.counted(len(rows), "application")),
        paper.table(
            [("Person", 2.6), ("Rank", 0.7, "right"), ("Must-haves", 1.1, "right"), ("Stands at", 2), ("Applied", 1.3),
             ("Source", 1.6)],
            table,
        ),
    )  # fmt: skip


def _ranking(
    job: Job, people: list[UUID], *, user: User, shown: Shown
) -> tuple[dict[UUID, Match], MatchRun | None]:  # fmt: skip
    """The user's newest ranking of the job, of those who applied; none for who may not read rankings and resumes."""
    needed = {"jobs.view_match", "candidates.view_resume"}
    if not user.has_perms(needed):
        return {}, None
    run = MatchRun.objects.visible_to(user).filter(job=job).first()
    if run is None:
        return {}, None
    shown.permissions |= needed
    found = run.matches.filter(candidate__in=people).only(
        "run_id", "candidate_id", "rank", "must_covered", "must_total"
    )
    return {one.candidate_id: one for one in found}, run


def _place(ranked: dict[UUID, Match], one: Application) -> int:
    match = ranked.get(one.candidate_id)
    return match.rank if match else 10**9


def _with_evidence(
    report: Report, places: list[Application], ranked: dict[UUID, Match], run: MatchRun | None
) -> list[Block | None]:
    best = [one for one in places if one.candidate_id in ranked and one.status == Status.ACTIVE][:TOP]
    if run is None or not best:
        return []
    found: dict[int, list[MatchEvidence]] = {}
    for one in MatchEvidence.objects.filter(match__in=[ranked[one.candidate_id].pk for one in best]):
        found.setdefault(one.match_id, []).append(one)
    blocks: list[Block | None] = []
    for at in best:
        match = ranked[at.candidate_id]
        blocks.append(
            paper.heading(
                f"{match.rank}. {applicant(at, report.shown)}",
                f"{standing(at)} · {match.must_covered} of {match.must_total} must-haves with evidence",
            )
        )
        blocks.append(paper.evidence(proofs(found.get(match.pk, []), run)))
    return blocks


def proofs(found: list[MatchEvidence], run: MatchRun) -> list[tuple[str, str, str]]:
    """Each requirement of the ranking with what the resume says of it."""
    said = []
    for one in sorted(found, key=lambda one: one.criterion):
        if one.criterion >= len(run.criteria):
            continue
        asked = run.criteria[one.criterion]
        strength = "Nothing found" if one.strength == NOTHING_FOUND else str(one.get_strength_display())
        if asked.get("kind") == MUST:
            strength += ", a must-have"
        where = f" (page {one.page})" if one.page else ""
        said.append((str(asked["text"]), strength, f"“{one.quote}”{where}" if one.quote else ""))
    return said


def _feedback(report: Report, job: Job, *, user: User) -> None:
    if not user.has_perm("jobs.view_scorecard"):
        return
    cards: list[Any] = list(
        Scorecard.objects.visible_to(user).submitted().filter(application__job=job)
        .select_related("by", "application__candidate").annotate(rating=Avg("ratings__rating"))
        .prefetch_related(Prefetch("interview")).order_by("-submitted_at", "-pk")
    )  # fmt: skip
    report.shown.permissions.add("jobs.view_scorecard")
    report.shown.cards |= {one.application_id for one in cards}
    counts = Counter(one.get_recommendation_display() for one in cards)
    said = [
        [
            applicant(one.application, report.shown), one.by.display_name, one.get_recommendation_display(),
            f"{one.rating:.1f}" if one.rating else paper.NOTHING, paper.shortened(one.takeaways, paper.QUOTE),
        ]
        for one in cards[:MOST_CARDS]
    ]  # fmt: skip
    summary = ", ".join(f"{count} × {label}" for label, count in counts.most_common())
    more = f" The newest {MOST_CARDS} of {len(cards)} stand here." if len(cards) > MOST_CARDS else ""
    report.section(
        "Interview feedback",
        paper.text(f"{paper.counted(len(cards), 'scorecard')}: {summary}.{more}") if cards else None,
        paper.table(
            [("Person", 2), ("Interviewer", 1.7), ("Recommends", 1.4), ("Rating", 0.8, "right"), ("Says", 4)], said
        )
        or paper.quiet("No scorecard that you may read has been handed in yet."),
        paper.quiet("Ratings run from 1 to 4 and are the mean of one card.") if cards else None,
    )


def _sources(report: Report, scope: Scope, look: Look) -> None:
    found = sources.source_quality(scope)
    bars = [
        (one.source, float(one.applications), paper.counted(one.applications, "applied", "applied")) for one in found
    ]
    report.section(
        "Sources",
        charts.bars(bars, alt=_in_words("Applications by source", bars), colour=look.accent),
        paper.table(
            [("Source", 3), ("Applications", 1.3, "right"), ("Interview", 1.2, "right"), ("Share", 1, "right"),
             ("Offer", 1, "right"), ("Hired", 1, "right")],
            [
                [one.source, one.applications, one.interviews, paper.percent(one.interviews, one.applications),
                 one.offers, one.hires]
                for one in found
            ],
        )
        or paper.quiet("Nobody has applied yet."),
    )  # fmt: skip


def _in_words(what: str, bars: list[tuple[str, float, str]]) -> str:
    return f"{what}: " + "; ".join(f"{label} {said}" for label, _, said in bars[: charts.MOST_BARS])
