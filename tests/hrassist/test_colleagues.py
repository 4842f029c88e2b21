"""Who of ours may do something."""

import pytest
from django.contrib.auth.models import Permission

from hrassist.colleagues import who_may
from hrassist.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_it_is_everybody_whom_django_would_let_and_nobody_else():
    for role in ("Recruiter", "Hiring manager", "Interviewer", "Coordinator", "Auditor", "Operator"):
        UserFactory(role=role)
    UserFactory(is_superuser=True)
    by_hand = UserFactory()
    by_hand.user_permissions.add(Permission.objects.get(codename="add_scorecard"))
    for permission in ("jobs.add_scorecard", "jobs.approve_offer", "jobs.add_message", "audit.view_event"):
        allowed = {one for one in User.objects.all() if one.has_perm(permission)}
        assert set(who_may(permission)) == allowed
    assert by_hand in who_may("jobs.add_scorecard")


def test_who_left_may_nothing():
    UserFactory(role="Recruiter", is_active=False)
    assert not who_may("jobs.add_message").exists()


def test_each_stands_there_once():
    one = UserFactory(role="Recruiter", is_superuser=True)
    one.user_permissions.add(Permission.objects.get(codename="add_message"))
    assert list(who_may("jobs.add_message")) == [one]
