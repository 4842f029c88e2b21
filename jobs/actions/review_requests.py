"""A decision looked at again because the person asks for it, by somebody who did not take it; answered by mail."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification
from jobs.actions import applications, messages
from jobs.models import Application, HiringTeamMember, ReviewRequest

if TYPE_CHECKING:
    from hrassist.models import User

State = ReviewRequest.State
ANSWERED_WITHIN = timedelta(days=30)
AGAIN_AFTER = timedelta(days=30)


class SamePerson(Conflict):
    """Who took the decision does not review it."""

    code = "own_decision"
    default_message = "You took this decision. Somebody else has to look at it again."


@transaction.atomic
def ask(*, application: Application, channel: str, message: str, now: datetime) -> ReviewRequest:
    """Let a person look again; asked again while it is open it is the same request. Raises Conflict."""
    row = Application.objects.select_for_update(of=("self",)).select_related("job", "candidate").get(pk=application.pk)
    open_one = ReviewRequest.objects.open().filter(application=row).first()
    if open_one is not None:
        return open_one
    if ReviewRequest.objects.filter(application=row, answered_at__gt=now - AGAIN_AFTER).exists():
        raise Conflict("We have answered this within the past month. Write to us if something is new.",
                       code="review_answered")  # fmt: skip
    try:
        with transaction.atomic():
            made = ReviewRequest.objects.create(
                application=row, channel=channel, message=message.strip()[:1000], asked_at=now,
                due_at=now + ANSWERED_WITHIN,
            )  # fmt: skip
    except IntegrityError:
        return ReviewRequest.objects.open().get(application=row)
    audit.record("review.asked", target=made, subject=row.candidate_id, job=row.job_id, channel=channel)
    team = row.job.team.filter(role__in=[HiringTeamMember.Role.RECRUITER, HiringTeamMember.Role.HIRING_MANAGER])
    notifications.tell(
        users=[one.user for one in team.select_related("user")],
        kind=Notification.Kind.APPLICATION,
        text=f"{row.candidate} asks that a person looks again: {row.job}",
        url=reverse("admin:jobs_reviewrequest_change", args=[made.pk]),
        now=now,
        subject=row.candidate_id,
        job=row.job_id,
    )
    return made


def may_answer(user: User) -> bool:
    return user.has_perm("jobs.change_reviewrequest") and user.has_perm("jobs.change_application")


@transaction.atomic
def answer(*, request: ReviewRequest, changes: bool, text: str, by: User, now: datetime) -> ReviewRequest:
    """Say what came of it, by mail where there is an address; `changes` brings a rejected application back.

    Raises NotFound, PermissionDenied, SamePerson for whoever took the decision, Conflict where it was answered,
    DomainError without a text.
    """
    if not may_answer(by):
        raise PermissionDenied
    rows = (
        ReviewRequest.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("application__job", "application__candidate")
    )
    row = rows.filter(pk=request.pk).first()
    if row is None:
        raise NotFound
    if row.state != State.OPEN:
        raise Conflict("Somebody has answered this already.", code="review_answered")
    if not text.strip():
        raise DomainError("Write what the person is told.", code="no_answer", fields={"text": ["Write an answer."]})
    application = row.application
    if application.ended_by_id == by.pk:
        raise SamePerson
    if changes and application.status in {Application.Status.REJECTED, Application.Status.WITHDRAWN}:
        applications.unreject(application=application, by=by, now=now, note="After a review that was asked for.")
    row.state = State.CHANGED if changes else State.UPHELD
    row.answer, row.answered_at, row.answered_by = text.strip()[:2000], now, by
    row.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    audit.record("review.answered", target=row, by=by, subject=application.candidate_id, job=application.job_id,
                 changed=changes)  # fmt: skip
    with suppress(messages.NoAddress):
        messages.queue(
            candidate=application.candidate, application=application, by=by, now=now,
            subject=f"{settings.COMPANY_NAME}: your request to look at a decision again", body=row.answer,
        )  # fmt: skip
    return row
