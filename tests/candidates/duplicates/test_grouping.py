"""From shared keys to groups, over any tangle of them."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from candidates.duplicates.grouping import groups_of
from candidates.duplicates.shared import Shared

people = st.integers(0, 11).map(lambda number: UUID(int=number))
links = st.lists(
    st.builds(
        Shared,
        st.sampled_from(["email", "link", "phone"]),
        st.lists(people, min_size=2, max_size=4, unique=True).map(lambda found: tuple(sorted(found))),
    ),
    max_size=12,
)
pairs = st.lists(st.tuples(people, people).filter(lambda pair: pair[0] < pair[1]), max_size=6)


@given(links, pairs)
def test_no_group_holds_two_who_were_told_apart_and_nobody_stands_in_two(found, apart):
    groups = groups_of(found, apart=apart)
    members = [one for group in groups for one in group]
    assert len(members) == len(set(members))
    assert all(len(group) >= 2 for group in groups)
    for first, second in apart:
        assert not any(first in group and second in group for group in groups)


@given(links)
def test_without_a_word_of_anybody_groups_are_the_connected_parts(found):
    parts: list[set[UUID]] = []
    for link in found:
        touched = [part for part in parts if part & set(link.people)]
        parts = [part for part in parts if part not in touched] + [set(link.people).union(*touched)]
    assert sorted(map(sorted, parts)) == sorted(sorted(group) for group in groups_of(found, apart=[]))


@given(links, pairs)
def test_every_reason_names_another_member_of_the_same_group(found, apart):
    for group in groups_of(found, apart=apart):
        for one, reasons in group.items():
            assert reasons
            assert all(other in group and other != one for _, other in reasons)
            assert all((kind, one) in group[other] for kind, other in reasons)
