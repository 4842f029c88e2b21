"""Who is asking, and what they may do, in one statement."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from hrassist.models import User
from hrassist.roles import ROLES as GRANTED
from hrassist.sign_in import SessionBackend, with_rights
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ROLES = ["recruiter", "coordinator", "hiring_manager", "interviewer", "auditor", "operator"]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_do_what_their_roles_and_they_themselves_were_given(
    request, role, django_assert_num_queries
) -> None:
    user = request.getfixturevalue(role)
    user.user_permissions.add(Permission.objects.get(codename="view_session"))
    as_django_says = ModelBackend().get_user(user.pk).get_all_permissions()
    assert "sessions.view_session" in as_django_says
    with django_assert_num_queries(1):
        found = SessionBackend().get_user(user.pk)
        assert found is not None
        assert found.get_all_permissions() == as_django_says


def test_who_was_closed_out_is_nobody(db) -> None:
    user = UserFactory(is_active=False)
    assert SessionBackend().get_user(user.pk) is None
    assert SessionBackend().get_user(user.pk + 1) is None


def test_a_superuser_may_do_everything(db) -> None:
    user = UserFactory(is_superuser=True)
    found = SessionBackend().get_user(user.pk)
    assert found is not None
    assert found.has_perm("jobs.view_job")
    assert found.get_all_permissions() == ModelBackend().get_user(user.pk).get_all_permissions()


def fresh(user):
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", GRANTED)
def test_an_account_may_what_djangos_own_backend_says_in_one_statement(role, django_assert_num_queries):
    user = UserFactory(role=role)
    user.user_permissions.add(Permission.objects.get(codename="view_confidential_jobs"))
    asked = fresh(user)
    with django_assert_num_queries(1):
        found = SessionBackend().get_all_permissions(asked)
        assert SessionBackend().has_perm(asked, "jobs.view_confidential_jobs")
    assert found == ModelBackend().get_all_permissions(fresh(user))
    assert found >= GRANTED[role]


def test_who_is_switched_off_or_nobody_may_nothing():
    assert SessionBackend().get_all_permissions(UserFactory(role="Recruiter", is_active=False)) == set()
    assert SessionBackend().get_all_permissions(AnonymousUser()) == set()


def test_a_superuser_may_everything():
    assert len(SessionBackend().get_all_permissions(UserFactory(is_superuser=True))) == Permission.objects.count()


def test_many_people_come_with_their_rights_in_one_statement(django_assert_num_queries):
    people = [UserFactory(role=role) for role in GRANTED]
    with django_assert_num_queries(1):
        found = with_rights(User.objects.filter(pk__in=[one.pk for one in people]).order_by("pk"))
        assert [one.get_all_permissions() for one in found] == [GRANTED[role] for role in GRANTED]
