"""Who is asking: a person by the session."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from hrassist.backends import RolesBackend
from hrassist.models import User


class SessionBackend(RolesBackend):
    """Django's own, with the person and what they may do in one statement: every page asks it."""

    def get_user(self, user_id: Any) -> User | None:
        granted = RawSQL(
            """
                SELECT coalesce(array_agg(kind.app_label || '.' || permission.codename), '{}')
                FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
                WHERE permission.id IN (
                    SELECT own.permission_id FROM hrassist_user_user_permissions own
                    WHERE own.user_id = hrassist_user.id
                    UNION ALL
                    SELECT ours.permission_id FROM auth_group_permissions ours
                    JOIN hrassist_user_groups member ON member.group_id = ours.group_id
                    WHERE member.user_id = hrassist_user.id)
            """,
            [],
            output_field=ArrayField(TextField()),
        )
        rows: Any = User.objects.filter(pk=user_id)
        user: User | None = rows.annotate(granted=granted).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        may = set(vars(user).pop("granted"))
        if not user.is_superuser:
            # Where Django would put them after two statements more.
            vars(user)["_perm_cache"] = may
        return user
