"""Who is asking, and what they may do: as Django's own backend says it, in fewer statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from hrassist.models import User


def with_rights(users: QuerySet[User]) -> list[User]:
    """These users with what each may do, in one statement; asking them for a permission costs no further one."""
    granted = RawSQL(
        """
            SELECT coalesce(array_agg(kind.app_label || '.' || permission.codename), '{}')
            FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
            WHERE permission.id IN (
                SELECT own.permission_id FROM hrassist_user_user_permissions own WHERE own.user_id = hrassist_user.id
                UNION ALL
                SELECT ours.permission_id FROM auth_group_permissions ours
                JOIN hrassist_user_groups member ON member.group_id = ours.group_id
                WHERE member.user_id = hrassist_user.id)
        """,
        [],
        output_field=ArrayField(TextField()),
    )
    rows: Any = users.annotate(granted=granted)
    found: list[User] = list(rows)
    for user in found:
        may = set(vars(user).pop("granted"))
        if not user.is_superuser:
            # Where Django would put them after two statements more.
            vars(user)["_perm_cache"] = may
    return found


class SessionBackend(ModelBackend):
    """Django's own, with the person of a session and their rights at once: every page begins with it."""

    def get_user(self, user_id: Any) -> User | None:
        user = next(iter(with_rights(User.objects.filter(pk=user_id))), None)
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_users(self, user_ids: Iterable[Any]) -> dict[Any, User]:
        """As `get_user` finds each of them, in one statement for all."""
        found = with_rights(User.objects.filter(pk__in=set(user_ids)))
        return {user.pk: user for user in found if self.user_can_authenticate(user)}

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked for each request of a session too: an account opened for an hour ends amid whatever it does."""
        return user is not None and bool(user.may_sign_in(now=timezone.now()))

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            names = ("content_type__app_label", "codename")
            own = Permission.objects.filter(user=user_obj.pk).order_by().values_list(*names)
            of_roles = Permission.objects.filter(group__user=user_obj.pk).order_by().values_list(*names)
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in own.union(of_roles)}
        found: set[str] = user_obj._perm_cache
        return found
