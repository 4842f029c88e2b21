"""What reviewers decide: the verdict, the step that goes with it, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import applications, steps
from jobs.models import Application, HumanDecision, Match, RejectionReason, Stage

if TYPE_CHECKING:
    from hrassist.models import User

Verdict = HumanDecision.Verdict


class AlreadyUndone(Conflict):
    """The decision does not stand any more."""

    code = "already_undone"
    default_message = "This decision was taken back already."


@transaction.atomic
def decide(
    *,
    application: Application,
    verdict: str,
    by: User,
    now: datetime,
    expected_stage: Stage | None = None,
    reason: RejectionReason | None = None,
    note: str = "",
    match: Match | None = None,
) -> HumanDecision:
    """Keep a reviewer's verdict: a shortlisted application takes its next step, a rejected one ends with the reason.

    It replaces one's own earlier verdict. `match` is the place in a ranking that lay before the reviewer.
    """
    application = steps.locked(application, expected_stage=expected_stage)
    steps.require_active(application)
    if match is not None and match.candidate_id != application.candidate_id:
        raise DomainError("This place in a ranking is somebody else's.", code="bad_match")
    common: dict[str, Any] = {"by": by, "now": now, "note": note[:500]}
    moved = False
    match verdict:
        case Verdict.SHORTLIST:
            if following := steps.following(application):
                steps.to_stage(application, following, action="application.advanced", **common)
                moved = True
        case Verdict.REJECT:
            if reason is None:
                raise DomainError("Choose a reason: the person may ask for it.", code="no_reason")
            steps.end(application, Application.Status.REJECTED, reason, **common)
            moved = True
        case Verdict.MAYBE:
            pass
        case _:
            raise DomainError("A verdict is shortlist, maybe or reject.", code="bad_verdict")
    HumanDecision.objects.standing().filter(application=application, by=by).update(undone_at=now)
    decision = HumanDecision.objects.create(
        application=application, verdict=verdict, reason=reason if verdict == Verdict.REJECT else None,
        note=note.strip()[:500], match=match, moved=moved, by=by, at=now,
    )  # fmt: skip
    audit.record(
        "application.decided", target=application, by=by, subject=application.candidate_id, job=application.job_id,
        verdict=verdict, moved=moved, reason=decision.reason_id, match=match.pk if match else None,
        run=str(match.run_id) if match else None,
    )  # fmt: skip
    return decision


@transaction.atomic
def undo(*, decision: HumanDecision, by: User, now: datetime) -> HumanDecision:
    """Take back one's own verdict, and with it the step it made. Raises Moved when something followed that step."""
    application = steps.locked(decision.application)
    decision = HumanDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk, by=by)
    if decision.undone_at is not None:
        raise AlreadyUndone
    if decision.moved:
        step = application.transitions.filter(by=by, at=decision.at).order_by("-pk").first()
        steps.take_back(application, by=by, now=now, step=step.pk if step else None)
    decision.undone_at = now
    decision.save(update_fields=["undone_at"])
    audit.record(
        "application.decision_undone", target=application, by=by, subject=application.candidate_id,
        job=application.job_id, verdict=decision.verdict, moved=decision.moved,
    )  # fmt: skip
    return decision


@transaction.atomic
def choose(*, match: Match, verdict: str, by: User, now: datetime, note: str = "") -> HumanDecision:
    """Decide on somebody in a ranking, whatever their place says; who is not in the pipeline yet is put there first."""
    if verdict == Verdict.REJECT:
        raise DomainError("Nobody is rejected from a ranking. Open the application for that.", code="bad_verdict")
    job = match.run.job
    application = Application.objects.active().filter(candidate=match.candidate_id, job=job).first()
    if application is None:
        application = applications.apply(candidate=match.candidate, job=job, by=by, now=now, source="ranking")
    return decide(application=application, verdict=verdict, by=by, now=now, note=note, match=match)
