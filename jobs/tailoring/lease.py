"""Who works on a run: one worker at a time, for as long as it says that it lives."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from jobs.models.tailoring import TailoringRun, TailoringStep
from jobs.tailoring import budget

State = TailoringRun.State
# Asking more often whether somebody cancelled would cost a statement for each piece of text.
ASK_SECONDS = 0.5


class Lost(Exception):
    """Another worker has the run, or it is not running any more."""


class Cancelled(Exception):
    """Somebody asked for the run to stop."""


class Lease:
    """The right to write a run; `keep` prolongs it and raises Lost or Cancelled."""

    def __init__(self, run: TailoringRun, token: UUID) -> None:
        self.run, self.token = run, token
        self._asked_at = 0.0

    def keep(self, *, at_once: bool = False) -> None:
        if not at_once and time.monotonic() - self._asked_at < ASK_SECONDS:
            return
        self._asked_at = time.monotonic()
        mine = TailoringRun.objects.filter(pk=self.run.pk, lease_token=self.token, state=State.RUNNING)
        if not mine.update(lease_until=timezone.now() + TailoringRun.LEASE):
            raise Lost
        if mine.filter(cancel_asked_at__isnull=False).exists():
            raise Cancelled


@transaction.atomic
def take(run_id: UUID, *, now: datetime) -> Lease | None:
    """Take a run that waits, or one whose worker has died; None for any other."""
    run = TailoringRun.objects.select_for_update(of=("self",)).filter(pk=run_id).first()
    if run is None:
        return None
    if run.state == State.QUEUED:
        run.move(State.RUNNING, now=now)
    elif not run.is_stalled(now=now):
        return None
    run.lease_token, run.lease_until = uuid4(), now + TailoringRun.LEASE
    run.attempt += 1
    run.started_at = run.started_at or now
    run.failed_for = run.message = ""
    run.save()
    # What a dead worker left half done begins anew.
    run.steps.filter(state=TailoringStep.State.RUNNING).update(state=TailoringStep.State.WAITING)
    budget.let_go(run)
    assert run.lease_token is not None  # noqa: S101
    return Lease(run, run.lease_token)
