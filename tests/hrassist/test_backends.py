import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from hrassist.backends import RolesBackend
from hrassist.models import User
from hrassist.roles import ROLES
from hrassist.sign_in import SessionBackend
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def fresh(user):
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", ROLES)
def test_an_account_may_what_djangos_own_backend_says_in_one_statement(role, django_assert_num_queries):
    user = UserFactory(role=role)
    user.user_permissions.add(Permission.objects.get(codename="view_confidential_jobs"))
    asked = fresh(user)
    with django_assert_num_queries(1):
        found = RolesBackend().get_all_permissions(asked)
        assert RolesBackend().has_perm(asked, "jobs.view_confidential_jobs")
    assert found == ModelBackend().get_all_permissions(fresh(user))
    assert found >= ROLES[role]


def test_who_is_switched_off_or_nobody_may_nothing():
    assert RolesBackend().get_all_permissions(UserFactory(role="Recruiter", is_active=False)) == set()
    assert RolesBackend().get_all_permissions(AnonymousUser()) == set()


def test_a_superuser_may_everything():
    assert len(RolesBackend().get_all_permissions(UserFactory(is_superuser=True))) == Permission.objects.count()


@pytest.mark.parametrize("role", ROLES)
def test_the_person_of_a_session_comes_with_what_they_may(role, django_assert_num_queries):
    user = UserFactory(role=role)
    with django_assert_num_queries(1):
        found = SessionBackend().get_user(user.pk)
        assert found == user
        assert found.get_all_permissions() == ROLES[role]


def test_no_session_brings_back_who_is_switched_off():
    assert SessionBackend().get_user(UserFactory(role="Recruiter", is_active=False).pk) is None
    assert SessionBackend().get_user(0) is None
