"""What this app holds about a person, for the privacy tab of their page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hrassist.admin import holdings
from hrassist.admin.holdings import Ground, Grounds, Holding
from jobs.models import (
    Application,
    HumanDecision,
    IntakeSubmission,
    Interview,
    Match,
    MatchRun,
    Message,
    Note,
    Scorecard,
)


def _applications(user: Any, candidate: Any) -> Iterator[Ground]:
    rows = Application.objects.visible_to(user).active().filter(candidate=candidate)
    for one in rows.select_related("job"):
        yield Ground(label="Application in process", detail=one.job.title, since=one.applied_at)


def _consents(user: Any, candidate: Any) -> Iterator[Ground]:
    rows = IntakeSubmission.objects.visible_to(user).filter(candidate=candidate)
    for one in rows.select_related("job", "link"):
        yield Ground(
            label="Consent given with an application",
            detail=f"{one.job.title}, through {one.link.label}",
            since=one.consented_at,
        )


holdings.add(
    Grounds(permission="jobs.view_application", find=_applications),
    Grounds(permission="jobs.view_intakesubmission", find=_consents),
    *(
        Holding(label=label, permission=permission, rows=rows, order=order)
        for order, (label, permission, rows) in enumerate(
            (
                (
                    "Applications",
                    "jobs.view_application",
                    lambda user, one: Application.objects.visible_to(user).filter(candidate=one),
                ),
                (
                    "Interviews",
                    "jobs.view_interview",
                    lambda user, one: Interview.objects.visible_to(user).filter(application__candidate=one),
                ),
                (
                    "Scorecards",
                    "jobs.view_scorecard",
                    lambda user, one: Scorecard.objects.visible_to(user).filter(application__candidate=one),
                ),
                (
                    "Decisions in review",
                    "jobs.view_humandecision",
                    lambda user, one: HumanDecision.objects.visible_to(user).filter(application__candidate=one),
                ),
                (
                    "Messages",
                    "jobs.view_message",
                    lambda user, one: Message.objects.visible_to(user).filter(candidate=one),
                ),
                (
                    "Notes",
                    "jobs.view_note",
                    lambda user, one: Note.objects.visible_to(user).there().filter(candidate=one),
                ),
                (
                    "Places in your rankings",
                    "jobs.view_match",
                    lambda user, one: Match.objects.filter(candidate=one, run__in=MatchRun.objects.visible_to(user)),
                ),
            ),
            start=30,
        )
    ),
)
