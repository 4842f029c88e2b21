"""Asking for somebody's erasure, taking that back while it waits, and agreeing to a colleague's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit import actions as audit
from candidates import retention
from candidates.actions.legal_holds import UnderLegalHold
from candidates.models import Candidate, Erasure, RetentionRule, erasing, holding
from candidates.models.candidate import everybody_of, standing_for
from candidates.models.erasing import Person
from candidates.tasks import run_erasure
from hrassist.lib.errors import Conflict, DomainError, Gone, NotFound
from hrassist.lib.outcomes import Outcome

if TYPE_CHECKING:
    from hrassist.models import User

State, Grounds, Channel = Erasure.State, Erasure.Grounds, Erasure.Channel
# What only serves the erasure itself.
_NOT_TOLD = {"candidates.candidate", "candidates.erasure", "candidates.legalhold"}


class AlreadyErased(Gone):
    """What was held about the person is gone."""

    code = "candidate_erased"
    default_message = "This person was erased. Nothing about them is held any more."


class KeptByLaw(UnderLegalHold):
    """A rule that follows a law says for how long records have to be kept, and that time is not over."""

    code = "kept_by_law"


class NotConfirmable(Conflict):
    """A second person has to agree, and this is not them."""

    code = "second_person"
    default_message = "Somebody else than the one who asked has to agree to this."


@transaction.atomic
def request(
    *,
    candidate: Candidate,
    by: User | None,
    channel: str,
    reason: str,
    now: datetime,
    grounds: str = Grounds.REQUEST,
    wait: timedelta | None = None,
    needs_second: bool = False,
) -> Erasure:
    """Let the person be erased once `wait` is over (settings.ERASURE_WAIT); asked again it is the same request.

    A record that was merged leads to the one that stands for the person: all of them go. `by` is None for the person
    themselves and for rules. Raises NotFound, PermissionDenied, AlreadyErased, UnderLegalHold (KeptByLaw among them).
    """
    root = _locked(candidate.pk, by=by)
    if by is not None and not by.has_perm("candidates.add_erasure"):
        raise PermissionDenied
    if root.erased_at is not None:
        raise AlreadyErased
    people = everybody_of(root.pk)
    if grounds != Grounds.REPLAY and holding.on(people):
        raise UnderLegalHold
    if grounds == Grounds.REQUEST:
        _require_no_minimum(root, now=now)
    standing = Erasure.objects.open().filter(candidate__in=people).first()
    if standing is not None:
        return standing
    erasure = Erasure.objects.create(
        candidate=root,
        grounds=grounds,
        channel=channel,
        reason=reason.strip()[:300],
        requested_by=by,
        requested_at=now,
        needs_second=needs_second,
        run_after=now + (settings.ERASURE_WAIT if wait is None else wait),
        due_at=now + Erasure.WITHIN,
    )
    audit.record(
        "erasure.requested", target=erasure, by=by, subject=root, grounds=grounds, channel=channel, records=len(people)
    )
    if not needs_second:
        _put_off(erasure)
    return erasure


@transaction.atomic
def request_many(*, candidates: Sequence[Candidate], by: User, reason: str, now: datetime) -> list[Erasure]:
    """The same for many people at once, all or none; where two people have to agree, each waits for the second.

    Raises what `request` raises, for the first person it is true of, and PermissionDenied without the right to do this
    to many.
    """
    if not by.has_perm("candidates.bulk_erase"):
        raise PermissionDenied
    if not reason.strip():
        raise DomainError("Say why these people are to be erased.", code="no_reason", fields={"reason": ["Say why."]})
    ordered = sorted(candidates, key=lambda one: one.pk)
    return [
        request(
            candidate=one, by=by, channel=Channel.ADMIN, reason=reason, now=now,
            needs_second=settings.ERASURE_TWO_PEOPLE,
        )
        for one in ordered
    ]  # fmt: skip


@transaction.atomic
def confirm(*, erasure: Erasure, by: User, now: datetime) -> Erasure:
    """Agree to what a colleague asked for; the time to take it back begins now. Raises NotConfirmable, Conflict."""
    if not by.has_perm("candidates.bulk_erase"):
        raise PermissionDenied
    erasure = _own(erasure, by=by)
    if not erasure.needs_second or erasure.confirmed_at is not None or erasure.state != State.WAITING:
        raise Conflict("This does not wait for a second person.", code="erasure_state")
    if erasure.requested_by_id == by.pk:
        raise NotConfirmable
    erasure.confirmed_at, erasure.confirmed_by = now, by
    erasure.run_after, erasure.due_at = now + settings.ERASURE_WAIT, now + Erasure.WITHIN
    erasure.save(update_fields=["confirmed_at", "confirmed_by", "run_after", "due_at"])
    audit.record("erasure.confirmed", target=erasure, by=by, subject=erasure.candidate_id)
    _put_off(erasure)
    return erasure


@transaction.atomic
def cancel(*, erasure: Erasure, by: User | None, now: datetime) -> Erasure:
    """Take the request back while it waits; once it runs nothing brings anything back. Raises NotFound, Conflict."""
    erasure = _own(erasure, by=by)
    if erasure.state != State.WAITING:
        raise Conflict(
            "This erasure is {state} and cannot be taken back.", code="erasure_state",
            state=erasure.get_state_display().lower(),
        )  # fmt: skip
    erasure.move(State.CANCELLED, now=now)
    erasure.cancelled_by, erasure.reason = by, ""
    erasure.save(update_fields=["state", "cancelled_at", "cancelled_by", "reason"])
    audit.record("erasure.cancelled", target=erasure, by=by, subject=erasure.candidate_id)
    return erasure


def _require_no_minimum(root: Candidate, *, now: datetime) -> None:
    rules = retention.rules()
    if not any(rule.effect == RetentionRule.Effect.AT_LEAST for rule in rules):
        return
    for timeline in retention.timelines([root.pk]):
        least = retention.minimum(timeline, rules)
        if least is not None and least.due is not None and least.due > now:
            raise KeptByLaw(
                "A law asks to keep this person's records until {day} (GDPR Art. 17(3)(b)). Nothing was removed. The "
                "rules erase them by themselves after that.",
                day=f"{least.due:%-d %B %Y}",
            )


def require_there(candidate_id: UUID, *, by: User) -> None:
    """Raise AlreadyErased, with the day, for somebody whom `by` saw until they were erased."""
    gone = Candidate.objects.erased_before(by).filter(pk=candidate_id).values_list("erased_at", flat=True).first()
    if gone is not None:
        raise AlreadyErased(
            "This person was erased on {day}. Nothing about them is held any more.", day=f"{gone:%-d %B %Y}"
        )


def _locked(candidate_id: UUID, *, by: User | None) -> Candidate:
    """The record that stands for the person, locked: against a merge, an upload or another request at this moment."""
    root = standing_for({candidate_id}).get(candidate_id, candidate_id)
    row = Candidate.objects.select_for_update(of=("self",), no_key=True).filter(pk=root).first()
    if row is not None and row.merged_into_id is not None:
        raise Conflict("The record was merged at this moment. Ask again.", code="candidate_merged")
    if row is None or (by is not None and not _known_to(by, row)):
        raise NotFound
    return row


def _known_to(by: User, row: Candidate) -> bool:
    people = Candidate.objects.visible_to(by) if row.erased_at is None else Candidate.objects.erased_before(by)
    return people.filter(pk=row.pk).exists()


def _own(erasure: Erasure, *, by: User | None) -> Erasure:
    rows = Erasure.objects.all() if by is None else Erasure.objects.visible_to(by)
    found = rows.select_for_update(of=("self",)).filter(pk=erasure.pk).first()
    if found is None:
        raise NotFound
    if by is not None and not by.has_perm("candidates.add_erasure"):
        raise PermissionDenied
    return found


def _put_off(erasure: Erasure) -> None:
    run_erasure.configure(schedule_at=erasure.run_after).defer(erasure_id=str(erasure.pk))


def request_of_keys(*, keys: Sequence[UUID], reason: str, by: User, now: datetime) -> Outcome:
    """The same of a list, each by itself: whoever cannot be erased is told with the reason, and stays."""
    if not by.has_perm("candidates.bulk_erase"):
        raise PermissionDenied
    done = Outcome()
    for one in Candidate.objects.visible_to(by).filter(pk__in=keys).order_by("pk"):
        try:
            with transaction.atomic():
                request(
                    candidate=one, by=by, channel=Channel.ADMIN, reason=reason, now=now,
                    needs_second=settings.ERASURE_TWO_PEOPLE,
                )  # fmt: skip
        except DomainError as error:
            done.refused.append((one.pk, error.message))
        else:
            done.changed.append(one.pk)
    return done


def wait() -> timedelta:
    """How long a request can be taken back."""
    return settings.ERASURE_WAIT


def preview(candidate: Candidate) -> dict[str, Any]:
    """What an erasure would remove, and what would stay and why; nothing is changed."""
    people = everybody_of(candidate.pk)
    person = Person(ids=people, erasure_id=candidate.pk, now=candidate.updated_at)
    goes: list[tuple[str, int, str]] = []
    stays: list[tuple[str, int, str]] = []
    counts = erasing.counts_of(person)
    for one in reversed(erasing.registered()):
        if (count := counts[one.model]) and one.model not in _NOT_TOLD:
            (goes if one.delete else stays).append((one.label(count), count, one.why))
    return {"records": len(people), "goes": goes, "stays": stays, "files": len(erasing.keys_of(person))}
