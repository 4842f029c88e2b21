"""Tags on people: one person's at a time or many people's at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate, CandidateTag, Tag
from hrassist.lib.errors import Conflict, DomainError
from hrassist.lib.outcomes import Outcome

if TYPE_CHECKING:
    from hrassist.models import User

LONGEST, MOST_TAGS = 40, 1000


@transaction.atomic
def named(*, name: str, by: User, now: datetime, colour: str = "") -> Tag:
    """The tag of this name, made if it is new; capitals make no other tag."""
    name = _name(name)
    known = Tag.objects.filter(name__iexact=name).first()
    if known is not None:
        return known
    if Tag.objects.count() >= MOST_TAGS:
        raise DomainError("There are {most} tags already. Use one of them.", code="too_many_tags", most=MOST_TAGS)
    tag = Tag.objects.create(name=name, colour=colour, created_by=by, created_at=now)
    audit.record("tag.created", target=tag, by=by)
    return tag


@transaction.atomic
def change(*, tag: Tag, name: str, colour: str, by: User) -> Tag:
    """Rename or recolour a tag wherever it is. Raises Conflict for a name that another tag has."""
    tag = Tag.objects.select_for_update(of=("self",)).get(pk=tag.pk)
    name = _name(name)
    if Tag.objects.filter(name__iexact=name).exclude(pk=tag.pk).exists():
        raise Conflict("Another tag has this name. Choose a different one.", code="tag_name",
                       fields={"name": ["Another tag has this name."]})  # fmt: skip
    if (tag.name, tag.colour) != (name, colour):
        tag.name, tag.colour = name, colour
        tag.save(update_fields=["name", "colour"])
        audit.record("tag.updated", target=tag, by=by)
    return tag


@transaction.atomic
def delete(*, tag: Tag, by: User) -> int:
    """Take the tag off everybody and forget it; the number of people who had it."""
    tag = Tag.objects.select_for_update(of=("self",)).get(pk=tag.pk)
    people = CandidateTag.objects.filter(tag=tag).count()
    audit.record("tag.deleted", target=tag, by=by, people=people)
    tag.delete()
    return people


@transaction.atomic
def add(*, keys: Sequence[UUID], name: str, by: User, now: datetime) -> Outcome:
    """Put the tag on these people; who has it already, or was merged away, is left alone."""
    tag = named(name=name, by=by, now=now)
    people = _people(keys)
    have = set(CandidateTag.objects.filter(tag=tag, candidate__in=people).values_list("candidate_id", flat=True))
    new = [key for key in people if key not in have]
    CandidateTag.objects.bulk_create(
        [CandidateTag(candidate_id=key, tag=tag, by=by, at=now) for key in new], ignore_conflicts=True
    )
    return _told("candidate.tagged", tag, new, unchanged=len(people) - len(new), by=by)


@transaction.atomic
def remove(*, keys: Sequence[UUID], name: str, by: User, now: datetime) -> Outcome:
    """Take the tag off these people; who has it not is left alone."""
    tag = Tag.objects.filter(name__iexact=_name(name)).first()
    if tag is None:
        raise DomainError("There is no such tag any more.", code="no_tag")
    people = _people(keys)
    links = CandidateTag.objects.filter(tag=tag, candidate__in=people)
    had = list(links.values_list("candidate_id", flat=True))
    links.delete()
    return _told("candidate.untagged", tag, had, unchanged=len(people) - len(had), by=by)


def _people(keys: Sequence[UUID]) -> list[UUID]:
    """Locked against a merge or an erasure that runs at the same moment, always in one order."""
    rows = Candidate.objects.select_for_update(no_key=True).unmerged().filter(pk__in=keys).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _told(action: str, tag: Tag, people: Sequence[UUID], *, unchanged: int, by: User) -> Outcome:
    # One event for each person: whoever asks what happened to somebody finds it there.
    for key in people:
        audit.record(action, target=tag, by=by, subject=key, tag=tag.pk)
    return Outcome(changed=list(people), unchanged=unchanged)


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise DomainError("Give the tag a name.", code="no_name", fields={"name": ["This must not be empty."]})
    if len(name) > LONGEST:
        raise DomainError("A tag has at most {most} letters.", code="long_name", most=LONGEST)
    return name
