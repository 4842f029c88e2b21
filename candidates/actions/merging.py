"""One record for one person: merging two, taking a merge back, and saying that two records are two people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates import duplicates
from candidates.actions.candidates import FACTS, CandidateMerged
from candidates.models import Candidate, CandidateMerge, DuplicateMember, NotDuplicate, moving, visibility
from candidates.models.moving import Ledger
from hrassist.lib.errors import Conflict, DomainError, NotFound

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from hrassist.models import User

# What can be taken from the record that goes: its facts, and which resume is the current one.
CHOICES = (*FACTS, "resume")


class AlreadyUndone(Conflict):
    """The merge was taken back before."""

    code = "merge_undone"
    default_message = "This merge was already taken back."


class LaterMerge(Conflict):
    """Something was merged on top of this one."""

    code = "merge_covered"
    default_message = "The record was merged again after that. Take the later merge back first."


@transaction.atomic
def merge(
    *,
    kept: Candidate,
    gone: Candidate,
    chosen: Collection[str] = (),
    by: User,
    now: datetime,
    expected_updated_at: Mapping[UUID, datetime] | None = None,
) -> CandidateMerge:
    """Let one record stand for a person of whom there are two: everything of `gone` moves, and its id leads to `kept`.

    `chosen` names what of CHOICES is taken from `gone`; what `kept` lacks is filled from it in any case. Of contacts,
    tags and pools that both have, the row of `gone` stays where it is. Raises CandidateMerged if either was merged,
    Conflict if one changed since `expected_updated_at`.
    """
    if unknown := set(chosen) - set(CHOICES):
        raise DomainError("Only these can be chosen: {names}.", code="bad_choice", names=", ".join(CHOICES),
                          fields={"take": [f"There is no {name}." for name in sorted(unknown)]})  # fmt: skip
    kept, gone = _locked(kept.pk, gone.pk, by=by)
    for one in (kept, gone):
        if one.merged_into_id is not None:
            raise CandidateMerged
        if expected_updated_at is not None and expected_updated_at.get(one.pk, one.updated_at) != one.updated_at:
            raise Conflict("Somebody changed one of these people since you read them. Compare them again.",
                           code="candidate_changed")  # fmt: skip
    ledger = Ledger(kept=kept, gone=gone, by=by, now=now, taken=frozenset(chosen))
    before = _take_facts(kept, gone, chosen)
    for mover in moving.registered():
        mover.move(ledger)
    gone.merged_into = kept
    gone.save(update_fields=["merged_into", "updated_at"])
    kept.last_activity_at = now
    kept.save(update_fields=[*before, "last_activity_at", "updated_at"])
    done = CandidateMerge.objects.create(kept=kept, gone=gone, before=before, moved=ledger.written(), by=by, at=now)
    moved = ledger.counts()
    audit.record("candidate.merged", target=kept, by=by, subject=kept, merged=gone.pk, fields=list(before), moved=moved)
    audit.record("candidate.merged", target=gone, by=by, subject=gone, into=kept.pk, moved=moved)
    duplicates.regroup({kept.pk, gone.pk}, now=now)
    return done


@transaction.atomic
def merge_all(
    *,
    kept: Candidate,
    others: Sequence[Candidate],
    chosen: Mapping[str, UUID],
    by: User,
    now: datetime,
    expected_updated_at: Mapping[UUID, datetime] | None = None,
) -> list[CandidateMerge]:
    """Merge several records into one, all or none; `chosen` says for a name of CHOICES whose value to take."""
    if not others:
        raise DomainError("Choose at least one record to merge into the one you keep.", code="nothing_to_merge")
    # All of them before the first merge: pair by pair, two who merge the same people could wait for each other.
    _rows(kept.pk, *(other.pk for other in others))
    done: list[CandidateMerge] = []
    for other in others:
        names = [name for name, whose in chosen.items() if whose == other.pk]
        expected = dict(expected_updated_at or {})
        if done:
            # The merges before this one changed the kept record themselves.
            expected.pop(kept.pk, None)
        done.append(merge(kept=kept, gone=other, chosen=names, by=by, now=now, expected_updated_at=expected or None))
    return done


@transaction.atomic
def unmerge(*, merge: CandidateMerge, by: User, now: datetime) -> Candidate:
    """Give the person that went their record back, with everything that moved; what was changed since then stays.

    Merges into one record come off in the reverse order. Raises AlreadyUndone or LaterMerge.
    """
    found = CandidateMerge.objects.visible_to(by).filter(pk=merge.pk).first()
    if found is None:
        raise NotFound
    kept, gone = _rows(found.kept_id, found.gone_id)
    merge = CandidateMerge.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if merge.undone_at is not None:
        raise AlreadyUndone
    standing = CandidateMerge.objects.filter(kept=kept, undone_at__isnull=True).order_by("-at", "-id").first()
    if kept.merged_into_id is not None or standing is None or standing.pk != merge.pk:
        raise LaterMerge
    left = moving.take_back(merge.moved, kept=kept.pk, gone=gone.pk, now=now)
    for mover in moving.registered():
        if mover.settle is not None:
            mover.settle(kept.pk, gone.pk, merge.moved)
    restored = [name for name, value in merge.before.items() if getattr(kept, name) == getattr(gone, name) != value]
    for name in restored:
        setattr(kept, name, merge.before[name])
    kept.last_activity_at = now
    kept.save(update_fields=[*restored, "last_activity_at", "updated_at"])
    gone.merged_into = None
    gone.save(update_fields=["merged_into", "updated_at"])
    merge.undone_at, merge.undone_by = now, by
    merge.save(update_fields=["undone_at", "undone_by"])
    audit.record("candidate.unmerged", target=kept, by=by, subject=kept, merged=gone.pk, fields=restored, left=left)
    audit.record("candidate.unmerged", target=gone, by=by, subject=gone, into=kept.pk, left=left)
    duplicates.regroup({kept.pk, gone.pk}, now=now)
    return gone


@transaction.atomic
def tell_apart(*, people: Sequence[Candidate], by: User, now: datetime) -> list[NotDuplicate]:
    """Keep somebody's word that these records are different people: no group brings two of them together again."""
    ids = sorted({one.pk for one in people})
    if len(ids) < 2 or Candidate.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
        raise DomainError("Choose at least two people.", code="nothing_to_tell_apart")
    fresh = [NotDuplicate(first_id=first, second_id=second, by=by, at=now) for first, second in combinations(ids, 2)]
    NotDuplicate.objects.bulk_create(fresh, ignore_conflicts=True)
    for one in ids:
        audit.record("candidate.told_apart", by=by, subject=one, others=[other for other in ids if other != one])
    duplicates.regroup(ids, now=now)
    return fresh


@transaction.atomic
def forget_apart(*, people: Sequence[Candidate], by: User, now: datetime) -> None:
    """Take back that these records are different people; what connects them is looked at again."""
    ids = sorted({one.pk for one in people})
    if Candidate.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
        raise NotFound
    NotDuplicate.objects.filter(first__in=ids, second__in=ids).delete()
    for one in ids:
        audit.record("candidate.told_apart_undone", by=by, subject=one, others=[other for other in ids if other != one])
    duplicates.regroup(ids, now=now)


def doubles_of(candidate: Candidate, *, user: User) -> QuerySet[DuplicateMember]:
    """The other members, as far as the user sees them, of the group of possible duplicates of this record."""
    others = DuplicateMember.objects.filter(group__members__candidate=candidate.pk).exclude(candidate=candidate.pk)
    seen = others.filter(visibility.condition(user, path="candidate__"), candidate__merged_into__isnull=True)
    return seen.order_by()


def standing_of(candidate: Candidate) -> QuerySet[CandidateMerge]:
    """The merges into this record that were not taken back, the latest first."""
    return CandidateMerge.objects.filter(kept=candidate, undone_at__isnull=True).order_by("-at", "-id")


def _locked(kept: UUID, gone: UUID, *, by: User) -> tuple[Candidate, Candidate]:
    if kept == gone:
        raise DomainError("A record cannot be merged into itself. Choose another one.", code="same_record")
    if Candidate.objects.visible_to(by).filter(pk__in=[kept, gone]).count() != 2:
        raise NotFound
    kept_row, gone_row = _rows(kept, gone)
    return kept_row, gone_row


def _rows(*keys: UUID) -> list[Candidate]:
    """These rows, locked in the order of their ids, so that two merges never wait for each other in a circle.

    Raises NotFound for a key that is nobody's.
    """
    # Not for their keys: rows that only refer to a person need not wait.
    rows = Candidate.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
    found = {one.pk: one for one in rows}
    if len(found) < len({*keys}):
        raise NotFound
    return [found[key] for key in keys]


def taken(kept: Mapping[str, str], gone: Mapping[str, str], chosen: Collection[str]) -> dict[str, str]:
    """What changes among the kept record's facts: what is chosen, and what it lacks.

    Half of another place is a wrong place: without its city a country is only filled where the cities agree.
    """
    found = {
        name: gone[name]
        for name in FACTS
        if gone[name] and kept[name] != gone[name] and (name in chosen or not kept[name])
    }
    city = found.get("city", kept["city"])
    if "country" in found and "country" not in chosen and city and city.casefold() != gone["city"].casefold():
        del found["country"]
    return found


def facts_of(candidate: Candidate) -> dict[str, str]:
    return {name: getattr(candidate, name) for name in FACTS}


def _take_facts(kept: Candidate, gone: Candidate, chosen: Collection[str]) -> dict[str, str]:
    """Set what is taken; gives the kept record's values before."""
    new = taken(facts_of(kept), facts_of(gone), chosen)
    before = {name: getattr(kept, name) for name in new}
    for name, value in new.items():
        setattr(kept, name, value)
    return before
