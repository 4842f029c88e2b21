"""How this app's rows follow a person whose record is merged into another."""

from __future__ import annotations

from django.db.models import Q

from candidates.models import moving
from candidates.models.moving import Ledger, Mover, follow
from jobs.models.application import Application, StageTransition
from jobs.models.privacy import RankingOptOut

SAME_PERSON = "The same person has another application for this job, which goes on."


def move_applications(ledger: Ledger) -> None:
    """All of them. Of two active ones for one job the further one goes on and the other ends as withdrawn.

    Further is the later stage, then the earlier application. The end has its transition by who merged, without a
    reason and without a mail: nobody was rejected. Taking the merge back removes the transition and brings the
    application back to where it stood, unless somebody has ended or moved it since.
    """
    both = Application.objects.active().filter(candidate__in=[ledger.kept.pk, ledger.gone.pk])
    by_job: dict[object, list[Application]] = {}
    for one in both.select_for_update(of=("self",)).select_related("stage").order_by("pk"):
        by_job.setdefault(one.job_id, []).append(one)
    for pair in by_job.values():
        if len(pair) == 2:
            pair.sort(key=lambda one: (-one.stage.position, one.applied_at, one.pk))
            _end(pair[1], ledger)
    ledger.hand_over(Application.objects.filter(candidate=ledger.gone))


def _end(one: Application, ledger: Ledger) -> None:
    withdrawn = Application.Status.WITHDRAWN
    ledger.change(one, status=withdrawn, ended_at=ledger.now, ended_by_id=ledger.by.pk)
    ledger.add(
        StageTransition(
            application=one, from_stage=one.stage, to_stage=one.stage, from_status=one.status, to_status=withdrawn,
            note=SAME_PERSON, by=ledger.by, at=ledger.now,
        )
    )  # fmt: skip


def move_optouts(ledger: Ledger) -> None:
    """Who is read without a ranking stays so, under whichever record; what the kept one says already is not moved."""
    rows = RankingOptOut.objects.filter(candidate=ledger.gone)
    theirs = RankingOptOut.objects.standing().filter(candidate=ledger.kept)
    known = set(theirs.values_list("job_id", flat=True))
    again = [one.pk for one in rows.standing() if one.job_id in known]
    ledger.hand_over(rows.exclude(pk__in=again))


def register() -> None:
    def following(one: str, many: str, name: str, *, counted: bool = True, **once: Q) -> Mover:
        model = f"jobs.{name}"
        return Mover(label=(one, many), model=model, move=follow(model, once=once), counted=counted)

    moving.register(
        # Interviews, scorecards, offers and decisions belong to an application and go where it goes.
        Mover(label=("application", "applications"), model="jobs.application", move=move_applications),
        following("note", "notes", "note"),
        following("message", "messages", "message"),
        Mover(label=("opt-out of ranking", "opt-outs of ranking"), model="jobs.rankingoptout", move=move_optouts),
        following("place in a ranking", "places in rankings", "match", counted=False, run=Q()),
        following("report about them", "reports about them", "reportdocument", counted=False),
        following("place in a report", "places in reports", "reportperson", counted=False, document=Q()),
        following("submission of a form", "submissions of a form", "intakesubmission", counted=False),
    )
