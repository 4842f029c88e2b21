"""What interviewers write down: begun, kept as a draft, submitted once, and never changed after that.

A submitted card stays as it is: whoever submits may read the others' cards from then on, and a judgement that could be
changed after reading them would not be one's own. A correction is a note on the application.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.models import (
    Application,
    Interview,
    Interviewer,
    Scorecard,
    ScorecardAttribute,
    ScorecardRating,
)
from jobs.models.scorecard import NO_CARD_DUE

if TYPE_CHECKING:
    from uuid import UUID

    from hrassist.models import User

DUE_AFTER = timedelta(hours=1)
# Older ones are nobody's task any more: the periodic look does not go back further.
DUE_WITHIN = timedelta(days=3)
LONGEST_TEXT = 10_000


class Submitted(Conflict):
    """The card is in."""

    code = "scorecard_submitted"
    default_message = "This scorecard is submitted and stays as it is. Write a note on the application instead."


class CardChanged(Conflict):
    """Another window saved the card since this one read it."""

    code = "scorecard_changed"
    default_message = "This scorecard was saved in another window. Copy what you need from here and load it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What stands on the card: ratings and notes by the attribute's primary key."""

    recommendation: str = ""
    takeaways: str = ""
    private_note: str = ""
    ratings: Mapping[int, int | None] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)


@transaction.atomic
def save(
    *,
    application: Application,
    said: Said,
    by: User,
    now: datetime,
    interview: Interview | None = None,
    expected_updated_at: datetime | None = None,
) -> Scorecard:
    """Keep a draft; the first time it makes the card. `expected_updated_at` is None for whoever saw no card yet.

    Raises Submitted, CardChanged, DomainError.
    """
    card = _own(application, interview, by=by, expected_updated_at=expected_updated_at)
    if card is None:
        card = Scorecard.objects.create(application=application, interview=interview, by=by, created_at=now)
        audit.record("scorecard.begun", target=card, by=by, subject=application.candidate_id, job=application.job_id)
    _write(card, said)
    return card


@transaction.atomic
def submit(
    *,
    application: Application,
    said: Said,
    by: User,
    now: datetime,
    interview: Interview | None = None,
    expected_updated_at: datetime | None = None,
) -> Scorecard:
    """Hand the card in for good, once the interview has begun. Raises what `save` raises."""
    if interview is not None and interview.starts_at > now:
        raise Conflict("This interview has not begun yet. Your draft is kept until then.", code="interview_not_begun")
    if said.recommendation not in Scorecard.Recommendation.values:
        raise DomainError("Choose a recommendation before you submit.", code="no_recommendation",
                          fields={"recommendation": ["Choose one."]})  # fmt: skip
    card = save(
        application=application, said=said, by=by, now=now, interview=interview,
        expected_updated_at=expected_updated_at,
    )  # fmt: skip
    card.submitted_at = now
    card.save(update_fields=["submitted_at", "updated_at"])
    # The record says that it was submitted, not what it says: others may read the record before they submit theirs.
    audit.record("scorecard.submitted", target=card, by=by, subject=application.candidate_id, job=application.job_id,
                 interview=interview.pk if interview else None)  # fmt: skip
    if interview is not None:
        notifications.tell(
            users=[interview.created_by], kind=Notification.Kind.INTERVIEW, now=now, by=by,
            text=f"{by.display_name} submitted a scorecard about {application.candidate.full_name}",
            url=reverse("admin:jobs_application_scorecards", args=[application.pk]),
            subject=application.candidate_id, job=application.job_id,
        )  # fmt: skip
    return card


@transaction.atomic
def discard(*, card: Scorecard, by: User, now: datetime) -> None:
    """Throw one's own draft away. Raises Submitted, DomainError."""
    del now
    card = Scorecard.objects.select_for_update(of=("self",)).select_related("application").get(pk=card.pk)
    if card.by_id != by.pk:
        raise DomainError("Only its writer can throw a draft away.", code="not_yours")
    if card.submitted_at is not None:
        raise Submitted
    audit.record("scorecard.discarded", target=card, by=by, subject=card.application.candidate_id,
                 job=card.application.job_id)  # fmt: skip
    card.ratings.all().delete()
    card.delete()


def owing(**narrowed: object) -> QuerySet[Interviewer]:
    """Interviewers whose interview has begun or is to come and whose card is not in."""
    theirs = Scorecard.objects.filter(interview=OuterRef("interview"), by=OuterRef("user"), submitted_at__isnull=False)
    return (
        Interviewer.objects.exclude(interview__status__in=NO_CARD_DUE)
        .exclude(Exists(theirs))
        .filter(**narrowed)
        .select_related("user", "interview__application__candidate", "interview__application__job")
        .order_by("interview__starts_at", "pk")
    )


@transaction.atomic
def nudge(*, interviewer: Interviewer, by: User, now: datetime) -> None:
    """Remind one interviewer by hand, at most once an hour. Raises Conflict."""
    one = owing(pk=interviewer.pk).select_for_update(of=("self",)).first()
    if one is None or one.interview.ends_at > now:
        raise Conflict("No scorecard is due from them.", code="nothing_due")
    if one.reminded_at is not None and one.reminded_at > now - DUE_AFTER:
        raise Conflict("They were reminded less than an hour ago.", code="just_reminded")
    _remind(one, by=by, now=now)
    audit.record("scorecard.nudged", target=one.interview, by=by, subject=one.interview.application.candidate_id,
                 job=one.interview.application.job_id, user=one.user_id)  # fmt: skip


def remind_all(*, now: datetime) -> int:
    """Remind everybody whose interview ended an hour ago and whose card is not in, each once; gives how many."""
    due = owing(
        interview__ends_at__lte=now - DUE_AFTER,
        interview__starts_at__gt=now - DUE_WITHIN,
        reminded_at__isnull=True,
    )
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            one = due.filter(pk=pk).select_for_update(of=("self",), skip_locked=True).first()
            if one is not None:
                _remind(one, by=None, now=now)
                count += 1
    return count


def _remind(one: Interviewer, *, by: User | None, now: datetime) -> None:
    one.reminded_at = now
    one.save(update_fields=["reminded_at"])
    notifications.tell(
        users=[one.user], kind=Notification.Kind.SCORECARD_DUE, now=now, by=by,
        text=f"Your scorecard about {one.interview.application.candidate.full_name} is due: {one.interview.title}",
        url=reverse("admin:jobs_interview_scorecard", args=[one.interview_id]),
        subject=one.interview.application.candidate_id,
    )  # fmt: skip


def _own(
    application: Application, interview: Interview | None, *, by: User, expected_updated_at: datetime | None
) -> Scorecard | None:
    """The card that this person may write on, locked; None where there is none yet. Raises Submitted, CardChanged."""
    if interview is not None:
        interview = Interview.objects.select_for_update(of=("self",)).get(pk=interview.pk)
        _require_card_of(interview, application.pk, by=by)
    else:
        # Two windows that begin at once must not make two cards.
        Application.objects.select_for_update(no_key=True).get(pk=application.pk)
    card = (
        Scorecard.objects.select_for_update(of=("self",))
        .filter(application=application, interview=interview, by=by)
        .order_by("created_at")
        .last()
    )
    if card is not None and card.submitted_at is not None:
        raise Submitted
    if card is not None and card.updated_at != expected_updated_at:
        raise CardChanged
    return card


def _require_card_of(interview: Interview, application_pk: UUID, *, by: User) -> None:
    if interview.application_id != application_pk:
        raise DomainError("This interview is about another application.", code="bad_interview")
    if interview.status in NO_CARD_DUE:
        raise Conflict("Nobody met the person in this interview, so there is nothing to rate.", code="interview_status")
    if not interview.interviewers.filter(user=by.pk).exists():
        raise DomainError("Only its interviewers rate an interview.", code="not_an_interviewer")


def _write(card: Scorecard, said: Said) -> None:
    if said.recommendation and said.recommendation not in Scorecard.Recommendation.values:
        raise DomainError("This is not one of the recommendations.", code="bad_recommendation")
    attributes: Sequence[ScorecardAttribute] = list(
        ScorecardAttribute.objects.filter(job=card.application.job_id, pk__in={*said.ratings, *said.notes})
    )
    for value in said.ratings.values():
        if value is not None and value not in {1, 2, 3, 4}:
            raise DomainError("A rating is a number from 1 to 4.", code="bad_rating")
    card.recommendation = said.recommendation
    card.takeaways, card.private_note = said.takeaways.strip()[:LONGEST_TEXT], said.private_note.strip()[:LONGEST_TEXT]
    card.save(update_fields=["recommendation", "takeaways", "private_note", "updated_at"])
    ScorecardRating.objects.bulk_create(
        [
            ScorecardRating(
                scorecard=card, attribute=one, rating=said.ratings.get(one.pk), note=said.notes.get(one.pk, "")[:500]
            )
            for one in attributes
        ],
        update_conflicts=True,
        unique_fields=["scorecard", "attribute"],
        update_fields=["rating", "note"],
    )
