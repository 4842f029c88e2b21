"""The report of one person, for one application or alone: facts, timeline, evidence, interviews, cards, decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import Prefetch

from candidates.models import Candidate, Resume
from jobs.models import (
    Application,
    HumanDecision,
    Interview,
    Match,
    MatchRun,
    Note,
    Offer,
    ReportDocument,
    Scorecard,
    ScorecardRating,
    StageTransition,
)
from jobs.reports.documents import paper
from jobs.reports.documents.job import proofs
from jobs.reports.documents.paper import Block, Report, Shown
from jobs.reports.documents.people import name_of, standing

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

MOST_FACTS = 8
MOST_STEPS = 60
MOST_NOTES = 40
LONG_TEXT = 1500


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    del look, now, today
    candidate = Candidate.objects.visible_to(user).get(pk=cast(UUID, document.candidate_id))
    seen = Application.objects.visible_to(user).select_related("job", "stage", "candidate", "reason")
    rows = list(seen.filter(candidate=candidate).order_by("-applied_at", "-pk"))
    alone = document.application_id is None
    if not alone:
        rows = [one for one in rows if one.pk == document.application_id]
        if not rows:
            raise Application.DoesNotExist
    shown = Shown(applications={one.pk for one in rows})
    shown.permissions |= {"jobs.view_application", "candidates.view_candidate"}
    name = name_of(candidate, shown)
    report = Report(
        title=name if alone else f"{name} for {rows[0].job.title}",
        subtitle=" · ".join(part for part in (candidate.headline, candidate.place) if part),
        facts=_facts(candidate, shown, user=user),
        shown=shown,
    )
    _applications(report, rows, alone=alone)
    _experience(report, candidate, user=user)
    _evidence(report, rows, candidate, user=user)
    _interviews(report, rows, user=user)
    _cards(report, rows, user=user)
    _decisions(report, rows, user=user)
    _notes(report, candidate, rows, user=user, alone=alone)
    _timeline(report, rows)
    return report


def _facts(candidate: Candidate, shown: Shown, *, user: User) -> list[tuple[str, str]]:
    """What is known of the person, as far as the reader's role shows it."""
    found: dict[str, list[str]] = {}
    for label, permission, related, column in (
        ("E-mail", "candidates.view_candidateemail", candidate.emails, "address"),
        ("Phone", "candidates.view_candidatephone", candidate.phones, "number"),
        ("Links", "candidates.view_candidatelink", candidate.links, "url"),
        ("Tags", "candidates.view_candidatetag", candidate.tag_links, "tag__name"),
    ):
        rows: Any = related
        some = (
            list(rows.order_by("pk").values_list(column, flat=True)[:MOST_FACTS]) if user.has_perm(permission) else []
        )
        if some:
            found[label] = some
            shown.permissions.add(permission)
    said = {label: ", ".join(some) for label, some in found.items()}
    contacts = [(label, said.get(label, "")) for label in ("E-mail", "Phone", "Links")]
    about = [("Source", candidate.source), ("Known since", paper.day(candidate.created_at))]
    return [*contacts, *about, ("Tags", said.get("Tags", ""))]


def _applications(report: Report, rows: list[Application], *, alone: bool) -> None:
    if not alone:
        (one,) = rows
        report.section(
            "Application",
            paper.facts(
                [
                    ("Job", f"{one.job.title} ({one.job.get_status_display().lower()})"),
                    ("Stands at", standing(one)),
                    ("Since", paper.day(one.entered_stage_at)),
                    ("Applied", paper.day(one.applied_at)),
                    ("Source", one.source),
                    ("Ended", paper.day(one.ended_at)),
                    ("Reason", one.reason.name if one.reason else ""),
                ]
            ),
        )
        return
    report.section(
        "Applications",
        paper.table(
            [("Job", 3), ("Stands at", 2), ("Applied", 1.3), ("Ended", 1.3), ("Source", 1.6)],
            [[one.job.title, standing(one), one.applied_at, one.ended_at, one.source] for one in rows],
        )
        or paper.quiet("No application that you may see."),
    )


def _experience(report: Report, candidate: Candidate, *, user: User) -> None:
    """What the current resume says of work and education, as it was read."""
    if not user.has_perm("candidates.view_resume"):
        return
    resume = Resume.objects.filter(candidate=candidate).ready().current().select_related("parse").first()
    if resume is None or not hasattr(resume, "parse"):
        report.section("Experience", paper.quiet("No resume has been read yet."))
        return
    report.shown.permissions.add("candidates.view_resume")
    said: Mapping[str, Any] = resume.parse.json_resume
    work = [_entry(one, ("position", "name")) for one in said.get("work") or []]
    schools = [_entry(one, ("studyType", "area", "institution")) for one in said.get("education") or []]
    skills = ", ".join(str(one.get("name", "")) for one in said.get("skills") or [] if one.get("name"))
    report.section(
        "Experience",
        paper.table([("What", 5), ("When", 2)], work) or paper.quiet("No work could be read from the resume."),
        paper.heading("Education") if schools else None,
        paper.table([("What", 5), ("When", 2)], schools),
        paper.heading("Skills") if skills else None,
        paper.text(paper.shortened(skills, LONG_TEXT)) if skills else None,
        paper.quiet(f"Read by software from the resume of {paper.day(resume.created_at)}: the file itself decides."),
    )


def _entry(one: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    what = ", ".join(str(one[name]) for name in names if one.get(name))
    start, end = str(one.get("startDate") or ""), str(one.get("endDate") or "")
    return [what, " – ".join(part for part in (start, end) if part)]


def _evidence(report: Report, rows: list[Application], candidate: Candidate, *, user: User) -> None:
    """Their place in the reader's own newest ranking of each job, with the quotes."""
    needed = {"jobs.view_match", "candidates.view_resume"}
    if not rows or not user.has_perms(needed):
        return
    newest = MatchRun.objects.visible_to(user).filter(job__in=[one.job_id for one in rows])
    runs = newest.order_by("job_id", "-created_at", "-pk").distinct("job_id")
    found = Match.objects.filter(candidate=candidate, run__in=[run.pk for run in runs]).select_related("run__job")
    matches = list(found.prefetch_related("evidence").order_by("-run__created_at"))
    report.shown.permissions |= needed
    blocks: list[Block | None] = []
    for match in matches:
        blocks.append(
            paper.heading(
                match.run.job.title,
                f"rank {match.rank} of {match.run.ranked} on {paper.day(match.run.created_at)} · "
                f"{match.must_covered} of {match.must_total} must-haves with evidence",
            )
        )
        blocks.append(paper.evidence(proofs(list(match.evidence.all()), match.run)))
    report.section(
        "Evidence",
        *blocks,
        paper.quiet("A ranking is a help for reading. Where nothing was found, the person may still meet it: ask.")
        if matches
        else paper.quiet("You have not had these jobs ranked, so there is no evidence to show."),
    )


def _interviews(report: Report, rows: list[Application], *, user: User) -> None:
    if not user.has_perm("jobs.view_interview"):
        return
    report.shown.permissions.add("jobs.view_interview")
    found = Interview.objects.visible_to(user).filter(application__in=[one.pk for one in rows])
    table = [
        [
            one.title, paper.moment(one.starts_at), str(one.get_status_display()),
            ", ".join(place.user.display_name for place in one.interviewers.all()),
        ]
        for one in found.prefetch_related("interviewers__user").order_by("starts_at")
    ]  # fmt: skip
    report.section(
        "Interviews",
        paper.table([("Interview", 3), ("When", 2.2), ("State", 1.2), ("Interviewers", 3)], table)
        or paper.quiet("No interview has been planned yet."),
    )


def _cards(report: Report, rows: list[Application], *, user: User) -> None:
    """Cards that the reader may see: whoever owes one reads nobody else's."""
    if not user.has_perm("jobs.view_scorecard"):
        return
    report.shown.permissions.add("jobs.view_scorecard")
    ratings = Prefetch("ratings", ScorecardRating.objects.select_related("attribute").order_by("attribute__position"))
    cards = list(
        Scorecard.objects.visible_to(user).submitted().filter(application__in=[one.pk for one in rows])
        .select_related("by", "application__job").prefetch_related(ratings).order_by("submitted_at")
    )  # fmt: skip
    report.shown.cards |= {one.application_id for one in cards}
    blocks: list[Block | None] = []
    for card in cards:
        blocks.append(
            paper.heading(
                f"{card.by.display_name}: {card.get_recommendation_display()}",
                f"{card.application.job.title} · {paper.day(card.submitted_at)}",
            )
        )
        blocks.append(paper.text(paper.shortened(card.takeaways, LONG_TEXT)) if card.takeaways else None)
        blocks.append(
            paper.table(
                [("Attribute", 2.4), ("Rating", 1, "right"), ("Note", 5)],
                [
                    [one.attribute.name, f"{one.rating} of 4" if one.rating else None, one.note]
                    for one in card.ratings.all()
                ],
            )
        )
    report.section(
        "Scorecards", *blocks, None if cards else paper.quiet("No scorecard that you may read has been handed in yet.")
    )


def _decisions(report: Report, rows: list[Application], *, user: User) -> None:
    ids = [one.pk for one in rows]
    if user.has_perm("jobs.view_humandecision"):
        report.shown.permissions.add("jobs.view_humandecision")
        decisions = (
            HumanDecision.objects.visible_to(user).standing().filter(application__in=ids)
            .select_related("by", "reason", "application__job").order_by("at")
        )  # fmt: skip
        report.section(
            "Decisions",
            paper.table(
                [("Decision", 1.2), ("By", 1.7), ("On", 1.5), ("Job", 2.4), ("Why", 3)],
                [
                    [
                        str(one.get_verdict_display()), one.by.display_name, one.at, one.application.job.title,
                        ". ".join(part for part in (one.reason.name if one.reason else "", one.note) if part),
                    ]
                    for one in decisions
                ],
            )
            or paper.quiet("Nobody has decided in the review queue yet."),
        )  # fmt: skip
    if user.has_perm("jobs.view_offer"):
        offers = list(
            Offer.objects.visible_to(user).filter(application__in=ids).select_related("application__job")
            .order_by("application", "version")
        )  # fmt: skip
        if offers:
            report.shown.permissions.add("jobs.view_offer")
            report.section(
                "Offers",
                paper.table(
                    [("Offer", 1), ("Position", 3), ("State", 2), ("Sent", 1.3), ("Answered", 1.3)],
                    [
                        [f"Version {one.version}", one.position_title, str(one.get_status_display()), one.sent_at,
                         one.answered_at]
                        for one in offers
                    ],
                ),
                paper.quiet("Pay is left out on purpose: it stands in the offer."),
            )  # fmt: skip


def _notes(report: Report, candidate: Candidate, rows: list[Application], *, user: User, alone: bool) -> None:
    """Notes for the team; private ones stay with who wrote them."""
    if not user.has_perm("jobs.view_note"):
        return
    report.shown.permissions.add("jobs.view_note")
    mine: set[UUID | None] = {None, *(one.pk for one in rows)}
    found = Note.objects.visible_to(user).there().filter(candidate=candidate, private=False).select_related("by")
    notes = [one for one in found.order_by("-at") if alone or one.application_id in mine][:MOST_NOTES]
    table = [[paper.day(one.at), one.by.display_name, paper.shortened(one.text, paper.CELL)] for one in notes]
    report.section(
        "Notes",
        paper.table([("On", 1.5), ("By", 1.8), ("Note", 6)], table) or paper.quiet("No note for the team."),
    )


def _timeline(report: Report, rows: list[Application]) -> None:
    steps = (
        StageTransition.objects.filter(
            application__in=[one.pk for one in rows], undoes__isnull=True, undone_by__isnull=True
        )
        .select_related("application__job", "from_stage", "to_stage", "reason", "by").order_by("-at", "-pk")
    )  # fmt: skip
    several = len(rows) > 1
    table = []
    for step in steps[:MOST_STEPS]:
        row = [paper.day(step.at), _said(step), step.by.display_name if step.by else paper.NOTHING]
        table.append([*row, step.application.job.title] if several else row)
    columns: list[Any] = [("On", 1.5), ("What", 4), ("By", 2)]
    report.section(
        "Timeline",
        paper.table([*columns, ("Job", 3)] if several else columns, table) or paper.quiet("Nothing has happened yet."),
        paper.quiet("Steps that were taken back are left out."),
    )


def _said(step: StageTransition) -> str:
    if step.from_stage is None:
        return "Applied"
    if step.to_status not in (step.from_status, Application.Status.ACTIVE):
        why = f": {step.reason.name}" if step.reason else ""
        return f"{step.get_to_status_display()}{why}"
    if step.to_status != step.from_status:
        return f"Brought back to {step.to_stage.name}"
    return f"From {step.from_stage.name} to {step.to_stage.name}"
