"""Several questions in one statement answer as they would one by one."""

from datetime import UTC, datetime

import pytest
from django.db.models import F

from candidates.models import Candidate, CandidateEmail
from hrassist.lib import at_once
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db


def test_each_question_has_its_own_rows_in_their_order(django_assert_num_queries):
    ann, ben = CandidateFactory(full_name="Ann 100% O'Hara"), CandidateFactory(full_name="Ben %s")
    everybody = Candidate.objects.filter(pk__in=[ann.pk, ben.pk])
    with django_assert_num_queries(1):
        names, backwards, one = at_once.rows(
            everybody.order_by("full_name").values("full_name"),
            everybody.order_by("-full_name").values(said=F("full_name")),
            everybody.filter(full_name__contains="%").order_by("full_name").values("pk", "created_at")[:1],
        )
    assert [row["full_name"] for row in names] == ["Ann 100% O'Hara", "Ben %s"]
    assert [row["said"] for row in backwards] == ["Ben %s", "Ann 100% O'Hara"]
    assert one[0]["pk"] == str(ann.pk)
    assert datetime.fromisoformat(one[0]["created_at"]).astimezone(UTC) == ann.created_at


def test_what_finds_nothing_and_what_can_find_nothing_are_empty(django_assert_num_queries):
    CandidateFactory()
    with django_assert_num_queries(1):
        found = at_once.rows(
            Candidate.objects.filter(full_name="nobody").values("pk"),
            Candidate.objects.none().values("pk"),
            Candidate.objects.filter(pk__in=[]).values("pk"),
        )
    assert found == [[], [], []]
    assert at_once.rows() == []


def test_counts_are_those_of_each_question(django_assert_num_queries):
    one = CandidateFactory()
    CandidateFactory.create_batch(2)
    emails, links = CandidateEmail.objects.filter(candidate=one), one.links.all()
    with django_assert_num_queries(1):
        found = at_once.counts(
            Candidate.objects.order_by("full_name"), Candidate.objects.none(),
            emails.values("pk").union(links.values("pk"), all=True), Candidate.objects.all()[:2],
        )  # fmt: skip
    assert found == [3, 0, emails.count() + links.count(), 2]
