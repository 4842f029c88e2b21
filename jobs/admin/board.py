"""The pipeline of a job as columns of cards: a fixed number of queries however many people there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber
from django.urls import reverse

from candidates.models import CandidateTag
from jobs.admin.badges import STAGE_COLOURS
from jobs.models import Application, Interview, Job, Scorecard, Stage

CARDS, CLOSED, TAGS_LOOKED_AT = 30, 30, 5_000
# Who was hired stays in sight, in the last column.
ON_BOARD = (Application.Status.ACTIVE, Application.Status.HIRED)
# Days in one stage after which a card says so, and says so loudly.
LONG, TOO_LONG = 7, 14
FOR: set[str] = {Scorecard.Recommendation.YES, Scorecard.Recommendation.STRONG_YES}
AGAINST: set[str] = {Scorecard.Recommendation.NO, Scorecard.Recommendation.DEFINITELY_NOT}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board is narrowed to; empty is everybody."""

    name: str = ""
    tag: int | None = None
    source: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        tag = query.get("tag", "")
        return cls(
            name=query.get("q", "").replace("\0", "").strip()[:100],
            tag=int(tag) if tag.isdigit() and len(tag) < 10 else None,
            source=query.get("source", "").replace("\0", "")[:60],
        )

    def __bool__(self) -> bool:
        return bool(self.name or self.tag or self.source)

    @property
    def condition(self) -> Q:
        found = Q()
        for word in self.name.split()[:6]:
            found &= Q(candidate__full_name__icontains=word)
        if self.tag:
            found &= Q(candidate__in=CandidateTag.objects.filter(tag=self.tag).values("candidate"))
        if self.source:
            found &= Q(source=self.source)
        return found


@dataclass(slots=True)
class Card:
    """One person on the board; `votes` are the submitted scorecards that the user may read."""

    application: Application
    days: int
    open_url: str
    move_url: str
    reject_url: str
    tags: list[tuple[str, str]]
    interview: datetime | None
    votes_for: int
    votes_against: int

    @property
    def waits(self) -> str:
        """How long it waits: empty, `long` or `too-long`."""
        if self.application.status == Application.Status.HIRED:
            return ""
        return "too-long" if self.days >= TOO_LONG else "long" if self.days >= LONG else ""


@dataclass(slots=True)
class Column:
    """A stage, how many stand in it, and those who wait longest; `step` leads on: advance, hire or nothing."""

    stage: Stage
    colour: str
    count: int
    following: Stage | None
    cards: list[Card] = field(default_factory=list)

    @property
    def step(self) -> str:
        if self.following is None or self.stage.kind == Stage.Kind.HIRED:
            return ""
        return "hire" if self.following.kind == Stage.Kind.HIRED else "advance"

    @property
    def more(self) -> int:
        return self.count - len(self.cards)

    @property
    def after(self) -> str:
        return place_of(self.cards[-1].application) if self.cards else ""


@dataclass(slots=True)
class Board:
    columns: list[Column]
    closed: list[Application]
    closed_count: int
    tags: list[tuple[int, str]]
    sources: list[str]

    @property
    def count(self) -> int:
        return sum(column.count for column in self.columns)


def board(job: Job, *, user: Any, filters: Filters, now: datetime, with_closed: bool = False) -> Board:
    """The whole board, those who wait longest on top of each column; on demand those who are out of it."""
    stages = list(job.stages.order_by("position"))
    everybody = Application.objects.filter(job=job)
    wanted = everybody.filter(filters.condition)
    counts = _counts(wanted)
    numbered = wanted.filter(status__in=ON_BOARD).annotate(
        number=Window(RowNumber(), partition_by=F("stage_id"), order_by=[F("entered_stage_at").asc(), F("id").asc()])
    )
    first = Application.objects.filter(pk__in=numbered.filter(number__lte=CARDS).values("pk"))
    tags = _tags(job)
    cards = _cards(_with_facts(first, user=user, now=now), tags=tags, now=now)
    columns = {
        stage.pk: Column(
            stage=stage,
            colour=STAGE_COLOURS[Stage.Kind(stage.kind)],
            count=sum(n for (where, status, _), n in counts.items() if where == stage.pk and status in ON_BOARD),
            following=following,
        )
        for stage, following in zip(stages, [*stages[1:], None], strict=True)
    }
    for card in cards:
        columns[card.application.stage_id].cards.append(card)
    offered = counts if not filters else _counts(everybody)
    return Board(
        columns=list(columns.values()),
        closed=list(
            wanted.exclude(status__in=ON_BOARD)
            .select_related("candidate", "stage", "reason", "ended_by")
            .order_by("-ended_at", "-pk")[:CLOSED]
        )
        if with_closed
        else [],
        closed_count=sum(n for (_, status, _), n in counts.items() if status not in ON_BOARD),
        tags=sorted({(key, name) for row in tags.values() for key, name, _ in row}, key=lambda one: one[1].casefold()),
        sources=sorted({source for _, _, source in offered if source}, key=str.casefold),
    )


def further(job: Job, *, stage: Stage, after: str, user: Any, filters: Filters, now: datetime) -> Column:
    """The next cards of one column behind `after`; its `count` is as if the column began there."""
    rows = Application.objects.filter(filters.condition, job=job, stage=stage, status__in=ON_BOARD)
    if place := _place(after):
        entered, key = place
        # The first condition lets the index start at the right place; the second breaks ties.
        rows = rows.filter(Q(entered_stage_at__gte=entered) & (Q(entered_stage_at__gt=entered) | Q(pk__gt=key)))
    here = Application.objects.filter(pk__in=rows.order_by("entered_stage_at", "pk").values("pk")[:CARDS])
    stages = list(job.stages.order_by("position"))
    return Column(
        stage=stage,
        colour=STAGE_COLOURS[Stage.Kind(stage.kind)],
        count=rows.count(),
        following=next((one for one in stages if one.position > stage.position), None),
        cards=_cards(_with_facts(here, user=user, now=now), tags=_tags(job), now=now),
    )


def place_of(application: Application) -> str:
    """Where a card stands in its column, for an address."""
    return f"{application.entered_stage_at.isoformat()}~{application.pk}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    entered, _, key = text.partition("~")
    try:
        return datetime.fromisoformat(entered), UUID(key)
    except ValueError:
        return None


def _counts(rows: QuerySet[Application]) -> Counter[tuple[int, str, str]]:
    """How many by stage, status and source: one query for the heads of columns and for what the filter offers."""
    grouped = rows.order_by().values_list("stage_id", "status", "source").annotate(n=Count("pk"))
    return Counter({(stage, status, source): n for stage, status, source, n in grouped})


def _tags(job: Job) -> dict[UUID, list[tuple[int, str, str]]]:
    """The tags of everybody who is in the pipeline: for their cards, and for what the filter offers."""
    here = Application.objects.filter(job=job, status__in=ON_BOARD).values("candidate")
    rows = CandidateTag.objects.filter(candidate__in=here).order_by("tag__name")
    found: dict[UUID, list[tuple[int, str, str]]] = defaultdict(list)
    for candidate, key, name, colour in rows.values_list("candidate_id", "tag_id", "tag__name", "tag__colour")[
        :TAGS_LOOKED_AT
    ]:
        found[candidate].append((key, name, colour))
    return found


def _with_facts(rows: QuerySet[Application], *, user: Any, now: datetime) -> QuerySet[Any]:
    """The rows with the next interview, and the submitted scorecards for and against that the user may read."""
    coming = Interview.objects.scheduled().filter(application=OuterRef("pk"), starts_at__gt=now).order_by("starts_at")
    cards = Scorecard.objects.visible_to(user).submitted().filter(application=OuterRef("pk")).order_by()

    def votes(said: set[str]) -> Any:
        counted = cards.filter(recommendation__in=said).values("application").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(counted), 0)

    return (
        rows.annotate(
            interview=Subquery(coming.values("starts_at")[:1]), votes_for=votes(FOR), votes_against=votes(AGAINST)
        )
        .select_related("candidate")
        .order_by("entered_stage_at", "pk")
    )


def _cards(rows: QuerySet[Any], *, tags: Mapping[UUID, list[tuple[int, str, str]]], now: datetime) -> list[Card]:
    return [
        Card(
            application=row,
            days=max(0, (now - row.entered_stage_at).days),
            open_url=reverse("admin:jobs_application_change", args=[row.pk]),
            move_url=reverse("admin:jobs_application_move", args=[row.pk]),
            reject_url=reverse("admin:jobs_application_reject", args=[row.pk]),
            tags=[(name, colour) for _, name, colour in tags.get(row.candidate_id, [])],
            interview=row.interview,
            votes_for=row.votes_for,
            votes_against=row.votes_against,
        )
        for row in rows
    ]
