"""The pipeline of a job as columns of cards, in three queries however many people there are."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from jobs.admin.badges import STAGE_COLOURS
from jobs.models import Application, Job, Stage

CARDS = 30


@dataclass(slots=True)
class Column:
    """A stage, how many stand in it, and the newest of them; `following` is where the next step leads."""

    stage: Stage
    colour: str
    count: int
    following: Stage | None
    cards: list[Application] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


def columns(job: Job) -> list[Column]:
    stages = list(job.stages.order_by("position"))
    active = Application.objects.active().filter(job=job)
    counts = dict(active.order_by().values_list("stage").annotate(n=Count("pk")))
    board = {
        stage.pk: Column(
            stage=stage,
            colour=STAGE_COLOURS[Stage.Kind(stage.kind)],
            count=counts.get(stage.pk, 0),
            following=following,
        )
        for stage, following in zip(stages, [*stages[1:], None], strict=True)
    }
    newest = active.annotate(
        number=Window(RowNumber(), partition_by=F("stage_id"), order_by=[F("applied_at").desc(), F("id").desc()])
    ).filter(number__lte=CARDS)
    for card in newest.select_related("candidate").order_by("-applied_at", "-pk"):
        if card.stage_id in board:
            board[card.stage_id].cards.append(card)
    return list(board.values())
