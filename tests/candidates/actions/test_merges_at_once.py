"""Two recruiters who merge the same people at the same moment, each on a connection of their own."""

from __future__ import annotations

from itertools import permutations

import pytest

from candidates.actions import merging
from candidates.models import Candidate, CandidateEmail, CandidateMerge
from hrassist.lib.errors import Conflict
from jobs.models import Application
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, UserFactory
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def people(count: int) -> list[Candidate]:
    """People who share an address, each with one of their own and an application."""
    found = CandidateFactory.create_batch(count)
    for number, one in enumerate(found):
        for address in ("shared@example.org", f"own{number}@example.org"):
            CandidateEmail.objects.create(candidate=one, address=address)
        ApplicationFactory(candidate=one)
    return found


def nothing_is_lost(found: list[Candidate]) -> bool:
    """Whether every application and every address of one's own belongs to a record that still stands."""
    standing = Candidate.objects.filter(pk__in=[one.pk for one in found], merged_into=None)
    own = CandidateEmail.objects.filter(address__startswith="own")
    return Application.objects.filter(candidate__in=standing).count() == len(found) and own.filter(
        candidate__in=standing
    ).count() == len(found)


def merges_told(told: list[object]) -> list[object]:
    return [answer for answer in told if isinstance(answer, CandidateMerge)]


def test_of_two_who_merge_a_pair_in_opposite_directions_one_wins_and_the_other_is_told() -> None:
    rosa, cora = UserFactory(role="Recruiter"), UserFactory(role="Recruiter")
    for _ in range(5):
        first, second = pair = people(2)
        addresses = {one.emails.count() for one in pair}
        told = at_once(
            lambda first=first, second=second: merging.merge(kept=first, gone=second, by=rosa, now=NOON),
            lambda first=first, second=second: merging.merge(kept=second, gone=first, by=cora, now=NOON),
        )
        (merge,) = merges_told(told)
        (conflict,) = (answer for answer in told if isinstance(answer, Conflict))
        assert conflict.code == "candidate_merged"
        assert "merged" in conflict.message
        assert nothing_is_lost(pair)
        merge.gone.refresh_from_db()
        assert merge.gone.merged_into == merge.kept
        # What won can be taken back: each has an application and the addresses that were theirs.
        merging.unmerge(merge=merge, by=rosa, now=NOON)
        assert {one.applications.count() for one in pair} == {1}
        assert {one.emails.count() for one in pair} == addresses


def test_who_merges_what_somebody_merges_away_is_told() -> None:
    rosa, cora = UserFactory(role="Recruiter"), UserFactory(role="Recruiter")
    first, second, third = three = people(3)
    told = at_once(
        lambda: merging.merge(kept=first, gone=second, by=rosa, now=NOON),
        lambda: merging.merge(kept=second, gone=third, by=cora, now=NOON),
    )
    # In the other order both are right: what went into the second went on with it.
    assert len(merges_told(told)) in {1, 2}
    assert nothing_is_lost(three)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_merges_of_several_never_wait_for_each_other_in_a_circle(order: tuple[int, ...]) -> None:
    rosa, cora = UserFactory(role="Recruiter"), UserFactory(role="Recruiter")
    four = people(4)
    kept, *others = four[0], *(four[1 + place] for place in order)
    told = at_once(
        lambda: merging.merge_all(kept=kept, others=others, chosen={}, by=rosa, now=NOON),
        lambda: merging.merge_all(kept=others[0], others=[others[2], kept], chosen={}, by=cora, now=NOON),
        lambda: merging.merge(kept=others[1], gone=others[2], by=cora, now=NOON),
    )
    assert any(not isinstance(answer, Conflict) for answer in told)
    assert nothing_is_lost(four)


def test_of_two_who_take_back_one_merge_one_does_and_the_other_is_told() -> None:
    rosa, cora = UserFactory(role="Recruiter"), UserFactory(role="Recruiter")
    first, second = pair = people(2)
    merge = merging.merge(kept=first, gone=second, by=rosa, now=NOON)
    told = at_once(*[lambda by=by: merging.unmerge(merge=merge, by=by, now=NOON) for by in (rosa, cora)])
    assert [type(answer).__name__ for answer in told if isinstance(answer, Conflict)] == ["AlreadyUndone"]
    assert {one.applications.count() for one in pair} == {1}
