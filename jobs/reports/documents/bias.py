"""The bias audit: what can be counted about rankings and selection, how, and what cannot be said from this data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import F

from jobs.models import Job, JurisdictionSetting, MatchRun, RankingOptOut, ReportDocument, ReviewRequest
from jobs.reports import impact
from jobs.reports.documents import charts, demographics, paper
from jobs.reports.documents.demographics import Told
from jobs.reports.documents.paper import Block, Report, Shown
from jobs.reports.impact import Counted, Rate
from jobs.reports.overrides import overrides
from jobs.reports.scope import Scope

if TYPE_CHECKING:
    from hrassist.branding import Look
    from hrassist.models import User

LEFT_OUT = {
    "opted_out": "Asked not to be ranked",
    "no_ground": "No ground to work with their data",
    "not_yet": "Waiting time after a notice still runs",
}
LAWS = (
    "New York City Local Law 144 asks for rates by sex, by race or ethnicity, and by both together, computed within a "
    "year before use by an independent auditor. This report is drawn by the system itself: it is material for such an "
    "audit and does not stand in its place."
)
METHOD = (
    (
        "Selected: the application stands, or stood when it ended, at an interview stage or beyond. Steps that were "
        "taken back do not count."
    ),
    (
        "Scored: the share that stands in the better half (above the median) of who applied for a job and stand in its "
        "newest ranking of the period. Scores of different jobs are not compared with each other."
    ),
    (
        "Impact ratio: the rate of a group divided by the highest rate of a compared group. Compared are groups of at "
        f"least {impact.SMALLEST} people and {impact.SHARE:.0%} of all; unknown and pooled groups are counted and not "
        "compared."
    ),
    (
        "p: how likely a difference of this size is by chance, Fisher's exact test (two-sided), the normal curve above "
        f"{impact.EXACT_UP_TO:,} people. Many comparisons are made: some fall below 0.05 by chance alone."
    ),
    (
        f"Groups of fewer than {impact.SMALLEST} people are counted together; where these are still few, the next "
        "smallest goes with them. Where one group is nearly everybody, nothing is shown."
    ),
    (
        "Limits: people who never applied are not in the data; who was erased counts with what is left of them; a "
        "person who applied twice counts twice."
    ),
)


def build(document: ReportDocument, *, user: User, look: Look, now: datetime, today: date) -> Report:
    del now
    if document.since is None or document.until is None:
        raise ReportDocument.DoesNotExist
    # Figures over everybody, without a name: whoever answers for rankings reads them for jobs that they do not see too.
    jobs = list(Job.objects.order_by("pk").values_list("pk", flat=True))
    scope = Scope(user=user, since=document.since, until=document.until, jobs=jobs)
    counted = impact.counted(scope)
    report = Report(
        title="Bias audit report",
        subtitle="Rankings and selection, by group",
        facts=[
            ("Period", f"{paper.day(scope.since)} to {paper.day(scope.until)}"),
            ("Counted", "Applications that came in in the period, for every job of this organisation"),
            ("Smallest group", f"{impact.SMALLEST} people"),
        ],
        shown=Shown(permissions={"jobs.view_ranking_log"}),
        personal=False,
    )
    told = demographics.sections(report, scope, look=look, today=today)
    answered, report.sections = report.sections, []
    _findings(report, counted, told)
    report.sections += answered
    _missing(report)
    for name, label in impact.DIMENSIONS.items():
        _dimension(report, counted, name, label, look)
    _rankings(report, scope, user=user)
    _oversight(report, scope)
    _method(report, answered=told.counted)
    return report


def _findings(report: Report, counted: Counted, told: Told) -> None:
    low = list(told.low)
    for name, label in impact.DIMENSIONS.items():
        for what, rates in (
            ("selection", impact.selection(counted.dimensions[name])),
            ("scoring", impact.scoring(counted.dimensions[name])),
        ):
            low += [
                f"{label}, {what}: {one.name} has {_ratio(one)} of the highest rate{_likely(one)}."
                for one in rates
                if one.is_low
            ]
    report.section(
        "Findings",
        paper.figures(
            ("Applications", paper.number(counted.total) if counted.total >= impact.SMALLEST else "few"),
            ("Below four fifths", paper.number(len(low)), "comparisons"),
        ),
        paper.text(
            "A rate below four fifths of the highest is a reason to look, not a proof: chance and other causes have to "
            "be ruled out by people."
        )
        if low
        else paper.text(
            "No group that could be compared lies below four fifths of the highest rate."
            if counted.total >= impact.SMALLEST
            else "Too few people applied in this period to compare anything."
        ),
        paper.bullets(low),
    )


def _likely(one: Rate) -> str:
    if one.probability is None:
        return ""
    return f" ({'could be chance' if one.probability >= 0.05 else 'hardly chance'}, p = {_probability(one)})"


def _missing(report: Report) -> None:
    audits = JurisdictionSetting.objects.filter(bias_audit_on__isnull=False).order_by("code")
    report.section(
        "What this is, and is not",
        paper.text(
            "The figures describe what happened. They claim nothing about why, and none of them says that somebody was "
            "treated unlawfully."
        ),
        paper.text(
            "The groups that follow are what the system knows without asking: by which source somebody came, where "
            "they live, in which language their resume is. None of these is a trait that the law protects. Some may "
            "follow one, which is why they are looked at."
        ),
        paper.text(LAWS),
        paper.bullets(
            f"Audit on file for {one.code}: {paper.day(one.bias_audit_on)}"
            f"{f', summary at {one.bias_audit_url}' if one.bias_audit_url else ''}"
            for one in audits
        )
        or paper.quiet("No independent audit is on file under Jurisdictions."),
    )


def _dimension(report: Report, counted: Counted, name: str, label: str, look: Look) -> None:
    groups = counted.dimensions[name]
    chosen, scored = impact.selection(groups), impact.scoring(groups)
    bars = [(one.name, one.rate, paper.percent(one.hits, one.people)) for one in chosen]
    report.section(
        label,
        paper.heading("Selection", "got to an interview or beyond"),
        charts.bars(
            bars,
            alt="Selection rates: " + "; ".join(f"{group} {said}" for group, _, said in bars),
            colour=look.accent,
        ),
        _rates(chosen, ("Applied", "Selected")),
        paper.heading("Scoring", "in the better half of who applied, in the newest ranking of their job"),
        _rates(scored, ("Ranked", "Better half")),
    )


def _rates(rates: Sequence[Rate], names: tuple[str, str]) -> Block:
    return paper.table(
        [("Group", 3), (names[0], 1.2, "right"), (names[1], 1.3, "right"), ("Rate", 1, "right"),
         ("Impact ratio", 1.3, "right"), ("p", 1, "right"), ("", 1.7)],
        [
            [one.name, one.people, one.hits, paper.percent(one.hits, one.people), _ratio(one), _probability(one),
             "below four fifths" if one.is_low else " "]
            for one in rates
        ],
    ) or paper.quiet("Nothing to compare that is not about a handful of people.")  # fmt: skip


def _ratio(one: Rate) -> str:
    return paper.NOTHING if one.ratio is None else f"{one.ratio:.2f}"


def _probability(one: Rate) -> str:
    if one.probability is None:
        return paper.NOTHING
    return "< 0.001" if one.probability < 0.001 else f"{one.probability:.3f}"


def _rankings(report: Report, scope: Scope, *, user: User) -> None:
    runs = list(
        MatchRun.objects.logged_for(user).filter(created_at__gte=scope.begins, created_at__lt=scope.ends)
        .order_by().values_list("model_hash", "ranked", "left_out", "job")
    )  # fmt: skip
    left: Counter[str] = Counter()
    models: Counter[str] = Counter()
    for model, _, out, _ in runs:
        models[model] += 1
        left.update({str(why): int(count) for why, count in out.items()})
    report.section(
        "Rankings",
        paper.figures(
            ("Rankings", paper.number(len(runs))),
            ("Jobs ranked", paper.number(len({job for *_, job in runs}))),
            ("Places given", paper.number(sum(ranked for _, ranked, _, _ in runs))),
            ("Left out", paper.number(sum(left.values()))),
        ),
        paper.table(
            [("Left out because", 4), ("Times", 1, "right")],
            [[LEFT_OUT.get(why, why), count] for why, count in left.most_common()],
        ),
        paper.table(
            [("Model (SHA-256)", 5), ("Rankings", 1, "right")],
            [[model or paper.NOTHING, count] for model, count in models.most_common()],
        )
        or paper.quiet("Nobody was ranked in this period."),
    )


def _oversight(report: Report, scope: Scope) -> None:
    found = overrides(since=scope.begins, until=scope.ends)
    asked = ReviewRequest.objects.filter(asked_at__gte=scope.begins, asked_at__lt=scope.ends)
    outs = RankingOptOut.objects.filter(at__gte=scope.begins, at__lt=scope.ends).count()
    late = asked.filter(answered_at__gt=F("due_at")).count()
    against = (
        f"{found.against:,} ({paper.percent(found.against, found.decided)}): {found.rejected_from_top:,} rejected out "
        f"of the best third, {found.shortlisted_from_bottom:,} shortlisted out of the last"
    )
    reviews = f"{asked.count():,}, {asked.filter(state='changed').count():,} decisions changed, {late:,} answered late"
    report.section(
        "People decide",
        paper.facts(
            [
                ("Decisions", f"{paper.counted(found.decided, 'decision')} with a ranking before the reviewer"),
                ("Against it", against),
                ("Reviews asked", reviews),
                ("Opt-outs", f"{outs:,} in the period"),
            ]
        ),
    )


def _method(report: Report, *, answered: bool) -> None:
    report.section(
        "Method",
        paper.bullets([*METHOD, *demographics.METHOD] if answered else METHOD),
    )
