"""From shared keys to groups: records connected by one key or through others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from candidates.duplicates.shared import Shared

Pair = tuple[UUID, UUID]
# What connects a record with the others of its group: (kind, the other record).
Ties = dict[UUID, set[tuple[str, UUID]]]


def groups_of(links: Iterable[Shared], *, apart: Iterable[Pair]) -> list[Ties]:
    """Groups of two and more records; none holds two of whom somebody said that they are two people.

    Links are taken in their order: where a third record would connect two that are apart, it stays with the first.
    """
    forest = _Forest(apart)
    kept = list(links)
    for link in kept:
        for number, one in enumerate(link.people):
            for other in link.people[number + 1 :]:
                forest.join(one, other)
    ties: Ties = defaultdict(set)
    for link in kept:
        for one in link.people:
            ties[one].update((link.kind, other) for other in link.people if other != one and forest.same(one, other))
    found: dict[UUID, Ties] = defaultdict(dict)
    for one, reasons in ties.items():
        if reasons:
            found[forest.root(one)][one] = reasons
    return list(found.values())


class _Forest:
    """Union by size with path halving, which refuses a union that would bring together what is apart."""

    def __init__(self, apart: Iterable[Pair]) -> None:
        self._parent: dict[UUID, UUID] = {}
        self._members: dict[UUID, list[UUID]] = {}
        self._foes: dict[UUID, set[UUID]] = defaultdict(set)
        for first, second in apart:
            self._foes[first].add(second)
            self._foes[second].add(first)

    def root(self, one: UUID) -> UUID:
        while (above := self._parent.setdefault(one, one)) != one:
            self._parent[one] = one = self._parent[above]
        return one

    def same(self, one: UUID, other: UUID) -> bool:
        return self.root(one) == self.root(other)

    def join(self, one: UUID, other: UUID) -> None:
        small, big = self.root(one), self.root(other)
        if small == big:
            return
        few, many = self._members.get(small, [small]), self._members.get(big, [big])
        if len(few) > len(many):
            small, big, few, many = big, small, many, few
        if any(self.root(foe) == big for member in few for foe in self._foes.get(member, ())):
            return
        self._parent[small] = big
        self._members[big] = many + few
        self._members.pop(small, None)
