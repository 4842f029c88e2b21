"""Who is asking, and what they may do, in one statement."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from hrassist.sign_in import SessionBackend
from tests.factories import UserFactory

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
