"""The rules of how long people are kept: changing them, seeing what they would do, and doing it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit import actions as audit
from candidates import erasure, retention
from candidates.actions import erasures
from candidates.actions.legal_holds import UnderLegalHold
from candidates.models import Candidate, RetentionDue, RetentionRule, erasing
from candidates.retention import Rule, Timeline, Verdict
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError, NotFound, Unavailable
from hrassist.models import Notification, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

# What the pages tell ahead, and when whoever answers for a person is told.
AHEAD, REMINDED = timedelta(days=30), timedelta(days=14)
FACTS = ("name", "effect", "clock", "country", "job_ref", "job_status", "months", "source", "active")
STARTS = {
    "rejected": "the application was rejected",
    "withdrawn": "the application was withdrawn",
    "hired": "the person was hired",
    "pool": "the person joined a talent pool",
    "prospect": "the person came, or was last in touch,",
    "last_contact": "the last contact was",
}
# A page that judges more people than this would keep somebody waiting.
JUDGED_AT_ONCE = 20_000
PRACTICE = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody who falls due, and by what."""

    timeline: Timeline
    verdict: Verdict

    @property
    def person(self) -> UUID:
        return self.timeline.person


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did, or would do: who goes, who is past due and held, and who could not be finished at once."""

    removed: tuple[UUID, ...]
    held: tuple[UUID, ...]
    later: tuple[UUID, ...] = ()


class Owners(Protocol):
    """Of these people, who besides those who added them answers for them."""

    def __call__(self, people: Sequence[UUID]) -> Iterable[tuple[UUID, User]]: ...


_owners: list[Owners] = []


def owned_by(owners: Owners) -> None:
    """Let an app tell who answers for people; the same one again changes nothing."""
    if owners not in _owners:
        _owners.append(owners)


def falling_due(*, until: datetime, rules: Sequence[Rule] | None = None, people: Sequence[UUID] | None = None
                ) -> Iterator[Due]:  # fmt: skip
    """Everybody whose time is over by then, held or not: the one place that run, dry run and pages ask."""
    given = retention.rules() if rules is None else rules
    for timeline in retention.timelines(people):
        verdict = retention.judge(timeline, given)
        if verdict.is_due(now=until):
            yield Due(timeline, verdict)


def verdict_of(candidate: Candidate) -> Due | None:
    """When this person falls due, and why; None for a record that does not stand for somebody."""
    for timeline in retention.timelines([candidate.pk]):
        return Due(timeline, retention.judge(timeline, retention.rules()))
    return None


def in_words(due: Due) -> str:
    """Why that is the date: "because the application for … ended on …: rejected applicants, 6 months"."""
    verdict, fact = due.verdict, due.verdict.fact
    if verdict.due is None:
        return "something goes on that has no end yet, or no rule speaks of it"
    rule = RetentionRule.objects.filter(pk=verdict.rule.id).first() if verdict.rule else None
    since = f"{fact.since:%-d %B %Y}" if fact else ""
    began = STARTS.get(fact.clock, "") if fact else ""
    if rule is None:
        return f"{began} on {since}, and was agreed for no longer"
    months = "month" if rule.months == 1 else "months"
    least = ", which a law asks for" if rule.effect == RetentionRule.Effect.AT_LEAST else ""
    return f"{began} on {since}: {rule.name}, {rule.months} {months}{least}"


def apply(*, now: datetime, dry_run: bool = False) -> Applied:
    """Erase everybody whose time is over and whom no hold keeps. The dry run names the same people and does nothing.

    Each is judged once more under lock, so that somebody who applied a second ago stays.
    """
    over = list(falling_due(until=now))
    held = tuple(one.person for one in over if one.timeline.held)
    free = [one for one in over if not one.timeline.held]
    if dry_run:
        return Applied(removed=tuple(one.person for one in free), held=held)
    removed, later = [], []
    for one in free:
        try:
            asked = _ask(one, now=now)
        except (UnderLegalHold, erasures.AlreadyErased, NotFound, Conflict):
            continue
        if asked is None:
            continue
        removed.append(one.person)
        try:
            erasure.run(asked)
        except erasure.Later:
            # The rows are gone; the second look comes a few seconds later, from the queue.
            continue
        except Unavailable:
            later.append(one.person)
        except Exception:
            # One person who cannot be erased must not keep all others.
            logger.exception("erasure %s broke off", asked)
            later.append(one.person)
    audit.record("retention.applied", removed=len(removed), held=len(held), later=len(later))
    return Applied(removed=tuple(removed), held=held, later=tuple(later))


@transaction.atomic
def _ask(one: Due, *, now: datetime) -> UUID | None:
    row = Candidate.objects.select_for_update(of=("self",), no_key=True).filter(pk=one.person).first()
    if row is None or not any(True for _ in falling_due(until=now, people=[one.person])):
        return None
    grounds, channel = erasures.Grounds.RETENTION, erasures.Channel.RETENTION
    made = erasures.request(
        candidate=row, by=None, channel=channel, reason="", now=now, grounds=grounds, wait=timedelta(0)
    )
    rule = one.verdict.rule
    audit.record(
        "retention.fell_due", subject=row, target=made, rule=str(rule.id) if rule else None,
        clock=one.verdict.fact.clock if one.verdict.fact else "",
    )  # fmt: skip
    # Of somebody who asked for it themselves the request may still wait; their time is over in any case.
    type(made).objects.filter(pk=made.pk, run_after__gt=now, needs_second=False).update(run_after=now)
    return made.pk


def forget_leftovers(*, now: datetime) -> dict[str, int]:
    """Remove what belongs to nobody once the time of people without application is over; gives {what: how many}."""
    months = [rule.months for rule in retention.rules() if (rule.effect, rule.clock) == ("at_most", "prospect")]
    if not months:
        return {}
    counts: dict[str, int] = {}
    for remove in erasing.leftovers():
        counts |= remove(retention.shift(now, -max(months)))
    found = {what: count for what, count in counts.items() if count}
    if found:
        audit.record("retention.leftovers_removed", removed=found)
    return found


@transaction.atomic
def forecast(*, now: datetime) -> int:
    """Keep who falls due within the next weeks, for the pages and the reminders; gives how many."""
    told = dict(RetentionDue.objects.filter(reminded_for__isnull=False).values_list("pk", "reminded_for"))
    found = [_row(one, now=now, reminded_for=told.get(one.person)) for one in falling_due(until=now + AHEAD)]
    RetentionDue.objects.all().delete()
    RetentionDue.objects.bulk_create(found, batch_size=PRACTICE)
    return len(found)


def _row(one: Due, *, now: datetime, reminded_for: datetime | None) -> RetentionDue:
    verdict = one.verdict
    if verdict.due is None or verdict.fact is None:
        raise ValueError("who falls due has a date and a fact")
    return RetentionDue(
        candidate_id=one.person,
        due_at=verdict.due,
        rule_id=verdict.rule.id if verdict.rule else None,
        clock=verdict.fact.clock,
        since=verdict.fact.since,
        held=one.timeline.held,
        found_at=now,
        reminded_for=reminded_for,
    )


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell each owner once, two weeks ahead, how many of their people fall due; gives how many owners were told."""
    rows = RetentionDue.objects.select_for_update(of=("self",)).filter(due_at__lte=now + REMINDED, held=False)
    fresh = [one for one in rows.select_related("candidate__created_by") if one.reminded_for != one.due_at]
    mine: dict[User, list[RetentionDue]] = {}
    by_person = {one.pk: one for one in fresh}
    pairs = [(one.pk, one.candidate.created_by) for one in fresh if one.candidate.created_by is not None]
    for source in _owners:
        pairs += list(source(list(by_person)))
    for person, owner in pairs:
        rows_of = mine.setdefault(owner, [])
        if by_person[person] not in rows_of:
            rows_of.append(by_person[person])
    told = 0
    for owner, people in mine.items():
        first = min(one.due_at for one in people)
        count = f"{len(people)} people" if len(people) > 1 else "1 person"
        told += len(
            notifications.tell(
                users=[owner] if owner.has_perm("candidates.view_retentiondue") else [],
                kind=Notification.Kind.PRIVACY,
                text=f"{count} of yours will be erased by the rules, the first on {first:%-d %B %Y}.",
                url=reverse("admin:retention_due") + "?mine=1",
                now=now,
            )
        )
    RetentionDue.objects.bulk_update([_told(one) for one in fresh], ["reminded_for"], batch_size=PRACTICE)
    return told


def _told(one: RetentionDue) -> RetentionDue:
    one.reminded_for = one.due_at
    return one


# --- Rules ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_rule(
    *, rule: RetentionRule | None, by: User, facts: Mapping[str, Any], now: datetime,
    expected_updated_at: datetime | None = None,
) -> RetentionRule:  # fmt: skip
    """Add a rule or change one. Raises PermissionDenied, Conflict for a case that has one or one that was changed."""
    if not by.has_perm(f"candidates.{'add' if rule is None else 'change'}_retentionrule"):
        raise PermissionDenied
    row = RetentionRule(created_at=now) if rule is None else RetentionRule.objects.select_for_update().get(pk=rule.pk)
    if rule is not None and expected_updated_at is not None and row.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this rule since you read it. Read it again.", code="rule_changed")
    if "name" in facts and not str(facts["name"]).strip():
        raise DomainError("Give the rule a name.", code="no_name", fields={"name": ["This must not be empty."]})
    changed = [name for name in FACTS if name in facts and getattr(row, name) != facts[name]]
    for name in changed:
        setattr(row, name, facts[name])
    row.changed_by = by
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(
            "Another rule in force speaks of the same case. Change that one, or switch it off first.",
            code="rule_exists",
        ) from error
    plain = {name: str(getattr(row, name)) for name in changed if name not in {"name", "source"}}
    audit.record("retention_rule.changed" if rule else "retention_rule.added", target=row, by=by, **plain)
    return row


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of the rules would do: how many are over at once and within the next weeks, before and after.

    `judged` of `people` were looked at, the oldest records first; where they are fewer, the counts are of those alone.
    """

    before: int
    after: int
    soon_before: int
    soon_after: int
    judged: int
    people: int


def preview(*, rule_id: UUID | None, facts: Mapping[str, Any], now: datetime) -> Preview:
    """What these facts of a rule would do to the people who are here now; nothing is changed."""
    rules = retention.rules()
    other = [one for one in rules if one.id != rule_id]
    changed = Rule(
        id=rule_id or uuid4(), effect=facts["effect"], clock=facts["clock"], months=facts["months"],
        country=facts.get("country", ""), job=facts.get("job_ref"), job_status=facts.get("job_status", ""),
    )  # fmt: skip
    new = [*other, changed] if facts.get("active", True) else other
    everybody = Candidate.objects.filter(merged_into__isnull=True, erased_at__isnull=True)
    judged = list(_some(everybody))
    over, soon = [0, 0], [0, 0]
    for timeline in retention.timelines(judged):
        for place, given in enumerate((rules, new)):
            due = retention.judge(timeline, given).due
            over[place] += due is not None and due <= now
            soon[place] += due is not None and now < due <= now + AHEAD
    return Preview(
        before=over[0], after=over[1], soon_before=soon[0], soon_after=soon[1], judged=len(judged),
        people=everybody.count(),
    )  # fmt: skip


def _some(everybody: QuerySet[Candidate]) -> Iterator[UUID]:
    """The oldest: it is they who fall due."""
    yield from everybody.order_by("pk").values_list("pk", flat=True)[:JUDGED_AT_ONCE]
