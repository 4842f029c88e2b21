"""Who is under a legal hold: by themselves, or through what an app above this one knows of (their applications)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from candidates.models.candidate import Candidate, everybody_of
from candidates.models.legal_hold import LegalHold

if TYPE_CHECKING:
    from hrassist.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdable:
    """A kind of thing that can be held.

    `visible` gives the things a user sees, `touching` which of them concern each of some people, as pairs of a thing's
    and a person's identifier. `label` says what a thing is called, `url_name` the admin page that shows it.
    """

    scope: str
    visible: Callable[[User], QuerySet[Any]]
    touching: Callable[[Collection[UUID]], QuerySet[Any]]
    url_name: str
    label: Callable[[Any], str] = str


_kinds: dict[str, Holdable] = {}


def register(*kinds: Holdable) -> None:
    """Let these things be held; the same scope again replaces it."""
    _kinds.update({kind.scope: kind for kind in kinds})


def kind(scope: str) -> Holdable | None:
    return _kinds.get(scope)


def seen_by(user: User) -> Q:
    """Holds on what the user sees."""
    seen = Q(pk__in=[])
    for one in _kinds.values():
        seen |= Q(scope=one.scope, target_ref__in=one.visible(user).order_by().values("pk"))
    return seen


def on(people: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The standing holds on each of these people, however they touch them: {person: [hold, …]}.

    Whoever asks gives the records that were merged into a person too, so that a hold on one of those still counts.
    """
    found: dict[UUID, list[UUID]] = {}
    standing = LegalHold.objects.standing().order_by("placed_at", "pk")
    if not people or not standing.exists():
        return found
    for one in _kinds.values():
        holds = dict(standing.filter(scope=one.scope).values_list("target_ref", "pk"))
        if not holds:
            continue
        for thing, person in one.touching(people).filter(thing__in=list(holds)).values_list("thing", "person"):
            mine = found.setdefault(person, [])
            if holds[thing] not in mine:
                mine.append(holds[thing])
    return found


def stands_on(scope: str, thing: UUID) -> bool:
    """Whether a hold was placed on this very thing."""
    return LegalHold.objects.standing().filter(scope=scope, target_ref=thing).exists()


def is_held(candidate_id: UUID) -> bool:
    """Whether a hold stands on this person; costs one question while nothing at all is held."""
    return LegalHold.objects.standing().exists() and bool(on(everybody_of(candidate_id)))


def people_themselves(ids: Collection[UUID]) -> QuerySet[Any]:
    return Candidate.objects.filter(pk__in=ids).order_by().annotate(thing=F("pk"), person=F("pk"))
